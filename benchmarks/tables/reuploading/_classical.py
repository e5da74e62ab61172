"""The classical models on the same problems, in the authors' score and in accuracy.

The authors' script scores one minus the mean distance of predicted and true label, as numbers. With
two classes that is the accuracy. With three or four a wrong label counts for as much as it is away,
up to three, so that the score is below the accuracy. It keeps the best of ten trainings by the test
score, and its points have no seed: ours are from several seeds, whose spread is the error.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from qjax.data import regions

SEEDS = (30, 31, 32, 33, 34)
MODELS: dict[str, list[Any]] = {
    "network": [MLPClassifier((100,), solver="lbfgs", random_state=k) for k in range(10)],
    # One that is fitted ten times is ten times the same.
    "kernel_machine": [SVC(gamma="auto")],
}


def published_score(found: np.ndarray, labels: np.ndarray) -> float:
    """Returns one minus the mean distance of labels."""
    return float(1 - np.mean(np.abs(found - labels)))


def accuracy(found: np.ndarray, labels: np.ndarray) -> float:
    """Returns the share of right labels."""
    return float(np.mean(found == labels))


SCORES = {"published_score": published_score, "accuracy": accuracy}


def predictions(problem: str, model: str) -> list[tuple[list[np.ndarray], np.ndarray]]:
    """Returns for each seed what every training predicts, and the labels of the test points."""
    drawn = [regions(problem, seed=seed) for seed in SEEDS]
    with warnings.catch_warnings():
        # They stop at 200 steps, as the authors' do.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return [
            ([one.fit(*data.train).predict(data.test.inputs) for one in MODELS[model]], labels)
            for data in drawn
            for labels in (data.test.labels,)
        ]


def best(
    found: list[tuple[list[np.ndarray], np.ndarray]],
    score: Callable[[np.ndarray, np.ndarray], float],
) -> tuple[float, float]:
    """Returns the mean of the best scores, and the error of one new draw around it."""
    values = [max(score(one, labels) for one in trained) for trained, labels in found]
    spread = np.std(values, ddof=1) * np.sqrt(1 + 1 / len(values))
    return float(np.mean(values)), float(spread)
