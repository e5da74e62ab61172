"""Compositional language model: circuits of words answer questions about stories."""

from .config import VARIANTS as VARIANTS, Config as Config
from .task import (
    METRIC as METRIC,
    PAPER as PAPER,
    circuits as circuits,
    evaluate as evaluate,
    train as train,
)
