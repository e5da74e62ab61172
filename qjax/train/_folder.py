"""The folder of a run: its latest and its best checkpoints."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple

from ._checkpoint import Arrays, CheckpointFolder
from ._identity import check_identity


class SavedRun(NamedTuple):
    """A run as it was saved after an epoch."""

    state: Arrays
    best: Arrays
    notes: dict[str, Any]


class RunFolder:
    """`run_dir/checkpoints/{latest,best,last_good}`.

    Latest holds whole states, best and last_good the model's variables. A best checkpoint is
    always on disk before the latest that refers to it.

    Raises:
      RunFolderError: If the folder cannot be made or written.
    """

    def __init__(self, run_dir: str | os.PathLike[str]):
        self.path = pathlib.Path(run_dir) / "checkpoints"
        self._exit = contextlib.ExitStack()
        self._latest = self._open("latest")
        self._best = self._open("best")

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def load(self, described: Mapping[str, str]) -> SavedRun | None:
        """Returns the run as last saved, or None in a fresh folder.

        Raises:
          CheckpointError: If a checkpoint is damaged or belongs to another run.
        """
        numbers = self._latest.numbers()
        if not numbers:
            return None
        epoch = numbers[-1]
        # What differs is told even where the arrays of a foreign run could not be read.
        saved = self._latest.notes(epoch)
        check_identity(self._latest.path / str(epoch), saved["identity"], described)
        arrays, notes = self._latest.restore(epoch)
        best = self._best.restore(notes["best_epoch"]).arrays
        # A kill between the two saves leaves a best checkpoint of the future. It will come
        # again, from the same state.
        self._best.delete_after(epoch)
        return SavedRun(arrays, best, notes)

    def save(
        self,
        epoch: int,
        state: Arrays,
        best: Arrays,
        described: Mapping[str, str],
        notes: Mapping[str, Any],
    ) -> None:
        """Saves the run after `epoch`; `notes` must hold `best_epoch`."""
        if notes["best_epoch"] not in self._best.numbers():
            self._best.save(notes["best_epoch"], best, {"identity": dict(described)})
            self._best.wait()
        self._latest.save(epoch, state, {**notes, "identity": dict(described)})

    def save_last_good(self, step: int, arrays: Arrays) -> pathlib.Path:
        """Saves the variables before a step that was not finite; returns where."""
        folder = self._open("last_good")
        if step not in folder.numbers():
            folder.save(step, arrays, {})
        folder.wait()
        return folder.path / str(step)

    def wait(self) -> None:
        """Waits until what was saved is on disk."""
        self._latest.wait()

    def _open(self, kind: str) -> CheckpointFolder:
        return self._exit.enter_context(CheckpointFolder(self.path / kind))
