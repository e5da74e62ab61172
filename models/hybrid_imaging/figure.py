"""Test accuracy against number of parameters."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from .config import Config
from .model import QUANTUM

# A colour for each pair of a hybrid and what it replaces; the classical one of a pair is dashed.
STYLES = {
    "cnn": ("CNN", "#000000", "s"),
    "hybrid_cnn": ("hybrid CNN", "#0072b2", "o"),
    "trained_quanvolution": ("trained quanvolution", "#d55e00", "o"),
    "quanvolution": ("frozen quanvolution", "#e69f00", "o"),
    "random_convolution": ("frozen convolution", "#e69f00", "s"),
    "dressed": ("dressed circuit", "#009e73", "o"),
    "mlp": ("MLP", "#009e73", "s"),
}


def accuracies(config: Config, results: Mapping[str, float | int]) -> Figure:
    """Draws one line an architecture, one point a size."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    for architecture in config.architectures:
        label, colour, marker = STYLES[architecture]
        names = [f"{architecture}_{size}" for size in sorted(config.sizes)]
        axes.plot(
            [results[f"{name}_parameters"] for name in names],
            [results[f"{name}_accuracy"] for name in names],
            color=colour,
            marker=marker,
            ls="-" if architecture in QUANTUM else "--",
            lw=1.6,
            ms=5,
            label=label,
        )
    axes.set(
        xscale="log",
        xlabel="trained parameters",
        ylabel="test accuracy",
        title=f"{config.data}: hybrids (solid) and classical networks (dashed)",
    )
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return figure
