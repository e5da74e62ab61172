"""What a run leaves behind: numbers per epoch, timings, and the best state."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from flax import nnx

Record = dict[str, Any]
"""One epoch as JSON: `{"train": {name: float}, "valid": {name: float}, "seconds": float}`."""


@dataclasses.dataclass(frozen=True)
class History:
    """Metrics of each epoch.

    Attributes:
        train: Name to float64 `[epochs]`: means over the steps of the epoch, each taken before
            its update. `loss` is always there.
        valid: Name to float64 `[epochs]`: after the epoch, over all validation examples.
        seconds: Wall time of each epoch's steps, float64 `[epochs]`.
    """

    train: dict[str, np.ndarray]
    valid: dict[str, np.ndarray]
    seconds: np.ndarray

    @classmethod
    def from_records(cls, records: list[Record]) -> History:
        """Returns the history of `records`, one for each epoch."""
        return cls(
            train=_columns([record["train"] for record in records]),
            valid=_columns([record["valid"] for record in records]),
            seconds=np.array([record["seconds"] for record in records], np.float64),
        )


@dataclasses.dataclass(frozen=True)
class Timings:
    """Where the time of a run went.

    Attributes:
        first_step_seconds: Tracing and compiling an epoch, and one step. Of the process that
            began the run, where it was resumed; 0 before the first epoch.
        step_seconds: Median over the epochs of an epoch's seconds over its steps.
    """

    first_step_seconds: float
    step_seconds: float


@dataclasses.dataclass(frozen=True)
class Run:
    """What `qjax.train.fit` returns.

    Attributes:
        history: Metrics of each epoch, those before a resumption among them.
        timings: Seconds to the first step and seconds a step.
        best: Variables of the best epoch on validation; `nnx.update(model, run.best)` installs
            them.
        best_epoch: Number of that epoch, counted from 1; 0 if none was finished.
        stopped_by: Number of the signal that asked the run to stop, or None. In its last epoch a
            run is finished nevertheless.
    """

    history: History
    timings: Timings
    best: nnx.State
    best_epoch: int
    stopped_by: int | None


def loss_first(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the metrics with the loss in front; jit returns dicts in alphabetical order."""
    return {name: metrics[name] for name in ("loss", *sorted(metrics.keys() - {"loss"}))}


def as_csv(records: list[Record]) -> str:
    """Returns a line for each epoch: its number, its seconds, every metric of either part."""
    metrics = [f"{part}_{name}" for part in ("train", "valid") for name in records[0][part]]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["epoch", "seconds", *metrics])
    for epoch, record in enumerate(records, 1):
        values = [*record["train"].values(), *record["valid"].values()]
        table.writerow([epoch, f"{record['seconds']:.4g}", *(f"{value:.8g}" for value in values)])
    return text.getvalue()


def _columns(rows: list[dict[str, float]]) -> dict[str, np.ndarray]:
    names = rows[0] if rows else ()
    return {name: np.array([row[name] for row in rows], np.float64) for name in names}
