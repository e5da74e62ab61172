"""Step and first call against qubits, layers and batch: a line a library."""

from pathlib import Path
from typing import Any

import matplotlib.figure

from benchmarks import report
from benchmarks.adapters import REFERENCE

AXES = ("qubits", "layers", "batch")
Row = dict[str, Any]


def draw(rows: list[Row], path: Path) -> None:
    """Draws the rows whose answers are right to an image file."""
    verdicts = report.trusted(rows)
    shown = [
        r
        for r in rows
        if r["status"] == "ok"
        and r["library"] != REFERENCE
        and verdicts[r["workload"], r["library"]]
    ]
    libraries = list(dict.fromkeys(r["library"] for r in shown))
    colors = {library: f"C{k % 10}" for k, library in enumerate(libraries)}
    styles = {library: ("-", "--")[k // 10] for k, library in enumerate(libraries)}
    figure = matplotlib.figure.Figure(figsize=(12, 6.5), layout="constrained")
    panels = (("step_median_s", "step, s (median)"), ("first_call_s", "first call, s"))
    for line, (key, label) in zip(figure.subplots(2, 3), panels, strict=True):
        for axis, (axes, name) in enumerate(zip(line, AXES, strict=True)):
            title, sizes = series(shown, axis)
            for library in libraries:
                points = sorted(
                    (sizes[r["workload"]], r[key])
                    for r in shown
                    if r["library"] == library and r["workload"] in sizes and key in r
                )
                if points:
                    form = {"color": colors[library], "ls": styles[library], "label": library}
                    axes.plot(*zip(*points, strict=True), marker=".", **form)
            axes.set(yscale="log", xlabel=name, ylabel=label, title=title)
            if name != "qubits":
                axes.set_xscale("log")
            axes.grid(alpha=0.3)
    handles = {}
    for axes in figure.axes:
        handles |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    if handles:
        figure.legend(handles.values(), handles, loc="outside upper center", ncols=7, frameon=False)
    figure.savefig(path, dpi=150)


def series(rows: list[Row], axis: int) -> tuple[str, dict[str, int]]:
    """Returns the workloads that differ in one size only, most of them, and that size of each."""
    groups: dict[str, dict[str, int]] = {}
    for row in rows:
        family, *sizes = row["workload"].split("-")
        if axis < len(sizes):
            others = [*sizes[:axis], "*", *sizes[axis + 1 :]]
            group = groups.setdefault("-".join([family, *others]), {})
            group[row["workload"]] = int(sizes[axis])
    if not groups:
        return "", {}
    title = max(groups, key=lambda name: len(groups[name]))
    return title, groups[title]
