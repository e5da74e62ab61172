"""A run's folder as a model's task sees it: what is in it, and what is still to do."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import pathlib
import zipfile
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any, TypeVar

import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh
from rich.console import Console

from qjax.plot import curves
from qjax.train._checkpoint import CheckpointFolder, check_writable, whole_file
from qjax.train._errors import CheckpointError, RunFolderError, Stopped
from qjax.train._fit import Data, fit
from qjax.train._folder import BEST
from qjax.train._history import History, Run
from qjax.train._hosts import by_leader, leaders, together
from qjax.train._identity import check_identity, identity
from qjax.train._many import fit_many
from qjax.train._runs import Runs
from qjax.train._state import Loss, Variables, named_arrays, with_arrays
from qjax.train._sweep import Optimizer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Module = TypeVar("Module", bound=nnx.Module)
_RUN = "run.json"


class Workspace:
    """The folder of one run of one model.

    What was done before an interrupt is found there again: `fit` and `fit_many` go on from their
    newest checkpoint, and `has` tells which arrays are saved.

    Where several processes train one run, each has a workspace of the same folder, which all of
    them see, and calls its methods in the same order. The first process writes.

    Args:
        path: Folder of the run; made if missing.
        config: Settings of the run, a dataclass or a mapping. A folder belongs to the settings it
            was made with.
        model: Name of the model, noted in `run.json`.
        console: Where to report; the terminal if None.
        mesh: Devices that `fit` and `fit_many` train on; None for the default one.
        checkpoint_seconds: Shortest time between checkpoints of both.

    Attributes:
        path: The folder.
        console: Where to report.
        mesh: The devices.

    Raises:
        RunFolderError: If the folder cannot be made or written, or not every process sees it.
        CheckpointError: If the folder belongs to a run with other settings, or is damaged.

    Example:
        >>> import numpy as np, tempfile
        >>> from qjax.train import Workspace
        >>> run = Workspace(tempfile.mkdtemp(), {"seed": 0})
        >>> run.save("support", vectors=np.eye(2))
        >>> run.has("support"), run.load("support")["vectors"].shape
        (True, (2, 2))
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        config: Any,
        *,
        model: str = "",
        console: Console | None = None,
        mesh: Mesh | None = None,
        checkpoint_seconds: float = 10.0,
    ):
        self.path = pathlib.Path(path)
        self.console = console or Console()
        self.mesh = mesh
        self._checkpoint_seconds = checkpoint_seconds
        config = dataclasses.asdict(config) if dataclasses.is_dataclass(config) else dict(config)  # type: ignore[arg-type]
        # As JSON has it, so that a tuple equals the list that it was saved as.
        self._config: dict[str, Any] = json.loads(json.dumps(config))
        note = {"model": model, "config": self._config}
        if not together(lambda: self._is_begun(note)):
            self.write(_RUN, json.dumps(note, indent=2) + "\n")
        together(self._check_shared)

    def _is_begun(self, note: Mapping[str, Any]) -> bool:
        """Whether something was saved in the folder before, under the same settings."""
        check_writable(self.path)
        # Settings that were refused before anything was saved hold nobody to them.
        begun = any(entry.name != _RUN for entry in self.path.iterdir())
        if not (begun and (self.path / _RUN).exists()):
            return False
        there = read_run(self.path)
        described = [identity({}, {"model": n["model"], **n["config"]}) for n in (there, note)]
        check_identity(self.path, *described)
        return True

    def _check_shared(self) -> None:
        if not (self.path / _RUN).exists():
            raise RunFolderError(
                "Argument `run_dir` must be a folder that all processes share, but this one does "
                f"not see what the first one wrote in `{self.path.absolute()}`."
            )

    def fit(
        self,
        name: str,
        model: nnx.Module,
        optimizer: optax.GradientTransformation,
        loss: Loss,
        data: Data,
        **options: Any,
    ) -> Run:
        """Trains `model` by `qjax.train.fit` in the folder `name`, and draws its curves.

        Goes on from what is there. The variables of the best epoch are in `model` afterwards.

        Args:
            name: Folder within the run's, and label of the progress.
            model: Module to train.
            optimizer: Optax transformation.
            loss: See `qjax.train.fit`.
            data: Has `train` and `valid`.
            **options: Further arguments of `qjax.train.fit`: epochs, batch_size, seed and others.

        Raises:
            Stopped: If SIGINT or SIGTERM stopped it; all is saved.
        """
        run = fit(model, optimizer, loss, data, **(self._settings(name) | options))
        self._finish(name, run)
        nnx.update(model, run.best)
        model.eval()
        return run

    def fit_many(
        self,
        name: str,
        make: Callable[[nnx.Rngs], nnx.Module],
        optimizer: Optimizer,
        loss: Loss,
        data: Data,
        **options: Any,
    ) -> Runs:
        """Trains models by `qjax.train.fit_many` in the folder `name`; draws the winner's curves.

        Goes on from what is there.

        Args:
            name: Folder within the run's, and label of the progress.
            make: See `qjax.train.fit_many`.
            optimizer: See `qjax.train.fit_many`.
            loss: See `qjax.train.fit_many`.
            data: See `qjax.train.fit_many`.
            **options: Further arguments of `qjax.train.fit_many`: seeds, epochs, batch_size and
                others.

        Raises:
            Stopped: If SIGINT or SIGTERM stopped them; all is saved.
        """
        runs = fit_many(make, optimizer, loss, data, **(self._settings(name) | options))
        self._finish(name, runs[runs.winner])
        return runs

    def _settings(self, name: str) -> dict[str, Any]:
        return {
            "run_dir": self.path / name,
            "config": {"name": name, **self._config},
            "label": name,
            "progress": self.console,
            "mesh": self.mesh,
            "checkpoint_seconds": self._checkpoint_seconds,
        }

    def _finish(self, name: str, run: Run) -> None:
        if run.stopped_by is not None:
            raise Stopped(run.stopped_by)
        self.figure(name, curves({name: run.history}, metrics=_drawn(run.history)))

    def restore(self, name: str, model: Module, *, trainable: Any = nnx.Param) -> Module:
        """Puts the best variables that `fit` saved under `name` into `model`, and returns it.

        Args:
            name: As given to `fit`.
            model: Module of the same build.
            trainable: As given to `fit`.

        Raises:
            CheckpointError: If there are none, or they are damaged or of another model.
        """
        path = self.path / name / BEST
        if not path.is_dir():
            raise CheckpointError(
                f"There is no trained model in `{path}`: train the run to its end first."
            )
        with CheckpointFolder(path) as folder:
            numbers = folder.numbers()
            if not numbers:
                raise CheckpointError(f"There is no whole checkpoint in `{path}`: train first.")
            saved = folder.restore(numbers[-1])
        _, params, rest = nnx.split(model, trainable, ...)  # type: ignore[misc]
        fresh = Variables(params, rest)
        shapes = named_arrays(fresh)
        check_identity(path / str(numbers[-1]), identity(saved.arrays, {}), identity(shapes, {}))
        restored = with_arrays(fresh, saved.arrays)
        nnx.update(model, restored.params, restored.rest)
        model.eval()
        return model

    def save(self, name: str, **arrays: Any) -> None:
        """Saves arrays as `name`.npz, whole or not at all.

        Raises:
            RunFolderError: If the disk is full or the folder cannot be written.
        """
        saved: dict[str, Any] = {key: np.asarray(value) for key, value in arrays.items()}
        # Its second parameter is a switch, which no array can be meant for.
        self._write(f"{name}.npz", lambda file: np.savez(file, **saved))

    def load(self, name: str) -> dict[str, np.ndarray]:
        """Returns the arrays saved as `name`.

        Raises:
            CheckpointError: If there are none, or the file is damaged.
        """
        path = self.path / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as saved:
                return dict(saved)
        except FileNotFoundError:
            raise CheckpointError(
                f"There is no `{path}`: train the run to its end first."
            ) from None
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise CheckpointError(f"File `{path}` is damaged and cannot be read.") from error

    def has(self, name: str) -> bool:
        """Whether arrays are saved as `name`."""
        return leaders((self.path / f"{name}.npz").exists())

    def figure(self, name: str, figure: Figure) -> None:
        """Saves a figure as `name`.png."""
        save = functools.partial(figure.savefig, format="png", dpi=150, bbox_inches="tight")
        self._write(f"{name}.png", save)

    def write(self, name: str, text: str) -> None:
        """Writes a text file, whole or not at all."""
        self._write(name, lambda file: file.write(text.encode()))

    def _write(self, name: str, write: Callable[[IO[bytes]], object]) -> None:
        def whole() -> None:
            with whole_file(self.path / name) as file:
                write(file)

        by_leader(whole)

    def say(self, text: str) -> None:
        """Prints a line."""
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)


def _drawn(history: History) -> tuple[str, ...]:
    """Returns the loss and up to two metrics after it."""
    return tuple(history.valid)[:3]


def read_run(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """Returns what a run's folder says of itself: the model's name and the settings.

    Args:
        path: The folder of the run.

    Raises:
        CheckpointError: If it is no run's folder, or damaged.
    """
    file = pathlib.Path(path) / _RUN
    try:
        note = json.loads(file.read_text(encoding="utf-8"))
        return {"model": str(note["model"]), "config": dict(note["config"])}
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"`{path}` is not the folder of a run: it has no {_RUN}.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"File `{file}` is damaged and cannot be read.") from error
