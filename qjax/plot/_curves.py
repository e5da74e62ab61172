"""Metrics against epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart by colour-blind readers, and in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


class History(Protocol):
    """What is drawn: as `qjax.train.History` has it, or anything alike.

    Attributes:
        train: Name of a metric to its values during training, `[epochs]`.
        valid: Name of a metric to its values on validation data, `[epochs]`.
    """

    @property
    def train(self) -> Mapping[str, np.ndarray]: ...

    @property
    def valid(self) -> Mapping[str, np.ndarray]: ...


class Metrics(Protocol):
    """Metrics by name, each `[epochs]`, such as a `qjax.train.History`."""

    @property
    def train(self) -> Mapping[str, np.ndarray]: ...
    @property
    def valid(self) -> Mapping[str, np.ndarray]: ...


def curves(
    histories: Mapping[str, Metrics],
    *,
    metrics: Sequence[str] = ("loss", "accuracy"),
    title: str = "",
) -> Figure:
    """Draws metrics of runs against epochs, one panel a metric.

    Args:
        histories: Name of a run to its history of E epochs (E may differ), at most six runs.
        metrics: Metrics to draw; each must be in every history. `loss` gets a logarithmic axis
            where all of it is above 0.
        title: Title of the figure.

    Returns:
        A figure: one colour a run; validation in full, training pale.

    Raises:
        ValueError: If a metric is missing, or there are no runs or too many.

    Example:
        >>> import numpy as np
        >>> from qjax.plot import curves
        >>> from types import SimpleNamespace
        >>> losses = {"loss": np.array([1.0, 0.5, 0.25])}
        >>> run = SimpleNamespace(train=losses, valid=losses)
        >>> figure = curves({"a run": run}, metrics=["loss"])
        >>> figure.axes[0].get_xlabel()
        'epoch'
    """
    if not 1 <= len(histories) <= len(COLOURS):
        raise ValueError(
            f"Argument `histories` must have 1 to {len(COLOURS)} runs, but has {len(histories)}."
        )
    figure = Figure(figsize=(4.8 * len(metrics), 3.8), layout="constrained")
    for axes, metric in zip(
        figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True
    ):
        axes.set_yscale("log" if metric == "loss" else "linear")
        for colour, (name, history) in zip(COLOURS, histories.items(), strict=False):
            _draw(axes, metric, name, history, colour)
        axes.set(xlabel="epoch", ylabel=metric)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=9)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure


def _draw(axes: Axes, metric: str, name: str, history: Metrics, colour: str) -> None:
    if metric not in history.train or metric not in history.valid:
        raise ValueError(
            f"Argument `metrics` must have metrics of every history, {sorted(history.valid)}, "
            f"but has {metric!r}."
        )
    epochs = np.arange(1, len(history.valid[metric]) + 1)
    axes.plot(
        epochs, history.train[metric], color=colour, alpha=0.35, lw=1.2, label=f"{name}, training"
    )
    axes.plot(epochs, history.valid[metric], color=colour, lw=1.8, label=f"{name}, validation")
    values = np.concatenate([history.train[metric], history.valid[metric]])
    if metric == "loss" and (values <= 0).any():
        axes.set_yscale("linear")
