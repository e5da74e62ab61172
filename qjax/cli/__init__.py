"""The command line: `qjax models`, `train`, `evaluate`, `predict`, `explain`, `bench`, `tables`."""

from qjax.cli._app import main as main
