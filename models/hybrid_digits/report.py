"""What a run leaves in its folder and on the terminal."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import pathlib
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

import qjax
from qjax.plot import confusion, curves
from qjax.train import CheckpointError

from .config import Config
from .model import reuploading

if TYPE_CHECKING:
    from .task import Outcome

PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "scikit-learn")


def collect(config: Config, labels: np.ndarray, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Returns the results as JSON."""
    return {
        "task": "hybrid_digits",
        "seed": config.seed,
        "config": _config(config),
        "test_images": len(labels),
        "models": {
            name: {
                "test_accuracy": float(np.mean(outcome.predictions == labels)),
                "valid_accuracy": float(_at_best(outcome, "accuracy")),
                "valid_loss": float(_at_best(outcome, "loss")),
                "best_epoch": outcome.run.best_epoch,
                "parameters": outcome.parameters[0],
                "parameters_of_middle": outcome.parameters[1],
                "seconds_to_first_step": outcome.run.timings.first_step_seconds,
                "seconds_a_step": outcome.run.timings.step_seconds,
                "seconds": outcome.seconds,
            }
            for name, outcome in outcomes.items()
        },
        "versions": {
            "python": platform.python_version(),
            "qjax": qjax.__version__,
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
        "device": jax.devices()[0].device_kind,
        "cores": os.cpu_count(),
    }


def write(results: Mapping[str, Any], run_dir: pathlib.Path) -> None:
    """Writes `results.json`, whole or not at all."""
    partial = run_dir / "results.json.part"
    partial.write_text(json.dumps(results, indent=2) + "\n")
    partial.replace(run_dir / "results.json")


def finished(run_dir: pathlib.Path, config: Config) -> dict[str, Any] | None:
    """Returns the results of a finished run of `config` in `run_dir`, or None if there is none.

    Raises:
        CheckpointError: If the finished run had other settings, or its results cannot be read.
    """
    path = run_dir / "results.json"
    if not path.exists():
        return None
    try:
        results = json.loads(path.read_text())
        saved = results["config"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"Results `{path}` cannot be read ({error}). Move the file away to have it written "
            "again from the checkpoints."
        ) from error
    current = _config(config)
    different = [
        f"{name} is {saved.get(name)} there and {current.get(name)} here"
        for name in sorted({*saved, *current})
        if saved.get(name) != current.get(name)
    ]
    if different:
        raise CheckpointError(
            f"Results `{path}` are of another run: {'; '.join(different)}. Use another --run-dir, "
            "or --restart to move that run aside."
        )
    return results


def move_aside(run_dir: pathlib.Path, console: Console) -> None:
    """Renames `run_dir`, if it exists, to the next free name with a number."""
    if not run_dir.exists():
        return
    number = 1
    while (aside := run_dir.with_name(f"{run_dir.name}-{number}")).exists():
        number += 1
    run_dir.rename(aside)
    console.print(f"The earlier run is now in {aside}.", soft_wrap=True)


def show(results: Mapping[str, Any], run_dir: pathlib.Path, console: Console) -> None:
    """Prints the results as a table."""
    table = Table(title=f"Handwritten digits, {results['test_images']} test images")
    table.add_column("")
    rows = {
        "test accuracy": lambda m: f"{m['test_accuracy']:.4f}",
        "validation accuracy": lambda m: f"{m['valid_accuracy']:.4f}",
        "best epoch": lambda m: str(m["best_epoch"]),
        "parameters": lambda m: f"{m['parameters']:,}",
        "of these in the middle": lambda m: str(m["parameters_of_middle"]),
        "seconds to first step": lambda m: f"{m['seconds_to_first_step']:.1f}",
        "milliseconds a step": lambda m: f"{1000 * m['seconds_a_step']:.2f}",
    }
    for name in results["models"]:
        table.add_column(name, justify="right")
    for row, text in rows.items():
        table.add_row(row, *(text(model) for model in results["models"].values()))
    console.print(table)
    console.print(f"Figures, results.json and checkpoints are in {run_dir}.", soft_wrap=True)


def draw(
    config: Config, labels: np.ndarray, outcomes: Mapping[str, Outcome], run_dir: pathlib.Path
) -> None:
    """Writes `curves.png`, `confusion.png` and `circuit.png`."""
    title = "Handwritten digits: hybrid model and classical twin"
    histories = {name: outcome.run.history for name, outcome in outcomes.items()}
    predictions = {name: outcome.predictions for name, outcome in outcomes.items()}
    _save(curves(histories, title=title), run_dir / "curves.png")
    _save(confusion(labels, predictions, title="Test images"), run_dir / "confusion.png")
    # Angles that differ from layer to layer are drawn as symbols.
    angles = np.arange(config.layers * config.qubits, dtype=np.float32)
    weights = dict.fromkeys(
        ("scale", "shift", "turn"), angles.reshape(config.layers, config.qubits)
    )
    circuit = reuploading(weights, np.ones(config.qubits, np.float32))
    _save(circuit.draw("mpl", title="The re-uploading circuit"), run_dir / "circuit.png")


def _save(figure: Figure, path: pathlib.Path) -> None:
    figure.savefig(path, dpi=150)


def _at_best(outcome: Outcome, metric: str) -> float:
    return outcome.run.history.valid[metric][outcome.run.best_epoch - 1]


def _config(config: Config) -> dict[str, Any]:
    """Returns the config as JSON gives it back: tuples become lists."""
    return json.loads(json.dumps(dataclasses.asdict(config)))
