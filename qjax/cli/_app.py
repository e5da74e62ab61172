"""Entry point: reads the arguments, runs a command, turns what went wrong into an exit code."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Union

import tyro
from rich.console import Console

from qjax.cli import _catalogue
from qjax.cli._commands import COMMANDS, Train
from qjax.cli._errors import ProcessLost, UsageError
from qjax.cli._hosts import leave
from qjax.train import Stopped, TrainingError

_ABOUT = """Quantum machine learning on JAX: trains, evaluates and explains the models.

Exit codes: 0 done; 1 a table has errors; 2 bad arguments or input; 128 + n stopped by signal n;
134 another process of the run died."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command `qjax` and returns its exit code."""
    return leave(_run(sys.argv[1:] if arguments is None else list(arguments)))


def _run(arguments: list[str]) -> int:
    try:
        if arguments[:1] == ["bench"]:
            _catalogue.from_checkout("benchmarks")
            return int(importlib.import_module("benchmarks.run").main(arguments[1:]))
        return int(_parse(arguments or ["--help"])(Console()) or 0)
    except (UsageError, TrainingError, ProcessLost, ValueError, OSError) as error:
        Console(stderr=True).print(
            f"error: {error}", style="red", highlight=False, soft_wrap=True, markup=False
        )
        return 134 if isinstance(error, ProcessLost) else 2
    except Stopped as stopped:
        return 128 + stopped.signal
    except KeyboardInterrupt:
        return 130


def _parse(arguments: list[str]) -> Any:
    """Returns the command with its arguments, or exits as tyro does."""
    train = _train_command(arguments[1:]) if arguments[0] == "train" else Train
    choices = [
        Annotated[train if c is Train else c, tyro.conf.subcommand(c.__name__.lower())]
        for c in COMMANDS
    ]
    union: Any = Union[tuple(choices)]  # noqa: UP007
    return tyro.cli(union, args=arguments, prog="qjax", description=_ABOUT)


def _train_command(arguments: list[str]) -> Any:
    """Returns `Train` for the model and variant that are asked for, so that --help shows both."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--variant", default="default")
    found, rest = first.parse_known_args(arguments)
    known = _catalogue.names()
    # A known name anywhere, or else the first word, which is then refused by name.
    words = [word for word in rest if word in known] or [w for w in rest[:1] if w[:1] != "-"]
    if not words:
        return Train
    module = _catalogue.load(words[0])
    default = _catalogue.variant(module, found.variant)
    kind = Annotated[module.Config, tyro.conf.OmitArgPrefixes]  # type: ignore[name-defined]
    field = ("config", kind, dataclasses.field(default=default))
    command = dataclasses.make_dataclass("Train", [field], bases=(Train,), frozen=True)
    command.__doc__ = f"{_catalogue.summary(module)}\n\n{Train.__doc__}"
    return command
