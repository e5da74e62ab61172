"""What is drawn: the starts, and accuracy by the number of actors."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from qjax.train import History


def starts(history: History) -> Figure:
    """Validation loss of every start."""
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    losses = history.valid["loss"]
    axes.plot(np.arange(1, losses.shape[1] + 1), losses.T, linewidth=1)
    axes.set(xlabel="epoch", ylabel="validation loss", title="Starts")
    return figure


def accuracy(lines: dict[str, dict[int, float]]) -> Figure:
    """Accuracy by the number of actors; training saw the shaded widths."""
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(2, 8, color="0.92")
    for name, line in lines.items():
        axes.plot(list(line), list(line.values()), marker=".", label=name)
    axes.axhline(0.5, color="0.6", linewidth=0.8, linestyle="--")
    axes.set(xlabel="actors", ylabel="accuracy", ylim=(0.3, 1.03), title="Questions answered")
    axes.legend()
    return figure
