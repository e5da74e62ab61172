"""The loop over epochs of runs that are compiled together."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import time
import warnings
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from rich.console import Console

from qjax.sharding import on_host
from qjax.train._checkpoint import Arrays, CheckpointFolder
from qjax.train._folder import newest
from qjax.train._history import Record, loss_first
from qjax.train._hosts import everyones
from qjax.train._identity import identity
from qjax.train._layout import Layout
from qjax.train._progress import ProgressReport
from qjax.train._state import Batch, named_arrays, with_arrays
from qjax.train._stop import StopRequest
from qjax.train._sweep import Given, Program, Sweep

_RECORDS = "records"


class Part(NamedTuple):
    """Some of the runs, finished or stopped: their state, and one record for each epoch.

    A record is that of `fit`, but with arrays `[runs]` for numbers.
    """

    sweep: Sweep
    records: list[Record]


@dataclasses.dataclass
class Loop:
    """Trains one part of the runs after the other, by one compiled program.

    Attributes:
        program: What is computed.
        order: `order(keys, epoch)`, the indices of examples `[runs, steps, batch]`.
        data: Training and validation examples, on the devices.
        epochs: Epochs in all.
        steps: Steps in an epoch.
        settings: What must agree for runs to go on from a checkpoint.
        checkpoint_seconds: Shortest time between checkpoints.
        console: Where to report; None for nowhere.
        layout: Which devices have which runs.
        compile_seconds: What tracing and compiling took.
    """

    program: Program
    order: Callable[[jax.Array, int], jax.Array]
    data: tuple[Batch, Batch]
    epochs: int
    steps: int
    settings: Mapping[str, Any]
    checkpoint_seconds: float
    console: Console | None
    layout: Layout
    compile_seconds: float = 0.0
    _advance: Any = None

    def run(
        self, given: Given, label: str, path: pathlib.Path | None, request: StopRequest
    ) -> Part:
        """Trains runs, or goes on with those at `path`, until they end or a signal stops them.

        Raises:
            CheckpointError: If a checkpoint is damaged or belongs to other runs.
            RunFolderError: If `path` cannot be written.
        """
        count = len(given.seed)
        # Some runs twice, if need be, so that devices have equal shares. Outside they are unknown.
        rows = self.layout.rows(count)
        shares = jax.tree.map(lambda a: a[rows], given)
        shares = self.layout.put(shares, self.layout.ensemble)
        sweep, records = self.program.begin(shares), list[Record]()
        with contextlib.ExitStack() as stack:
            folder = None
            if path is not None:
                folder = stack.enter_context(CheckpointFolder(path / "checkpoints"))
                settings = {**self.settings, "runs": _digest(given)}
                described = identity(_named(sweep, count), settings)
                sweep, records = _load(folder, described, sweep, rows)
            saved, saved_at = len(records), time.monotonic()
            report = stack.enter_context(
                ProgressReport(
                    label,
                    epochs=self.epochs,
                    done=len(records),
                    # As many steps as all runs together take.
                    steps=self.steps * count,
                    console=self.console,
                )
            )
            # A signal to one of several processes stops all of them.
            while len(records) < self.epochs and not max(everyones(request.signal or 0)):
                sweep, record = self._epoch(sweep, shares, len(records) + 1, count)
                records.append(record)
                report.update(len(records), _medians(record))
                due = time.monotonic() - saved_at >= self.checkpoint_seconds
                # Several processes have clocks of their own, and save together.
                if folder is not None and any(everyones(due)):
                    _save(folder, described, sweep, records)
                    saved, saved_at = len(records), time.monotonic()
            if folder is not None:
                if saved < len(records):
                    _save(folder, described, sweep, records)
                    saved = len(records)
                folder.wait()
            if len(records) < self.epochs:
                then = "; the same call goes on from here" if saved and folder is not None else ""
                report.say(f"stopped after epoch {len(records)} of {self.epochs}{then}")
            sweep = jax.tree.map(lambda a: a[:count], self.layout.back(sweep))
            if failed := int((sweep.failed_step > 0).sum()):
                report.say(f"{failed} of {count} runs failed: not finite")
        return Part(sweep, records)

    def _epoch(self, sweep: Sweep, given: Given, epoch: int, count: int) -> tuple[Sweep, Record]:
        """Returns the runs after an epoch, and the record of the first `count` of them."""
        began = time.perf_counter()
        arguments = (sweep, given, self.order(sweep.state.key, epoch - 1), self.data, epoch)
        if self._advance is None:
            self._advance = self.program.advance.lower(*arguments).compile()
            self.compile_seconds = time.perf_counter() - began
            began = time.perf_counter()
        sweep, (train, valid) = self._advance(*arguments)
        record = {"train": _on_host(train, count), "valid": _on_host(valid, count)}
        seconds = np.full(count, time.perf_counter() - began)
        return sweep, {**record, "seconds": seconds}


def _named(sweep: Sweep, count: int, *, whole: bool = True) -> Arrays:
    """Returns the arrays of the first `count` runs; all are left on their devices, if not whole."""
    every = len(sweep.failed_step) == count
    arrays = named_arrays(sweep, whole=whole or not every)
    return arrays if every else {name: array[:count] for name, array in arrays.items()}


def _save(
    folder: CheckpointFolder, described: Mapping[str, str], sweep: Sweep, records: list[Record]
) -> None:
    arrays = _named(sweep, len(records[0]["seconds"]), whole=False)
    arrays |= _as_arrays(records)
    folder.save(len(records), arrays, {"identity": described})


def _load(
    folder: CheckpointFolder, described: Mapping[str, str], sweep: Sweep, rows: np.ndarray
) -> tuple[Sweep, list[Record]]:
    """Returns the runs as last saved, or the fresh ones."""
    found = newest(folder, described)
    if found is None:
        return sweep, []
    number, saved = found
    prefix = f"{_RECORDS}."
    shares = {n: array[rows] for n, array in saved.arrays.items() if not n.startswith(prefix)}
    return with_arrays(sweep, shares), _as_records(saved.arrays, number)


def _as_arrays(records: list[Record]) -> Arrays:
    """Returns records as arrays `[epochs, runs]` by names such as `records.train.loss`."""
    arrays = {f"{_RECORDS}.seconds": np.stack([record["seconds"] for record in records])}
    for part in ("train", "valid"):
        for name in records[0][part]:
            rows = [record[part][name] for record in records]
            arrays[f"{_RECORDS}.{part}.{name}"] = np.stack(rows)
    return arrays


def _as_records(arrays: Arrays, epochs: int) -> list[Record]:
    records: list[Record] = [{"train": {}, "valid": {}} for _ in range(epochs)]
    for key, rows in arrays.items():
        kind, _, key = key.partition(".")
        part, _, name = key.partition(".")
        for record, row in zip(records, rows if kind == _RECORDS else (), strict=False):
            if name:
                record[part][name] = row
            else:
                record["seconds"] = row
    return [
        {**r, "train": loss_first(r["train"]), "valid": loss_first(r["valid"])} for r in records
    ]


def _on_host(metrics: Mapping[str, jax.Array], count: int) -> dict[str, np.ndarray]:
    return {
        name: np.asarray(on_host(value)[:count], np.float64)
        for name, value in loss_first(metrics).items()
    }


def _medians(record: Record) -> Record:
    """Returns the record of a single run in the middle of all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # All runs failed: nan says it.
        parts = {
            part: {name: float(np.nanmedian(values)) for name, values in record[part].items()}
            for part in ("train", "valid")
        }
    return {**parts, "seconds": float(record["seconds"][0])}


def _digest(given: Given) -> str:
    """Returns what seeds, hyperparameters and folds are recognised by."""
    total = 0
    for leaf in jax.tree.leaves(given):
        total = zlib.crc32(np.ascontiguousarray(leaf).tobytes(), total)
    names = ", ".join(["seeds", *sorted(given.hyperparameters)])
    return f"{len(given.seed)} by {names} ({total:08x})"
