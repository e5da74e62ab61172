"""The command line: `qjax models`, `train`, `evaluate`, `predict`, `explain`, `bench`."""

from qjax.cli._app import main as main
