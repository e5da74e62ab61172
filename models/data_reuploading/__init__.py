"""One to four qubits that load the data again and again, on the problems of the paper."""

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
