"""Ordinary samples to learn from, and a mixture with anomalies to find them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from qjax.data import (
    INTRUSION_FEATURES,
    INTRUSION_KINDS,
    Examples,
    Scaler,
    Split,
    breast_cancer,
    intrusion,
)


class Task(NamedTuple):
    """What is to be learned.

    Attributes:
        load: Returns the parts: training samples all ordinary, labels 0 for ordinary and from 1
            on for kinds of anomalies.
        kinds: Names of the labels.
        features: Number of features, all at least 0.
    """

    load: Callable[[], Split]
    kinds: tuple[str, ...]
    features: int


def biopsies() -> Split:
    """Returns the biopsies of scikit-learn's breast cancer table, malignant ones as anomalies."""
    parts = breast_cancer(valid=0.2, test=0.3)

    def turned(part: Examples) -> Examples:
        return Examples(part.inputs, (part.labels == 0).astype(np.int32))

    train, valid, test = map(turned, (parts.train, parts.valid, parts.test))
    benign = train.labels == 0
    return Split(Examples(train.inputs[benign], train.labels[benign]), valid, test)


TASKS = {
    "intrusion": Task(intrusion, INTRUSION_KINDS, len(INTRUSION_FEATURES)),
    "breast_cancer": Task(biopsies, ("benign", "malignant"), 30),
}


def scaler_of(inputs: np.ndarray) -> Scaler:
    """Returns what standardises the logarithms of `inputs`."""
    return Scaler.of(np.log1p(inputs))


def scaled(scaler: Scaler, inputs: np.ndarray) -> np.ndarray:
    """Returns standardised logarithms; features of both tables have long tails.

    Raises:
        ValueError: If a feature is negative or not finite.
    """
    if not (np.isfinite(inputs) & (inputs >= 0)).all():
        raise ValueError("Argument `inputs` must have finite features of at least 0.")
    return scaler(np.log1p(inputs))
