"""What a classifier of two features says of the plane."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from qjax.plot._curves import COLOURS


def decision_regions(
    functions: Mapping[str, Callable[[np.ndarray], ArrayLike]],
    points: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    low: float = 0.0,
    high: float = 2 * np.pi,
    resolution: int = 100,
    names: tuple[str, str] = ("$x_1$ (rad)", "$x_2$ (rad)"),
    title: str = "",
) -> Figure:
    r"""Draws decision functions of two features as colours, and points upon them.

    Args:
        functions: Name of a classifier to a function of points ``[n, 2]`` that is positive
            ``[n]`` for class 0 and negative for class 1; its colours are scaled to its largest
            value.
        points: Name of a set, such as "training", to its points ``[n, 2]`` and classes 0 and 1
            ``[n]``; at most three sets.
        low: Least of both features.
        high: Largest of both features.
        resolution: Points of the grid along each feature.
        names: Labels of the axes.
        title: Title of the figure.

    Returns:
        A figure with one panel a classifier.

    Raises:
        ValueError: If there is no classifier, or too many sets.

    Example:
        >>> import numpy as np
        >>> from qjax.plot import decision_regions
        >>> figure = decision_regions(
        ...     {"a line": lambda x: x[:, 0] - x[:, 1]}, {"training": ([[1.0, 2.0]], [1])})
        >>> figure.axes[0].get_title()
        'a line'
    """
    if not functions or len(points) > len(_MARKERS):
        raise ValueError(
            f"Arguments `functions` and `points` must have at least one classifier and at most "
            f"{len(_MARKERS)} sets, but have {len(functions)} and {len(points)}."
        )
    axis = np.linspace(low, high, resolution)
    grid = np.stack(np.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
    figure = Figure(figsize=(3.4 * len(functions), 3.9), layout="constrained")
    row = figure.subplots(1, len(functions), squeeze=False)[0]
    for axes, (name, function) in zip(row, functions.items(), strict=True):
        values = np.asarray(function(grid), np.float64).reshape(resolution, resolution)
        scale = np.abs(values).max() or 1.0
        axes.pcolormesh(
            axis, axis, values / scale, cmap="RdBu", vmin=-1.3, vmax=1.3, rasterized=True
        )
        if values.min() < 0 < values.max():
            axes.contour(axis, axis, values, levels=[0.0], colors="0.25", linewidths=0.8)
        for marker, (label, (at, classes)) in zip(_MARKERS, points.items(), strict=False):
            where, which = np.asarray(at), np.asarray(classes)
            for k in (0, 1):
                axes.scatter(
                    *where[which == k].T,
                    marker=marker,
                    color=COLOURS[k],
                    edgecolors="white",
                    linewidths=0.6,
                    s=28,
                    label=f"{label}, class {k}",
                )
        axes.set(xlabel=names[0], ylabel=names[1], xlim=(low, high), ylim=(low, high))
        axes.set_title(name, fontsize=10)
        axes.set_aspect("equal")
    handles, labels = row[0].get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False
        )
    if title:
        figure.suptitle(title, fontsize=12)
    return figure


_MARKERS = ("o", "s", "^")
