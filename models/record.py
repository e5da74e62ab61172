"""Trains a model's default variant for several seeds and keeps the numbers beside the model.

python -m models.record NAME [--seeds 0 1 2 3 4]
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys

import tyro

from qjax.cli._catalogue import ROOT
from qjax.cli._train import RESULTS


@dataclasses.dataclass(frozen=True)
class Record:
    """Trains a model's default variant for several seeds and writes models/NAME/results.json.

    Ctrl-C stops it; the same command goes on.
    """

    model: tyro.conf.Positional[str]
    """Name, as `qjax models` lists it."""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    """Seeds of the runs."""
    run_dir: pathlib.Path = pathlib.Path("runs/record")
    """Folder of the runs."""


def main(arguments: list[str] | None = None) -> int:
    args = tyro.cli(Record, args=arguments, prog="python -m models.record")
    folders = [args.run_dir / f"{args.model}-{seed}" for seed in args.seeds]
    for seed, folder in zip(args.seeds, folders, strict=True):
        # A process each, so that none finds what another has compiled.
        train = [sys.executable, "-m", "qjax.cli", "train", args.model]
        code = subprocess.run([*train, "--set", f"seed={seed}", "--run-dir", folder]).returncode
        if code:
            return code
    runs = [json.loads((folder / RESULTS).read_text(encoding="utf-8")) for folder in folders]
    # One set of versions and one machine: of the last run.
    shared = {key: runs[-1][key] for key in ("model", "metric", "versions", "device", "cores")}
    kept = [
        {"seed": run["config"]["seed"], "results": run["results"], "seconds": run["seconds"]}
        for run in runs
    ]
    path = ROOT / "models" / args.model / "results.json"
    path.write_text(json.dumps({**shared, "runs": kept}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
