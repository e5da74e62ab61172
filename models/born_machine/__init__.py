"""Quantum circuit Born machine: bits measured as bars and stripes, and as daily returns."""

from .config import VARIANTS as VARIANTS, Config as Config
from .model import (
    BornMachine as BornMachine,
    RestrictedBoltzmannMachine as RestrictedBoltzmannMachine,
)
from .task import (
    METRIC as METRIC,
    PAPER as PAPER,
    circuits as circuits,
    evaluate as evaluate,
    features as features,
    predict as predict,
    train as train,
)
