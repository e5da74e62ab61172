"""Numbers on the terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from qjax.cli._catalogue import committed, load, names, summary


def show_results(
    module: ModuleType, config: Any, results: Mapping[str, Any], console: Console
) -> None:
    """Prints a run's numbers; beside the metric what the default variant is expected to have."""
    name = module.__name__.rpartition(".")[2]
    usual = dataclasses.replace(config, seed=0) == module.Config()
    table = Table("number", "value", "expected", title=name, title_justify="left")
    for key, value in results.items():
        expected = spread(committed(name)) if usual and key == module.METRIC else ""
        table.add_row(key, number(value), expected)
    console.print(table)


def show_models(console: Console) -> None:
    """Prints all models with paper, size and expected number."""
    table = Table("model", "what it is", "paper", "parameters", "expected", "seconds")
    for name in names():
        module, kept = load(name), committed(name)
        runs = kept["runs"] if kept else []
        size = number(runs[0]["results"]["parameters"]) if runs else ""
        seconds = f"{np.median([run['seconds'] for run in runs]):.0f}" if runs else ""
        expected = f"{module.METRIC} {spread(kept)}"
        table.add_row(name, summary(module), module.PAPER, size, expected, seconds)
    console.print(table)


def spread(kept: Mapping[str, Any] | None) -> str:
    """Returns the number of committed results, with its lowest and highest."""
    if kept is None:
        return "not measured"
    values = [run["results"][kept["metric"]] for run in kept["runs"]]
    text = number(float(np.mean(values)))
    if len(values) == 1:
        return text
    return f"{text} ({number(min(values))} to {number(max(values))}, {len(values)} seeds)"


def number(value: Any) -> str:
    """Returns a number as a table shows it."""
    if isinstance(value, bool) or isinstance(value, str):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
