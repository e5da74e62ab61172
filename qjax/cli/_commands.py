"""The commands: each a dataclass whose fields are its arguments, and what it does."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import pathlib
import sys
from types import ModuleType
from typing import Annotated, Any

import numpy as np
import tyro
from rich.console import Console

from qjax.cli import _catalogue, _read, _show
from qjax.cli._errors import UsageError
from qjax.cli._hosts import Hosts, joined, mesh_of
from qjax.cli._settings import with_settings
from qjax.cli._tables import Tables
from qjax.cli._train import evaluated, provenance, read_results, train_model
from qjax.measure import explain
from qjax.train import Workspace, check_same, leads, read_run, whole_file

Flag = tyro.conf.FlagCreatePairsOff[bool]
Model = Annotated[str, tyro.conf.arg(metavar="MODEL")]
Settings = Annotated[tuple[str, ...], tyro.conf.arg(metavar="FIELD=VALUE", name="set")]


@dataclasses.dataclass(frozen=True)
class Models:
    """Lists the models with paper, size and expected number."""

    def __call__(self, console: Console) -> None:
        """Prints the table."""
        _show.show_models(console)


@dataclasses.dataclass(frozen=True)
class Config:
    """A model's config takes this place once the model is known."""


@dataclasses.dataclass(frozen=True)
class Train:
    """Trains a model. `qjax train MODEL --help` shows every field of its config.

    Ctrl-C stops after the current epoch and saves; the same command goes on from there.
    """

    model: tyro.conf.Positional[Model]
    """Name, as `qjax models` lists it."""
    config: tyro.conf.OmitArgPrefixes[Config] = Config()
    variant: str = "default"
    """Whose settings are the defaults: tiny for a first look, paper for the published size."""
    settings: Settings = ()
    """Fields of the config, such as `--set layers=4 seed=1`."""
    run_dir: pathlib.Path | None = None
    """Folder of the run: runs/MODEL, or runs/MODEL-VARIANT, if not given."""
    force: Flag = False
    """Move an earlier run in the folder aside and begin anew."""
    mesh: Annotated[str | None, tyro.conf.arg(metavar="AXIS=DEVICES,...")] = None
    """Devices to train on, such as batch=8: each has a share of every batch."""
    checkpoint_seconds: float = 10.0
    """Shortest time between checkpoints. What is stopped by a signal is always saved."""
    hosts: tyro.conf.OmitArgPrefixes[Hosts] = Hosts()

    def __call__(self, console: Console) -> None:
        """Trains, evaluates, and leaves everything in the folder."""
        config = with_settings(self.config, self.settings)
        name = self.model if self.variant == "default" else f"{self.model}-{self.variant}"
        folder = self.run_dir or pathlib.Path("runs") / name
        with joined(self.hosts):
            asked = {"model": self.model, **dataclasses.asdict(config)}
            asked |= {"num_processes": self.hosts.num_processes, "mesh": self.mesh}
            asked |= {"run_dir": str(folder), "force": self.force}
            check_same({**asked, "versions": provenance()["versions"]})
            train_model(
                self.model,
                config,
                folder,
                force=self.force,
                console=console if leads() else Console(quiet=True),
                mesh=mesh_of(self.mesh),
                checkpoint_seconds=self.checkpoint_seconds,
            )


@dataclasses.dataclass(frozen=True)
class Evaluate:
    """Evaluates a trained run on its test data again."""

    run: tyro.conf.Positional[pathlib.Path]
    """Folder of the run."""
    json: Flag = False
    """Print the numbers as JSON, for a script."""

    def __call__(self, console: Console) -> None:
        """Prints the numbers."""
        module, config, run = _open(self.run, console)
        numbers = evaluated(module, config, run)
        if self.json:
            sys.stdout.write(json.dumps(numbers, indent=2) + "\n")
        else:
            _show.show_results(module, config, numbers, console)


@dataclasses.dataclass(frozen=True)
class Predict:
    """Predicts for rows of features, by a trained run; prints CSV."""

    run: tyro.conf.Positional[pathlib.Path]
    """Folder of the run."""
    file: tyro.conf.Positional[pathlib.Path]
    """Features: .csv, with or without a line of names, or .npy."""
    out: pathlib.Path | None = None
    """File for the predictions instead of the terminal."""
    force: Flag = False
    """Write over `--out` if it exists."""

    def __call__(self, console: Console) -> None:
        """Writes the predictions."""
        if self.out is not None and self.out.exists() and not self.force:
            raise UsageError(f"File `{self.out}` exists: --force writes over it.")
        module, config, run = _open(self.run, console)
        if not hasattr(module, "predict"):
            raise UsageError(f"`{self.run}` is a run of {module.__name__}, which predicts nothing.")
        columns = module.predict(config, run, _read.features(self.file, module.features(config)))
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(columns)
        table.writerows(zip(*map(_plain, columns.values()), strict=True))
        if self.out is None:
            sys.stdout.write(text.getvalue())
            return
        with whole_file(self.out) as file:
            file.write(text.getvalue().encode())


@dataclasses.dataclass(frozen=True)
class Explain:
    """Draws a model's circuits and says how qjax runs them."""

    model: tyro.conf.Positional[Model]
    """Name, as `qjax models` lists it."""
    variant: str = "default"
    """Size of the model: tiny, default, paper, or another that it has."""
    settings: Settings = ()
    """Fields of the config, such as `--set layers=4`."""

    def __call__(self, console: Console) -> None:
        """Prints drawing and explanation of each circuit."""
        module = _catalogue.load(self.model)
        config = with_settings(_catalogue.variant(module, self.variant), self.settings)
        if not hasattr(module, "circuits"):
            raise UsageError(f"Model {self.model} has no circuits: {_catalogue.summary(module)}")
        for name, (circuit, observable) in module.circuits(config).items():
            console.rule(name, align="left")
            console.print(str(circuit.draw()), highlight=False, markup=False, soft_wrap=True)
            asked = () if observable is None else (observable,)
            console.print(str(explain(circuit, *asked)), highlight=False, markup=False)


@dataclasses.dataclass(frozen=True)
class Bench:
    """Times qjax beside other libraries. `qjax bench --help` shows the options."""


COMMANDS = (Models, Train, Evaluate, Predict, Explain, Bench, Tables)


def _plain(column: Any) -> list[Any]:
    return list(np.asarray(column).tolist())


def _open(folder: pathlib.Path, console: Console) -> tuple[ModuleType, Any, Workspace]:
    saved = read_run(folder)
    module = _catalogue.load(saved["model"])
    config = _catalogue.config_from(module, saved["config"], folder)
    if read_results(folder) is None:
        raise UsageError(f"The run in `{folder}` is not finished: the same `qjax train` goes on.")
    return module, config, Workspace(folder, config, model=saved["model"], console=console)
