"""Handwritten digits with a quantum layer between two classical ones, beside a classical twin."""

from .config import VARIANTS as VARIANTS, Config as Config
from .model import classical_twin as classical_twin, hybrid as hybrid
from .task import (
    METRIC as METRIC,
    PAPER as PAPER,
    circuits as circuits,
    evaluate as evaluate,
    features as features,
    predict as predict,
    train as train,
)
