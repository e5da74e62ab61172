"""The task: fit the circuit to a problem of the paper, test it once, draw what it learned."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import qjax
from qjax.data import REGIONS, Examples, regions
from qjax.train import Workspace

from . import figures, table
from .baselines import classical
from .config import Config
from .fitting import fit
from .model import build, cost, published, scores

PAPER = "Pérez-Salinas et al. 2020, arXiv 1907.02085"
METRIC = "test_accuracy"


def train(config: Config, run: Workspace) -> None:
    """Fits the circuit, or goes on with what is there; then the whole table, if asked."""
    data = regions(config.problem)
    if not run.has("params"):
        found = fit(config, data.train)
        run.save("training", costs=found.costs, history=found.history)
        run.save("params", **found.params)
    params, training = run.load("params"), run.load("training")

    def classes(points: np.ndarray) -> np.ndarray:
        return _all_scores(config, params, points).argmax(1)

    drawn = figures.decision(config.problem, classes, data.train, training["history"])
    run.figure("regions", drawn)
    if config.table:
        table.train(config, run, accuracy)


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns accuracies of what was saved, and of the classical models."""
    data = regions(config.problem)
    params = run.load("params")
    parameters = sum(leaf.size for leaf in params.values())
    parts = {"test": data.test, "train": data.train, "valid": data.valid}
    numbers: dict[str, float | int] = {
        f"{name}_accuracy": accuracy(config, params, part) for name, part in parts.items()
    }
    arrays = jax.tree.map(jnp.asarray, (params, *data.train))
    numbers["train_cost"] = float(jax.jit(functools.partial(cost, config))(*arrays))
    numbers["parameters"] = parameters
    numbers |= classical(config, data, parameters)
    return numbers | (table.compare(config, run) if config.table else {})


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the class of points `[n, d]` of the cube, and the score of each class."""
    found = _all_scores(config, run.load("params"), inputs)
    columns = {f"score{k}": found[:, k] for k in range(found.shape[1])}
    return {"label": found.argmax(1), **columns}


def features(config: Config) -> int:
    """Dimensions of a point."""
    return REGIONS[config.problem].dimensions


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """The circuit of one point, at the published start."""
    x = jnp.full(features(config), 0.5)
    circuit = build(published(config), x, entangled=config.entangled)
    observable = None if config.cost == "fidelity" else qjax.Z(0)
    return {"data_reuploading": (circuit, observable)}


def accuracy(config: Config, params: Any, points: Examples) -> float:
    """The share of points whose class is right."""
    found = _all_scores(config, params, points.inputs)
    return float(np.mean(found.argmax(1) == points.labels))


def _all_scores(config: Config, params: Any, points: np.ndarray) -> np.ndarray:
    """Scores of points `[n, d]`: `[n, classes]`."""
    params = jax.tree.map(jnp.asarray, params)
    run = jax.jit(jax.vmap(lambda x: scores(config, params, x)))
    return np.asarray(run(jnp.asarray(points, jnp.float32)))
