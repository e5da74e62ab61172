"""Times qjax and other libraries on the same workloads: `python -m benchmarks.run`.

Method. Each library computes each workload in a process of its own, so that one library's global
state, compiled programs and memory are not another's. The processes of a workload make their first
calls one after another, and each is told apart into trace, lower, compile and run. Then they take
turns at steady steps: `--rounds` rounds, in each of which every library runs one untimed step and
its share of `--repeats` timed steps, forwards in odd rounds and backwards in even ones. While one
process works the others wait on a pipe. A machine that slows down or speeds up thus does it to
all; the minimum is the step without disturbance, the median the one to expect, and two libraries
are compared round by round. A step ends when its value and gradient are ready.

Answers. The workload is also computed in double precision by a few lines of NumPy (the row
"reference"); the report compares no row whose answer differs from it.

Failures. An adapter that raises, dies or exceeds `--time-limit` is a row that says so.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks import _machine, adapters, report, workloads
from benchmarks._measure import Row, Settings, measure

DEFAULT_WORKLOADS = ("qml-8-4-256", "qml-10-3-100", "tfim-12-4", "qml-12-6-64")
DEFAULT_OUT = Path("benchmarks/results/latest.jsonl")


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmarks and returns the exit status: 1 if qjax has no answer somewhere."""
    args = _parser().parse_args(argv)
    console = Console()
    # A partial file never takes the place of a whole one.
    partial = args.out.with_name(args.out.name + ".part")
    first = [] if args.no_reference else [adapters.REFERENCE]
    libraries = list(dict.fromkeys(first + args.libraries))
    settings = Settings(args.repeats, args.rounds, args.burst, args.time_limit)
    header = {
        "kind": "machine",
        **_machine.machine(),
        "date": _machine.now(),
        "load": _machine.load(),
        "repeats": args.repeats,
        "rounds": args.rounds,
        "time_limit_s": args.time_limit,
    }
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        file = partial.open("w")
    except OSError as error:
        console.print(f"Argument `--out` must be a path that can be written, but: {error}")
        return 2
    rows: list[Row] = []
    try:
        with file, _progress(console) as progress:
            _write(file, [header])
            for workload in dict.fromkeys(args.workloads):
                rows += _run(workload, libraries, settings, progress, file)
    except KeyboardInterrupt:
        console.print(f"Stopped. The workloads that were done are in {partial}", soft_wrap=True)
        return 130
    partial.replace(args.out)
    console.print(f"Written to {args.out}", soft_wrap=True)
    return int(any(r["library"] == report.BASELINE and r["status"] == "failed" for r in rows))


def _run(workload, libraries, settings, progress, file) -> list[Row]:
    task = progress.add_task(workload, stage="")

    def tell(library: str, stage: str) -> None:
        progress.update(task, stage=f"{library}: {stage}")

    rows = measure(workload, libraries, settings, tell)
    _write(file, rows)
    progress.remove_task(task)
    progress.console.print(report.terminal_table(rows))
    return rows


def _parser() -> argparse.ArgumentParser:
    summary = "Times qjax and other libraries on the same workloads."
    parser = argparse.ArgumentParser("python -m benchmarks.run", description=summary)
    parser.add_argument(
        "--workloads",
        nargs="+",
        default=DEFAULT_WORKLOADS,
        type=_workload,
        metavar="NAME",
        help=f"any sizes of a family; ready-made: {', '.join(workloads.PRESETS)}",
    )
    parser.add_argument(
        "--libraries",
        nargs="+",
        default=list(adapters.LIBRARIES),
        type=_library,
        metavar="NAME",
        help=f"of {', '.join(adapters.LIBRARIES)}, or the dotted module name of another adapter",
    )
    parser.add_argument("--repeats", type=int, default=30, help="timed steps (default 30)")
    parser.add_argument("--rounds", type=int, default=5, help="turns they are spread over (5)")
    parser.add_argument("--burst", type=float, default=5, help="seconds that end a turn early (5)")
    parser.add_argument(
        "--time-limit", type=float, default=600, help="seconds for a library on a workload (600)"
    )
    parser.add_argument("--no-reference", action="store_true", help="leave out the NumPy answers")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help=f"default {DEFAULT_OUT}")
    return parser


def _workload(name: str) -> str:
    try:
        return workloads.parse(name).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _library(name: str) -> str:
    try:
        adapters.module_name(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name


def _progress(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[stage]}", style="dim"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)


def _write(file, rows) -> None:
    for row in rows:
        file.write(json.dumps(row) + "\n")
    file.flush()


if __name__ == "__main__":
    sys.exit(main())
