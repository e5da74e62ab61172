"""Figures of a run: decision regions and training, and accuracy against layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from qjax.data import REGIONS, Examples

# Okabe and Ito's colours: told apart by colour-blind readers, and in grey.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00")


def decision(
    problem: str, predict: Callable[[np.ndarray], np.ndarray], train: Examples, history: np.ndarray
) -> Figure:
    """Draws the regions that a classifier has learned, and how its cost fell.

    Beyond two dimensions the regions are those of the plane of the first two features, the others
    being 0, and the training points are left out.
    """
    region = REGIONS[problem]
    side = np.linspace(-1, 1, 201)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    points = np.pad(plane, ((0, 0), (0, region.dimensions - 2)))
    classes = predict(points.astype(np.float32)).reshape(201, 201)
    truth = region.label(points).astype(int).reshape(201, 201)

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    colours = ListedColormap(COLOURS[: region.classes])
    options = {"cmap": colours, "vmin": -0.5, "vmax": region.classes - 0.5}
    left.imshow(classes, origin="lower", extent=(-1, 1, -1, 1), alpha=0.45, **options)
    for k in range(1, region.classes):
        left.contour(side, side, truth >= k, levels=[0.5], colors="black", linewidths=1.2)
    if region.dimensions == 2:
        x, y = train.inputs.T
        left.scatter(x, y, c=train.labels, s=14, edgecolors="white", linewidths=0.4, **options)
    ticks = (-1, -0.5, 0, 0.5, 1)
    left.set(xlabel="feature 1", ylabel="feature 2", xticks=ticks, yticks=ticks)
    left.set_title("learned regions; true borders black")

    for row in history:
        right.plot(np.arange(len(row)), row, color="0.75", lw=0.8)
    kept = history[np.argmin(history[:, -1])]
    right.plot(np.arange(len(kept)), kept, color=COLOURS[0], lw=1.8, label="lowest at the end")
    right.set(xlabel="step", ylabel="training cost", yscale="log", title="training from each start")
    right.grid(alpha=0.25)
    right.legend(frameon=False)
    return figure


def against_layers(
    problem: str,
    measured: Mapping[tuple[str, int, bool], Mapping[int, float]],
    published: Mapping[tuple[str, int, bool], Mapping[int, float]],
) -> Figure:
    """Draws test accuracy against layers, a panel a cost and a line a circuit, published beside."""
    costs = list(dict.fromkeys(key[0] for key in measured))
    figure = Figure(figsize=(5.4 * len(costs), 4.2), layout="constrained")
    for axes, cost in zip(figure.subplots(1, len(costs), squeeze=False)[0], costs, strict=True):
        circuits = [key for key in measured if key[0] == cost]
        for colour, key in zip(COLOURS, circuits, strict=False):
            _, qubits, entangled = key
            name = f"{qubits} qubit{'s' * (qubits > 1)}{', entangled' * entangled}"
            axes.plot(*zip(*sorted(measured[key].items()), strict=True), color=colour, label=name)
            if marks := published.get(key):
                axes.plot(*zip(*marks.items(), strict=True), "o", mfc="none", color=colour)
        axes.set(xlabel="layers", ylabel="test accuracy", title=f"{problem}, {cost} cost")
        axes.grid(alpha=0.25)
    # The last panel has all circuits, and room below them.
    axes.legend(frameon=False, fontsize=9, title="circles: published", loc="lower right")
    return figure
