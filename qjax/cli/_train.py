"""`qjax train`: a model's task from its first step to its results."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import pathlib
import platform
import sys
import time
from types import ModuleType
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from rich.console import Console

from qjax._version import __version__
from qjax.cli._catalogue import load
from qjax.cli._show import show_results
from qjax.train import CheckpointError, Workspace, by_leader, leaders

RESULTS = "results.json"
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "scikit-learn")


def train_model(
    name: str,
    config: Any,
    folder: pathlib.Path,
    *,
    force: bool = False,
    console: Console | None = None,
    mesh: Mesh | None = None,
    checkpoint_seconds: float = 10.0,
) -> dict[str, Any]:
    """Trains a model, or goes on with what is in `folder`, and writes `results.json` there.

    Args:
        name: Model of `models/`.
        config: Its settings.
        folder: Folder of the run.
        force: Whether to move what is in the folder aside and begin anew.
        console: Where to report; the terminal if None.
        mesh: Devices to train on; None for the default one. Where they are those of several
            processes, each calls this with the same arguments.
        checkpoint_seconds: Shortest time between checkpoints.

    Returns:
        What `results.json` holds: the settings, the numbers, seconds, versions, device.

    Raises:
        UsageError: If there is no such model.
        qjax.train.TrainingError: If the folder cannot be used or a loss is not finite.
        qjax.train.Stopped: If a signal stopped it; the same call goes on.
    """
    module = load(name)
    console = console or Console()
    if force:
        by_leader(lambda: _move_aside(folder, console))
    run = Workspace(
        folder,
        config,
        model=name,
        console=console,
        mesh=mesh,
        checkpoint_seconds=checkpoint_seconds,
    )
    if (results := leaders(read_results(folder))) is not None:
        run.say(f"The run in {folder} is finished; --force begins anew.")
    else:
        began = time.perf_counter()
        module.train(config, run)
        results = {
            "model": name,
            "metric": module.METRIC,
            "config": dataclasses.asdict(config),
            "results": evaluated(module, config, run),
            # Of this process, where the run was resumed.
            "seconds": time.perf_counter() - began,
            **provenance(),
        }
        run.write(RESULTS, json.dumps(results, indent=2) + "\n")
    show_results(module, config, results["results"], console)
    run.say(f"See {folder}")
    return results


def evaluated(module: ModuleType, config: Any, run: Workspace) -> dict[str, Any]:
    """Returns what a model's task says of a trained run, as numbers of Python."""
    numbers = module.evaluate(config, run)
    return {key: np.asarray(value).item() for key, value in numbers.items()}


def read_results(folder: pathlib.Path) -> dict[str, Any] | None:
    """Returns the results of a finished run, or None.

    Raises:
        CheckpointError: If the file is damaged.
    """
    path = folder / RESULTS
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        return dict(results) if results["results"] else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"File `{path}` is damaged and cannot be read. Remove it to have it written anew."
        ) from error


def provenance() -> dict[str, Any]:
    """Returns what the numbers of a run were made with."""
    return {
        "versions": versions(),
        "device": jax.devices()[0].device_kind,
        # Those that this process may use, not those of the machine.
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
    }


def versions() -> dict[str, str]:
    """Returns the versions of what computes."""
    return {
        "python": platform.python_version(),
        "qjax": __version__,
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def _move_aside(folder: pathlib.Path, console: Console) -> None:
    if not folder.exists():
        return
    number = 1
    while (aside := folder.with_name(f"{folder.name}.{number}")).exists():
        number += 1
    folder.rename(aside)
    console.print(f"The earlier run is now in {aside}", soft_wrap=True, highlight=False)
