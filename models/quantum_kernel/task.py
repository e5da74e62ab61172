"""The task: fit a machine to each kernel, test it once, draw kernels and decisions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import qjax
from qjax.data import Examples
from qjax.estimators import kernel_alignment
from qjax.plot import decision_regions, kernel_matrices
from qjax.train import Workspace

from .config import Config
from .data import ad_hoc_grid, load, prepare
from .kernels import KERNELS, fit
from .model import Machine, feature_map, trained_map

PAPER = "Havlicek et al. 2019, arXiv 1804.11326"
METRIC = "test_accuracy"


def train(config: Config, run: Workspace) -> None:
    """Fits and saves a machine for each kernel, and draws them."""
    task = load(config)
    run.save("inputs", mean=task.mean, matrix=task.matrix)
    for name, kernel in KERNELS.items():
        if not run.has(name):
            settings, cost, machine = fit(config, kernel, task.train)
            run.save(name, cost=cost, **machine._asdict(), **settings)
            run.say(f"{name}: C {cost:g}, {len(machine.dual)} of {len(task.train.labels)} samples")
    matrices = {name: _matrix(config, run, name, task.train.inputs) for name in KERNELS}
    run.figure("kernels", kernel_matrices(matrices, task.train.labels))
    if config.dataset == "ad_hoc":
        # The function is positive where class 0 is.
        functions = {
            name: functools.partial(_decide, config, run, name, sign=-1.0) for name in KERNELS
        }
        points = {"training": task.train, "test": task.test}
        run.figure("regions", decision_regions(functions, points))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns accuracies and alignments of what was saved, beside the classical kernel."""
    task = load(config)
    scores = {name: _accuracy(config, run, name, task.test) for name in KERNELS}
    numbers: dict[str, float | int] = {
        "test_accuracy": scores["fidelity"],
        "projected_accuracy": scores["projected"],
        "aligned_accuracy": scores["aligned"],
        "baseline_accuracy": scores["rbf"],
    }
    if config.dataset == "ad_hoc":
        grid = ad_hoc_grid(config)
        for name in KERNELS:
            numbers[f"{name}_grid_accuracy"] = _accuracy(config, run, name, grid)
    for name in ("fidelity", "aligned", "rbf"):
        matrix = _matrix(config, run, name, task.train.inputs)
        numbers[f"{name}_alignment"] = float(kernel_alignment(matrix, task.train.labels))
    # Of a machine: a number a support vector, and the intercept.
    numbers["parameters"] = len(run.load("fidelity")["dual"]) + 1
    numbers["baseline_parameters"] = len(run.load("rbf")["dual"]) + 1
    return numbers


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the label of rows `[n, features]`, and the decision of the fidelity kernel."""
    decision = _decide(config, run, "fidelity", prepare(**run.load("inputs"), rows=inputs))
    return {"label": (decision > 0).astype(int), "decision": decision}


def features(config: Config) -> int:
    """Returns the number of columns of a user's file."""
    return len(load(config).mean)


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """Returns the feature maps of the first sample, the trained one with angles of 0.1."""
    x = load(config).train.inputs[0]
    angles = np.full((config.reps, len(x)), 0.1, np.float32)
    weights = {"tilt": angles, "turn": angles, "scale": np.ones_like(angles)}
    return {
        "feature map": (feature_map(config.reps)(x), None),
        "trained feature map": (trained_map(weights, x), None),
    }


def _machine(run: Workspace, name: str) -> tuple[dict[str, Any], Machine]:
    saved = run.load(name)
    return saved, Machine(*(saved[field] for field in Machine._fields))


def _matrix(config: Config, run: Workspace, name: str, x: np.ndarray) -> np.ndarray:
    return KERNELS[name].matrix(config, run.load(name), x, None)


def _decide(
    config: Config, run: Workspace, name: str, x: np.ndarray, *, sign: float = 1.0
) -> np.ndarray:
    settings, machine = _machine(run, name)
    return sign * machine.decide(KERNELS[name].matrix(config, settings, x, machine.vectors))


def _accuracy(config: Config, run: Workspace, name: str, part: Examples) -> float:
    return float(np.mean((_decide(config, run, name, part.inputs) > 0) == part.labels))
