"""Both tasks behind one interface; each is a file with the same names."""

from __future__ import annotations

from typing import Any

import numpy as np

from qjax.train import Workspace

from . import phases, sentences
from .config import Config

PAPER = "Cong, Choi and Lukin 2019, arXiv 1810.03787"
METRIC = "test_accuracy"

TASKS = {"phases": phases, "sentiment": sentences}


def train(config: Config, run: Workspace) -> None:
    TASKS[config.task].train(config, run)


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    return TASKS[config.task].evaluate(config, run)


def features(config: Config) -> int:
    return TASKS[config.task].features(config)


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    return TASKS[config.task].predict(config, run, inputs)


def circuits(config: Config) -> dict[str, Any]:
    return TASKS[config.task].circuits(config)
