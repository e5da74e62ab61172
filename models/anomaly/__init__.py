"""Anomalies by a quantum autoencoder and a one-class quantum kernel: intrusions, biopsies."""

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
