"""The command line: `qjax models`, `train`, `evaluate`, `predict`, `explain`, `bench`."""

from qjax.cli._app import main as main
from qjax.cli._train import train_model as train_model
