"""Quantum Boltzmann machine: a Gibbs state of a transverse-field Ising model as a distribution."""

from .config import VARIANTS as VARIANTS, Config as Config
from .gibbs import gibbs_state as gibbs_state, matrix as matrix
from .model import BoltzmannMachine as BoltzmannMachine
from .task import (
    METRIC as METRIC,
    PAPER as PAPER,
    evaluate as evaluate,
    features as features,
    predict as predict,
    train as train,
)
