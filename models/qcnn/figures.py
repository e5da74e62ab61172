"""Figures of the phase diagram and of the sample complexity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

TITLES = {
    "qcnn": "trained network",
    "exact": "exact network",
    "string": "string order",
}
COLOURS = {"qcnn": "#0072b2", "exact": "#d55e00", "string": "#009e73"}


def diagram(
    h1: np.ndarray,
    h2: np.ndarray,
    gap: np.ndarray,
    panels: Mapping[str, np.ndarray],
    cuts: Mapping[str, float],
) -> Figure:
    """Draws probabilities of an outcome, the known boundary, and the one that is found.

    Args:
        h1: Fields ``[points, points]``.
        h2: Ising couplings, of the same shape.
        gap: Above 0 in the topological phase, of the same shape.
        panels: Probability of the outcome +1, by what is measured; 1/2 without order.
        cuts: From which probability on a state counts as topological.
    """
    figure = Figure(figsize=(3.4 * len(panels) + 0.8, 4.6), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, (name, values) in zip(axes, panels.items(), strict=True):
        mesh = ax.pcolormesh(h1, h2, values, cmap="RdBu", vmin=0, vmax=1, shading="nearest")
        ax.contour(h1, h2, gap, levels=[0], colors="black", linewidths=1.8)
        ax.contour(h1, h2, values, levels=[cuts[name]], colors="#e69f00", linestyles="--")
        # Where the network learned.
        ax.plot([h1.min(), h1.max()], [0, 0], color="black", lw=1, ls=":")
        ax.set(title=TITLES[name], xlabel="field $h_1/J$")
    axes[0].set_ylabel("coupling $h_2/J$")
    figure.colorbar(mesh, ax=axes, label="probability of the outcome +1")
    return figure


def sample_complexity(h1: np.ndarray, needed: Mapping[str, np.ndarray]) -> Figure:
    """Draws the copies of a state that tell its phase, against the field.

    Args:
        h1: Fields ``[points]``.
        needed: Copies ``[points]`` by what is measured, see `exact.shots`.
    """
    figure = Figure(figsize=(5.2, 3.8), layout="constrained")
    axes = figure.subplots()
    for name, copies in needed.items():
        axes.plot(h1, copies, marker=".", color=COLOURS[name], label=TITLES[name])
    axes.set(xlabel="field $h_1/J$, at $h_2 = 0$", ylabel="copies of the state", yscale="log")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure
