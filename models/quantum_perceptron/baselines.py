"""Classical models of as many parameters, on the same tasks."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.neural_network import MLPClassifier

from qjax.data import Split

from .config import Config


def linear_neuron(data: Split) -> dict[str, float | int]:
    """A classical neuron on the signs of the pixels: 16 weights and a bias, logistic regression."""
    model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(*data.train)
    found = model.predict(data.test.inputs)
    return {
        "baseline_accuracy": float(np.mean(found == data.test.labels)),
        "baseline_balanced_accuracy": float(balanced_accuracy_score(data.test.labels, found)),
        "baseline_parameters": int(model.coef_.size + model.intercept_.size),
    }


def classical_network(config: Config, inputs: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy of the network of tanh neurons with as many parameters, from as many starts."""
    networks = []
    for start in range(config.starts):
        network = MLPClassifier(
            (config.hidden,),
            activation="tanh",
            solver="lbfgs",
            random_state=config.seed * config.starts + start,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            networks.append(network.fit(2 * inputs - 1, labels))
    best = min(networks, key=lambda network: network.loss_)
    return float(best.score(2 * inputs - 1, labels))
