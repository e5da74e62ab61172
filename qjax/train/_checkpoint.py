"""Checkpoints of a run: written beside the old ones, read with suspicion."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import socket
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import IO, Any, NamedTuple

import numpy as np
import orbax.checkpoint as ocp

from qjax.train._checks import check_sums, has_sums
from qjax.train._errors import CheckpointError, RunFolderError
from qjax.train._hosts import together

Arrays = dict[str, Any]
"""Arrays of NumPy, the same in every process, or of JAX, where they are split over devices."""

# Two of each: were the newer one damaged, the run could go on from the older.
_KEPT = 2


class Saved(NamedTuple):
    """One checkpoint: arrays by name, and what JSON can say."""

    arrays: Arrays
    notes: dict[str, Any]


class CheckpointFolder:
    """Checkpoints of one kind in `path`, each a folder named by its number.

    Orbax writes a checkpoint under a temporary name and renames it when it is complete, so a
    kill at any moment leaves whole checkpoints only. Older ones go once a newer one is whole.

    The processes of a run share the folder and call every method together. Each writes the parts
    that it holds of arrays that are split, the first one all else; each reads whole arrays, however
    many wrote them.

    Args:
        path: Folder of the checkpoints; made if missing.

    Raises:
        RunFolderError: If the folder cannot be made or written.
    """

    def __init__(self, path: pathlib.Path):
        self.path = path.absolute()
        together(lambda: check_writable(self.path))
        processes = ocp.options.MultiprocessingOptions(barrier_sync_key_prefix=path.name)
        self._manager = ocp.CheckpointManager(
            self.path,
            options=ocp.CheckpointManagerOptions(
                max_to_keep=_KEPT, multiprocessing_options=processes
            ),
            item_handlers={
                "arrays": ocp.StandardCheckpointHandler(),
                "notes": ocp.JsonCheckpointHandler(),
            },
        )

    def __enter__(self) -> CheckpointFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._manager.close()

    def numbers(self) -> list[int]:
        """Returns the numbers of the whole checkpoints, the oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, number: int, arrays: Arrays, notes: Mapping[str, Any]) -> None:
        """Begins to save a checkpoint; it is whole after `wait`, or in its own time."""
        # A snapshot: Orbax writes later, when the caller's lists may have grown.
        notes = json.loads(json.dumps({**notes, **check_sums(arrays)}))
        try:
            self._manager.save(
                number,
                args=ocp.args.Composite(
                    arrays=ocp.args.StandardSave(arrays), notes=ocp.args.JsonSave(notes)
                ),
                force=True,
            )
        except Exception as error:  # See _suspicion.
            raise self._not_saved(error) from error

    def wait(self) -> None:
        """Waits until what was saved is on disk."""
        try:
            self._manager.wait_until_finished()
        except Exception as error:  # See _suspicion.
            raise self._not_saved(error) from error

    def delete_after(self, number: int) -> None:
        """Removes checkpoints later than `number`: leftovers of a run that was killed."""
        for later in self.numbers():
            if later > number:
                self._manager.delete(later)

    def notes(self, number: int) -> dict[str, Any]:
        """Returns what was noted in a checkpoint, without its arrays."""
        return dict(self._restore(number, notes=ocp.args.JsonRestore())["notes"])

    def restore(self, number: int) -> Saved:
        """Reads a checkpoint, whole in every process, and compares it with its checksums.

        Raises:
            CheckpointError: If it is damaged.
        """
        notes = self.notes(number)
        with self._suspicion(number):
            there = self._manager.item_metadata(number)["arrays"]
            # As arrays of the host, views of one zero: devices may be others than they were.
            like = {n: np.broadcast_to(np.zeros((), a.dtype), a.shape) for n, a in there.items()}
        items = self._restore(number, arrays=ocp.args.StandardRestore(like))
        arrays = {name: np.asarray(value) for name, value in items["arrays"].items()}
        if not has_sums(arrays, notes):
            raise self._damaged(number, "its checksum does not match")
        return Saved(arrays, notes)

    def _restore(self, number: int, **items: Any) -> Any:
        with self._suspicion(number):
            return self._manager.restore(number, args=ocp.args.Composite(**items))

    @contextlib.contextmanager
    def _suspicion(self, number: int) -> Iterator[None]:
        try:
            yield
        # Orbax and TensorStore raise a dozen kinds of error on damaged files, without a base.
        except Exception as error:
            raise self._damaged(number, _first_line(error)) from error

    def _damaged(self, number: int, reason: str) -> CheckpointError:
        earlier = [n for n in self.numbers() if n < number]
        then = f"go on from checkpoint {earlier[-1]}" if earlier else "start anew"
        return CheckpointError(
            f"Checkpoint `{self.path / str(number)}` is damaged and cannot be read ({reason}). "
            f"Move that folder away to {then}, or use another run folder."
        )

    def _not_saved(self, error: Exception) -> RunFolderError:
        return RunFolderError(
            f"A checkpoint could not be saved in `{self.path}` ({_first_line(error)}). "
            "Earlier checkpoints are unharmed: make room or mend the folder, then run again."
        )


def check_writable(path: pathlib.Path) -> None:
    """Makes the folder `path` if need be, and raises unless files can be written in it.

    Raises:
        RunFolderError: If the folder cannot be made or written.
    """
    probe = path / f".writable-{socket.gethostname()}-{os.getpid()}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise RunFolderError(
            f"Argument `run_dir` must be a folder that can be written, but `{path}` is not "
            f"({error.strerror}). Choose another folder or mend its permissions."
        ) from error


@contextlib.contextmanager
def whole_file(path: pathlib.Path) -> Iterator[IO[bytes]]:
    """Yields a file that takes its place at `path` when it is complete.

    Raises:
        RunFolderError: If it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise RunFolderError(
            f"`{path}` could not be written ({error.strerror}). What was saved before is "
            "unharmed: make room or mend the folder, then run again."
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]
