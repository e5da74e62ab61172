"""Sentence circuits: words as circuits, composed by a pregroup grammar."""

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
