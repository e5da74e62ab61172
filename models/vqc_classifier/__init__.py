"""Variational circuit classifier of clinical and chemical tables."""

from .config import VARIANTS as VARIANTS, Config as Config
from .model import CircuitClassifier as CircuitClassifier
from .task import (
    METRIC as METRIC,
    PAPER as PAPER,
    circuits as circuits,
    evaluate as evaluate,
    features as features,
    predict as predict,
    train as train,
)
