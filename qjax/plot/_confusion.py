"""Which class is taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike


def confusion(
    labels: ArrayLike,
    predictions: Mapping[str, ArrayLike],
    *,
    classes: Sequence[str] | None = None,
    title: str = "",
) -> Figure:
    r"""Draws confusion matrices of classifiers side by side.

    $$C_{ij} = |\{b : y_b = i,\ \hat{y}_b = j\}|$$

    Args:
        labels: True classes, integers `[examples]`.
        predictions: Name of a classifier to its classes `[examples]`.
        classes: Names of the classes; their numbers if None.
        title: Title of the figure.

    Returns:
        A figure with one matrix a classifier: counts, coloured by their share of the true class,
        and the accuracy above.

    Raises:
        ValueError: If there is no classifier, or a shape does not match.

    Example:
        >>> from qjax.plot import confusion
        >>> figure = confusion([0, 1, 1], {"a model": [0, 1, 0]}, classes=["cat", "dog"])
        >>> figure.axes[0].get_title()
        'a model: 2 of 3 right (66.7%)'
    """
    truth = np.asarray(labels)
    guesses = {name: np.asarray(values) for name, values in predictions.items()}
    if not guesses:
        raise ValueError("Argument `predictions` must have at least one model, but has none.")
    for name, values in guesses.items():
        if truth.ndim != 1 or values.shape != truth.shape:
            raise ValueError(
                f"Argument `predictions` must have the shape of `labels`, {truth.shape}, "
                f"but {name!r} has shape {values.shape}."
            )
    largest = max(int(values.max(initial=0)) for values in (truth, *guesses.values()))
    names = list(classes) if classes is not None else [str(i) for i in range(largest + 1)]
    if largest >= len(names):
        raise ValueError(
            f"Argument `classes` must have a name for class {largest}, but has {len(names)} names."
        )
    side = max(3.2, 0.42 * len(names) + 0.6)
    figure = Figure(figsize=(side * len(guesses), side + 0.4), layout="constrained")
    for axes, (name, values) in zip(
        figure.subplots(1, len(guesses), squeeze=False)[0], guesses.items(), strict=True
    ):
        counts = np.zeros((len(names), len(names)), int)
        np.add.at(counts, (truth, values), 1)
        _draw(axes, counts, names)
        right = np.trace(counts)
        axes.set_title(
            f"{name}: {right} of {truth.size} right ({right / max(truth.size, 1):.1%})", fontsize=10
        )
    if title:
        figure.suptitle(title, fontsize=12)
    return figure


def _draw(axes: Axes, counts: np.ndarray, names: list[str]) -> None:
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=9)
    ticks = range(len(names))
    axes.set_xticks(ticks, names)
    axes.set_yticks(ticks, names)
    axes.set(xlabel="predicted class", ylabel="true class")
    # Lines between the cells, so that a lone count on white is found in its row and column.
    axes.set_xticks(np.arange(len(names) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="0.88", lw=0.6)
    axes.tick_params(which="both", length=0)
