"""The kernels that are compared: settings to choose from, and the matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jax.tree_util import Partial
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

from qjax.data import Examples
from qjax.estimators import fidelity_kernel, projected_kernel

from .config import Config
from .model import Machine, align, feature_map, trained_map

Settings = Mapping[str, Any]


class Kernel(NamedTuple):
    """A kernel of the comparison.

    Attributes:
        settings: ``settings(config, train)`` returns what to choose from.
        matrix: ``matrix(config, settings, x, y)`` returns the kernel ``[len(x), len(y)]``.
        costs: ``costs(config)`` returns the values of C to choose from.
    """

    settings: Callable[[Config, Examples], list[Settings]]
    matrix: Callable[[Config, Settings, Any, Any], np.ndarray]
    costs: Callable[[Config], tuple[float, ...]] = lambda config: config.costs


def _fidelity(config: Config, settings: Settings, x: Any, y: Any = None) -> np.ndarray:
    return fidelity_kernel(feature_map(config.reps), *_times(settings["bandwidth"], x, y))


def _projected(config: Config, settings: Settings, x: Any, y: Any = None) -> np.ndarray:
    x, y = _times(settings["bandwidth"], x, y)
    return projected_kernel(feature_map(config.reps), x, y, gamma=float(settings["gamma"]))


def _aligned(config: Config, settings: Settings, x: Any, y: Any = None) -> np.ndarray:
    weights = {name: settings[name] for name in ("tilt", "turn", "scale")}
    return fidelity_kernel(Partial(trained_map, weights), x, y)


def _rbf(config: Config, settings: Settings, x: Any, y: Any = None) -> np.ndarray:
    return rbf_kernel(x, y, gamma=float(settings["gamma"]))


def _times(factor: Any, x: Any, y: Any) -> tuple[Any, Any]:
    return factor * x, None if y is None else factor * y


def _bandwidths(config: Config, train: Examples) -> list[Settings]:
    return [{"bandwidth": b} for b in config.bandwidths]


def _widths(config: Config, train: Examples) -> list[Settings]:
    return [{"bandwidth": b, "gamma": g} for b in config.bandwidths for g in config.gammas]


def _trained(config: Config, train: Examples) -> list[Settings]:
    chosen, _ = choose(config, KERNELS["fidelity"], train)
    return [align(config, chosen["bandwidth"], *train)]


def _gammas(config: Config, train: Examples) -> list[Settings]:
    return [{"gamma": g} for g in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)]


KERNELS = {
    "fidelity": Kernel(_bandwidths, _fidelity),
    "projected": Kernel(_widths, _projected),
    "aligned": Kernel(_trained, _aligned),
    # The baseline chooses from a grid in any case.
    "rbf": Kernel(_gammas, _rbf, lambda config: (0.1, 1.0, 10.0, 100.0, 1000.0)),
}


def choose(config: Config, kernel: Kernel, train: Examples) -> tuple[Settings, float]:
    """Settings and C with the highest accuracy over five folds; the first of equals."""
    options = kernel.settings(config, train)
    costs = kernel.costs(config)
    if len(options) * len(costs) == 1:
        return options[0], costs[0]
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(*train))
    best = (-1.0, options[0], costs[0])
    for settings in options:
        matrix = kernel.matrix(config, settings, train.inputs, None)
        for cost in costs:
            score = np.mean([_score(matrix, train.labels, cost, *fold) for fold in folds])
            best = max(best, (float(score), settings, cost), key=lambda option: option[0])
    return best[1:]


def _score(
    matrix: np.ndarray, labels: np.ndarray, cost: float, fit: np.ndarray, held: np.ndarray
) -> float:
    machine = SVC(kernel="precomputed", C=cost).fit(matrix[np.ix_(fit, fit)], labels[fit])
    return float(machine.score(matrix[np.ix_(held, fit)], labels[held]))


def fit(config: Config, kernel: Kernel, train: Examples) -> tuple[Settings, float, Machine]:
    """Chooses settings and C by folds, then fits a machine to all of the training data."""
    settings, cost = choose(config, kernel, train)
    matrix = kernel.matrix(config, settings, train.inputs, None)
    return settings, cost, Machine.fit(matrix, *train, cost)
