"""The folder of a run: its latest and its best checkpoints."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from qjax.train._checkpoint import Arrays, CheckpointFolder, Saved, whole_file
from qjax.train._history import Record, as_csv
from qjax.train._hosts import by_leader
from qjax.train._identity import check_identity

_CHECKPOINTS = "checkpoints"
BEST = f"{_CHECKPOINTS}/best"


class RunFolder:
    """`run_dir/checkpoints/{latest,best,last_good}`.

    Latest holds all that a run goes on from. Best and last_good hold the model's variables, for
    use elsewhere: no run needs them to go on.

    Raises:
        RunFolderError: If the folder cannot be made or written.
    """

    def __init__(self, run_dir: str | os.PathLike[str]):
        self.path = pathlib.Path(run_dir) / _CHECKPOINTS
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

    def load(self, described: Mapping[str, str]) -> Saved | None:
        """Returns the run as last saved, or None in a fresh folder.

        Raises:
            CheckpointError: If a checkpoint is damaged or belongs to another run.
        """
        found = newest(self._latest, described)
        if found is None:
            return None
        epoch, saved = found
        # A kill between the two saves leaves a best checkpoint of the future. It will come
        # again, from the same state.
        self._best.delete_after(epoch)
        return saved

    def save(self, epoch: int, arrays: Arrays, notes: Mapping[str, Any]) -> None:
        """Begins to save the run after `epoch`; it is on disk after `wait`."""
        self._latest.save(epoch, arrays, notes)

    def write_history(self, records: list[Record]) -> None:
        """Writes `history.csv` anew, for other programs to read."""

        def write() -> None:
            with whole_file(self.path.parent / "history.csv") as file:
                file.write(as_csv(records).encode())

        by_leader(write)

    def save_best(self, epoch: int, arrays: Arrays) -> None:
        """Begins to save the variables of the best epoch so far, unless it has them."""
        if epoch not in self._best.numbers():
            self._best.save(epoch, arrays, {})

    def save_last_good(self, step: int, arrays: Arrays) -> pathlib.Path:
        """Saves the variables before a step that was not finite; returns where."""
        folder = self._open("last_good")
        # Of an earlier run in the folder, perhaps with another seed.
        folder.delete_after(step - 1)
        folder.save(step, arrays, {})
        folder.wait()
        return folder.path / str(step)

    def wait(self) -> None:
        """Waits until what was saved is on disk."""
        self._best.wait()
        self._latest.wait()

    def _open(self, kind: str) -> CheckpointFolder:
        return self._exit.enter_context(CheckpointFolder(self.path / kind))


def newest(folder: CheckpointFolder, described: Mapping[str, str]) -> tuple[int, Saved] | None:
    """Returns the newest checkpoint and its number, or None if there is none.

    Raises:
        CheckpointError: If it is damaged or belongs to another run.
    """
    numbers = folder.numbers()
    if not numbers:
        return None
    number = numbers[-1]
    # What differs is told even where the arrays of a foreign run could not be read.
    there = folder.notes(number).get("identity", {})
    check_identity(folder.path / str(number), there, described)
    return number, folder.restore(number)
