"""What a second process costs: `python -m benchmarks.start`.

Each workload runs in two fresh processes that share a folder of JAX's compiled programs
(`jax_compilation_cache_dir`, its limits set to accept everything); the folder is empty at first.
What is told is the time to the first step: import and first call.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import _environment, _machine, adapters, workloads
from benchmarks._process import Stopped, Worker

PRESETS = ("qml-8-4-256", "qml-12-6-64", "tfim-18-10", "random-12-2000")


def main(argv: list[str] | None = None) -> int:
    """Measures, prints and writes; returns 1 if a process fails or answers differ."""
    parser = argparse.ArgumentParser("python -m benchmarks.start", description=__doc__)
    parser.add_argument("--workloads", nargs="+", default=PRESETS, metavar="NAME")
    parser.add_argument("--library", default="qjax", help=f"of {', '.join(adapters.LIBRARIES)}")
    parser.add_argument("--time-limit", type=float, default=600, help="seconds a process (600)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/start.jsonl"))
    args = parser.parse_args(argv)
    console = Console()
    lines: list[dict[str, Any]] = [
        {"kind": "machine", **_machine.machine(), "date": _machine.now(), "load": _machine.load()}
    ]
    table = Table("workload", "first process, s", "second, s", "first call", "second", "ratio")
    for name in args.workloads:
        try:
            with console.status(name), tempfile.TemporaryDirectory() as folder:
                cache = Path(folder)
                first, second = (
                    _first_step(args.library, name, args.time_limit, cache) for _ in "12"
                )
                entries = sum(1 for _ in cache.iterdir())
        except Stopped as stop:
            console.print(f"{name}, {args.library} {stop.status}: {stop}", markup=False)
            return 1
        if not entries or any(first[key] != second[key] for key in ("value", "gradient_probe")):
            console.print(f"{name}, {args.library}: nothing was cached, or the answers differ")
            return 1
        ratio = second["first_step_s"] / first["first_step_s"]
        lines.append(
            {"kind": "start", "workload": name, "library": args.library, "ratio": ratio}
            | {"first": first, "second": second, "entries": entries}
        )
        shown = [p[key] for key in ("first_step_s", "first_call_s") for p in (first, second)]
        table.add_row(name, *(f"{seconds:.2f}" for seconds in shown), f"{ratio:.2f}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    console.print(table)
    console.print(f"Written to {args.out}", soft_wrap=True)
    return 0


def _first_step(library: str, name: str, limit: float, cache: Path) -> dict[str, Any]:
    """Returns what a fresh process told of its first call."""
    workloads.parse(name)
    python = _environment.python(adapters.library(library))
    worker = Worker(library, name, limit, python, cache)
    told: dict[str, Any] = {"load": _machine.load()}
    try:
        while "ready" not in told:
            told |= worker.listen()
    finally:
        worker.close()
    stages = ("trace_s", "lower_s", "compile_s", "run_s")
    told["first_call_s"] = sum(told.get(stage, 0.0) for stage in stages)
    told["first_step_s"] = told["import_s"] + told["first_call_s"]
    return told


if __name__ == "__main__":
    sys.exit(main())
