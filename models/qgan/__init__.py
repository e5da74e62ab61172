"""Quantum GAN: a circuit that loads a random distribution, against a classical discriminator."""

from .config import VARIANTS as VARIANTS, Config as Config
from .model import (
    GAN as GAN,
    ClassicalGenerator as ClassicalGenerator,
    QuantumGenerator as QuantumGenerator,
)
from .task import (
    METRIC as METRIC,
    PAPER as PAPER,
    circuits as circuits,
    evaluate as evaluate,
    train as train,
)
