"""A matrix product state as a classifier of handwritten digits."""

from .config import VARIANTS as VARIANTS, Config as Config
from .model import MPSClassifier as MPSClassifier
from .task import (
    METRIC as METRIC,
    PAPER as PAPER,
    circuits as circuits,
    evaluate as evaluate,
    features as features,
    predict as predict,
    train as train,
)
