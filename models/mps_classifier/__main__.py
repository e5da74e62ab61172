"""The command line; everything else is in `task`."""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
import sys
from collections.abc import Sequence
from typing import Literal

import tyro
from rich.console import Console

from qjax.train import TrainingError

from .config import VARIANTS, Config
from .task import run


@dataclasses.dataclass(frozen=True)
class Arguments:
    """Trains a matrix product state to tell handwritten digits apart.

    Ctrl-C stops after the current epoch and saves; the same command goes on from there.
    """

    config: tyro.conf.OmitArgPrefixes[Config]
    variant: Literal["tiny", "default", "paper"] = "default"
    """Size whose settings the options below change."""
    run_dir: pathlib.Path = pathlib.Path("runs/mps_classifier")
    """Folder for checkpoints, the figure and results.json."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0, 2 for errors, 128 + n for signal n."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    # The variant comes first, so that --help shows its settings as the defaults.
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--variant", default="default")
    variant = first.parse_known_args(arguments)[0].variant
    default = Arguments(VARIANTS.get(variant, VARIANTS["default"]))
    parsed = tyro.cli(
        Arguments, args=arguments, default=default, prog="python -m models.mps_classifier"
    )
    try:
        stopped_by = run(parsed.config, parsed.run_dir)
    except (TrainingError, ValueError) as error:
        Console(stderr=True).print(
            f"error: {error}", style="red", highlight=False, soft_wrap=True, markup=False
        )
        return 2
    except KeyboardInterrupt:
        return 130
    return 0 if stopped_by is None else 128 + stopped_by


if __name__ == "__main__":
    sys.exit(main())
