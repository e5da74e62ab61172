"""Quantum neurons: one that learns a pattern of 4 x 4 pixels, and a network of them for parity."""

from .config import VARIANTS as VARIANTS, Config as Config
from .task import (
    METRIC as METRIC,
    PAPER as PAPER,
    circuits as circuits,
    evaluate as evaluate,
    features as features,
    predict as predict,
    train as train,
)
