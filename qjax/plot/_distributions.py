"""Distributions over one grid, on top of each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from qjax.plot._curves import COLOURS


def distributions(
    points: ArrayLike,
    probabilities: Mapping[str, ArrayLike],
    *,
    xlabel: str = "value",
    log: bool = False,
    title: str = "",
) -> Figure:
    """Draws distributions over the same points: the first as bars, the others as lines.

    Args:
        points: Where the probabilities are, increasing, `[k]`.
        probabilities: Name of a distribution to its probabilities `[k]`, the target first, at most
            seven.
        xlabel: What the points are, with their unit.
        log: Whether the axis of probabilities is logarithmic, for tails.
        title: Title of the figure.

    Returns:
        A figure with one panel.

    Raises:
        ValueError: If there is no distribution or there are too many, or a shape does not match.

    Example:
        >>> from qjax.plot import distributions
        >>> figure = distributions([0, 1], {"target": [0.5, 0.5], "model": [0.4, 0.6]})
        >>> figure.axes[0].get_ylabel()
        'probability'
    """
    x = np.asarray(points, float)
    if not 1 <= len(probabilities) <= len(COLOURS) + 1:
        raise ValueError(
            f"Argument `probabilities` must have 1 to {len(COLOURS) + 1} distributions, but has "
            f"{len(probabilities)}."
        )
    for name, values in probabilities.items():
        if np.shape(values) != x.shape or x.ndim != 1 or len(x) < 2:
            raise ValueError(
                f"Argument `probabilities` must have the shape of `points`, {x.shape}, "
                f"but {name!r} has shape {np.shape(values)}."
            )
    (first, target), *others = probabilities.items()
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    # Few points are drawn as such; many would hide the line, and gaps between bars would flicker.
    marker, lw, share = ("o", 1.4, 0.9) if len(x) <= 64 else (None, 0.9, 1.0)
    axes.bar(x, np.asarray(target), width=share * np.diff(x).min(), color="0.8", label=first)
    for colour, (name, values) in zip(COLOURS, others, strict=False):
        axes.plot(x, np.asarray(values), color=colour, lw=lw, marker=marker, ms=3.5, label=name)
    if log:
        axes.set_yscale("log")
        axes.set_ylim(bottom=np.asarray(target)[np.asarray(target) > 0].min() / 10)
    axes.set(xlabel=xlabel, ylabel="probability", title=title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return figure
