"""Classical models on the same points: a network with as many parameters, and a kernel machine."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from qjax.data import REGIONS, Split

from .config import Config


def width(config: Config, parameters: int) -> int:
    """Units of the one hidden layer of a network with about as many parameters."""
    region = REGIONS[config.problem]
    outputs = 1 if region.classes == 2 else region.classes
    return max(1, round((parameters - outputs) / (region.dimensions + 1 + outputs)))


def classical(config: Config, data: Split, parameters: int) -> dict[str, float | int]:
    """Returns test accuracies of the network and of the kernel machine.

    The network gets what the circuit gets: as many random starts, L-BFGS, the lowest training cost.
    """
    starts = config.restarts if config.start == "random" else 1
    networks = []
    for start in range(starts):
        network = MLPClassifier(
            (width(config, parameters),),
            solver="lbfgs",
            max_iter=2000,
            random_state=config.seed * starts + start,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            networks.append(network.fit(*data.train))
    best = min(networks, key=lambda network: network.loss_)
    machine = SVC().fit(*data.train)
    return {
        "baseline_accuracy": float(best.score(*data.test)),
        "baseline_parameters": sum(np.size(a) for a in (*best.coefs_, *best.intercepts_)),
        "kernel_machine_accuracy": float(machine.score(*data.test)),
    }
