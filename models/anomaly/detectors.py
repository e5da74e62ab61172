"""Detectors that need no training of their own: one-class SVMs and an isolation forest."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.svm import OneClassSVM

from qjax.data import Examples, Split
from qjax.estimators import fidelity_kernel

from .config import Config
from .model import angles, embed

Scores = tuple[np.ndarray, np.ndarray]
"""Scores of the validation and of the test samples, higher where more anomalous."""


def quantum_kernel(config: Config, data: Split) -> Scores:
    r"""Scores by a one-class SVM on $k(x, y) = |\langle x | y \rangle|^2$."""
    loaded = functools.partial(embed, qubits=config.qubits)

    def scores(scale: float) -> Scores:
        train, *others = (
            angles(part.inputs, config.qubits, scale)
            for part in (data.train, data.valid, data.test)
        )
        svm = OneClassSVM(kernel="precomputed", nu=config.nu)
        svm.fit(np.asarray(fidelity_kernel(loaded, train), np.float64))
        kernels = (np.asarray(fidelity_kernel(loaded, x, train), np.float64) for x in others)
        valid, test = (-svm.decision_function(kernel) for kernel in kernels)
        return valid, test

    return _best((scores(scale) for scale in config.scales), data.valid)


def rbf_svm(config: Config, data: Split) -> Scores:
    """Scores by a one-class SVM on the Gaussian kernel, of as many widths as the quantum one."""

    def scores(scale: float) -> Scores:
        # The fidelity of two close product states is exp(-(scale |x - y|)^2 / 4).
        svm = OneClassSVM(gamma=scale**2 / 4, nu=config.nu).fit(data.train.inputs)
        return _scored(svm, data)

    return _best((scores(scale) for scale in config.scales), data.valid)


def isolation_forest(config: Config, data: Split) -> Scores:
    """Scores by how few random cuts set a sample apart."""
    forest = IsolationForest(n_estimators=200, random_state=config.seed).fit(data.train.inputs)
    return _scored(forest, data)


def _scored(detector: OneClassSVM | IsolationForest, data: Split) -> Scores:
    valid, test = (-detector.decision_function(part.inputs) for part in (data.valid, data.test))
    return valid, test


def _best(candidates: Iterable[Scores], valid: Examples) -> Scores:
    """Returns the scores that tell the validation samples apart best."""
    return max(candidates, key=lambda scores: roc_auc_score(valid.labels > 0, scores[0]))
