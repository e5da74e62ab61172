"""Bars of the first call and of the step, a group a workload."""

from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np

from benchmarks import report
from benchmarks.adapters import REFERENCE


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draws the rows whose answers are right to an image file."""
    verdicts = report.trusted(rows)
    shown = [
        r
        for r in rows
        if r["status"] == "ok"
        and r["library"] != REFERENCE
        and verdicts[r["workload"], r["library"]]
    ]
    names = list(dict.fromkeys(r["workload"] for r in shown))
    libraries = list(dict.fromkeys(r["library"] for r in shown))
    figure = matplotlib.figure.Figure(figsize=(11, 4), layout="constrained")
    panels = (("first_call_s", "first call, s"), ("step_median_s", "step, s (median)"))
    for axes, (key, label) in zip(figure.subplots(1, 2), panels, strict=True):
        for k, library in enumerate(libraries):
            mine = {r["workload"]: r.get(key) for r in shown if r["library"] == library}
            heights = [mine.get(name) or np.nan for name in names]
            places = np.arange(len(names)) + (k - (len(libraries) - 1) / 2) * 0.8 / len(libraries)
            axes.bar(places, heights, 0.8 / len(libraries), label=library)
        axes.set_xticks(range(len(names)), names, rotation=20)
        axes.set_yscale("log")
        axes.set_ylabel(label)
        axes.grid(axis="y", alpha=0.3)
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=len(libraries), frameon=False)
    figure.savefig(path, dpi=150)
