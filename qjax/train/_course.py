"""How far a run has come, and its way to disk and back."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from flax import nnx

from qjax.train._folder import RunFolder
from qjax.train._gradient import Metrics
from qjax.train._history import History, Record, Run, Timings, loss_first
from qjax.train._hosts import everyones
from qjax.train._state import TrainState, Variables, copied, named_arrays, variables, with_arrays


@dataclasses.dataclass
class Course:
    """A run between two epochs.

    Attributes:
        state: State after the last epoch.
        folder: Where it is saved, if anywhere.
        described: Identity of the run, saved with it.
        best: The model's variables after the best epoch.
        best_value: Its monitored metric; not a number before the first epoch.
        best_epoch: Its number, counted from 1; 0 before the first epoch.
        first_step_seconds: See `Timings`.
        records: One for each epoch.
        saved_epoch: Epoch of the newest checkpoint.
        saved_at: When it was saved, on the monotonic clock.
    """

    state: TrainState
    folder: RunFolder | None
    described: Mapping[str, str]
    best: Variables
    best_value: float = math.nan
    best_epoch: int = 0
    first_step_seconds: float = 0.0
    records: list[Record] = dataclasses.field(default_factory=list)
    saved_epoch: int = 0
    saved_at: float = dataclasses.field(default_factory=time.monotonic)

    @classmethod
    def begin(
        cls, state: TrainState, folder: RunFolder | None, described: Mapping[str, str]
    ) -> Course:
        """Returns the course as last saved in `folder`, or a fresh one.

        Raises:
            CheckpointError: If a checkpoint is damaged or belongs to another run.
        """
        course = cls(state, folder, described, best=copied(variables(state)))
        saved = folder.load(described) if folder is not None else None
        if saved is not None:
            course.state, course.best = _parts(
                with_arrays(_whole(course.state, course.best), saved.arrays)
            )
            course.best_value = saved.notes["best_value"]
            course.best_epoch = saved.notes["best_epoch"]
            course.first_step_seconds = saved.notes["first_step_seconds"]
            course.records = saved.notes["records"]
            course.saved_epoch = course.epoch
        return course

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return len(self.records)

    def done(self, epochs: int, patience: int | None) -> bool:
        """Whether all epochs are finished, or the last `patience` of them brought nothing."""
        return self.epoch >= epochs or (
            patience is not None and self.epoch - self.best_epoch >= patience
        )

    def add(
        self, train: Metrics, valid: Metrics, seconds: float, monitor: str, maximize: bool
    ) -> Record:
        """Records an epoch, and keeps its variables if they are the best."""
        record: Record = {"train": _floats(train), "valid": _floats(valid), "seconds": seconds}
        if monitor not in record["valid"]:
            raise ValueError(
                f"Argument `monitor` must be one of the loss's metrics {list(record['valid'])}, "
                f"but is {monitor!r}."
            )
        self.records.append(record)
        value = record["valid"][monitor]
        better = value > self.best_value if maximize else value < self.best_value
        if better or math.isnan(self.best_value):
            self.best = copied(variables(self.state))
            self.best_value, self.best_epoch = value, self.epoch
        return record

    def save(self, *, after_seconds: float = 0.0) -> None:
        """Saves what is new, unless the last checkpoint is younger than `after_seconds`."""
        if self.folder is None or self.epoch == self.saved_epoch:
            return
        # Several processes have clocks of their own, and save together.
        if not any(everyones(time.monotonic() - self.saved_at >= after_seconds)):
            return
        notes = {
            "best_value": self.best_value,
            "best_epoch": self.best_epoch,
            "first_step_seconds": self.first_step_seconds,
            "records": self.records,
            "identity": dict(self.described),
        }
        self.folder.save_best(self.best_epoch, named_arrays(self.best))
        self.folder.write_history(self.records)
        self.folder.save(self.epoch, named_arrays(_whole(self.state, self.best)), notes)
        self.saved_epoch, self.saved_at = self.epoch, time.monotonic()

    def result(self, best: Variables, *, steps: int, stopped_by: int | None) -> Run:
        """Returns the run in the form for its caller, who gets `best` as its best variables."""
        history = History.from_records(self.records)
        step_seconds = float(np.median(history.seconds)) / steps if self.records else 0.0
        return Run(
            history=history,
            timings=Timings(self.first_step_seconds, step_seconds),
            best=nnx.merge_state(*best),
            best_epoch=self.best_epoch,
            stopped_by=stopped_by,
        )


def _whole(state: TrainState, best: Variables) -> dict[str, Any]:
    """Returns one pytree, in which names are short: `params.kernel`, `best.params.kernel`."""
    return {**state._asdict(), "best": best}


def _parts(whole: dict[str, Any]) -> tuple[TrainState, Variables]:
    best = whole.pop("best")
    return TrainState(**whole), best


def _floats(metrics: Metrics) -> dict[str, float]:
    return {name: float(value) for name, value in loss_first(metrics).items()}
