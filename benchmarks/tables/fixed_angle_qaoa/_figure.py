"""Approximation ratio against depth: mean, range and guarantee."""

from typing import Any

import numpy as np

from benchmarks.tables._frame import Row
from benchmarks.tables.fixed_angle_qaoa._published import DEPTHS, angles, graphs


def figure(rows: list[Row]) -> Any:
    """Draws the ratios of the graphs that were computed, and the guarantee."""
    from matplotlib.figure import Figure

    ratios: dict[int, list[float]] = {}
    for row in rows:
        kind, which, last = row.cell.key.split("/")
        if kind == "3-regular" and which.startswith("p=") and last.isdigit():
            ratio = row.outcome.value / graphs()[int(last)].max_cut
            ratios.setdefault(int(which.removeprefix("p=")), []).append(ratio)
    picture = Figure(figsize=(6, 4), layout="constrained")
    axes = picture.subplots()
    if ratios:
        depths = sorted(ratios)
        low, mean, high = np.array(
            [(min(ratios[p]), np.mean(ratios[p]), max(ratios[p])) for p in depths]
        ).T
        axes.fill_between(depths, low, high, alpha=0.2, label="all graphs")
        axes.plot(depths, mean, "o-", label="mean")
    guarantees = [angles()[3, p].guarantee for p in DEPTHS]
    axes.plot(DEPTHS, guarantees, "s-", label="guarantee")
    axes.set(xlabel="depth p", ylabel="approximation ratio", xticks=list(DEPTHS))
    axes.legend()
    return picture
