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

Interrupts. Rows are written as each workload ends; the same command, run again, goes on from there.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from benchmarks import _machine, _roofline, adapters, report, workloads
from benchmarks._measure import Row, Settings, measure

SUITES: dict[str, dict[str, Any]] = {
    "quick": {
        "workloads": workloads.QUICK,
        "libraries": adapters.QUICK,
        "repeats": 9,
        "rounds": 3,
        "burst": 1.0,
        "time_limit": 60.0,
    },
    "full": {
        "workloads": workloads.PRESETS,
        "libraries": tuple(adapters.LIBRARIES),
        "repeats": 30,
        "rounds": 5,
        "burst": 5.0,
        "time_limit": 600.0,
    },
}
# What must be equal for a run to go on where another stopped.
SAME = ("cpu", "cores", "python", "revision", "source", "repeats", "rounds", "time_limit_s")
DEFAULT_OUT = Path("benchmarks/results/latest.jsonl")


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmarks and returns the exit status: 1 if qjax has no answer somewhere."""
    args = _arguments(argv)
    console = Console()
    # A partial file never takes the place of a whole one.
    partial = args.out.with_name(args.out.name + ".part")
    first = [] if args.no_reference else [adapters.REFERENCE]
    libraries = list(dict.fromkeys(first + list(args.libraries)))
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
    rows = _resume(partial, header)
    if rows is not None:
        header = report.load(partial)[0]
        console.print(f"Going on from {len(rows)} rows in {partial}", soft_wrap=True)
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        file = partial.open("w")
    except OSError as error:
        console.print(f"Argument `--out` must be a path that can be written, but: {error}")
        return 2
    if rows is None:
        rows = []
        header |= _roofline.measure()
    done = {(row["workload"], row["library"]) for row in rows}
    names = list(dict.fromkeys(args.workloads))
    try:
        with file, _progress(console) as progress:
            _write(file, [header, *rows])
            total = progress.add_task("workloads", total=len(names), stage="")
            for workload in names:
                if not all((workload, library) in done for library in libraries):
                    rows += _run(workload, libraries, settings, progress, file, header)
                progress.advance(total)
    except KeyboardInterrupt:
        console.print(f"Stopped; the same command goes on. So far: {partial}", soft_wrap=True)
        return 130
    partial.replace(args.out)
    console.print(f"Written to {args.out}", soft_wrap=True)
    return int(any(r["library"] == report.BASELINE and r["status"] == "failed" for r in rows))


def _resume(partial: Path, header: Row) -> list[Row] | None:
    """Returns the rows of a run that stopped, if it measured the same on the same machine."""
    try:
        before, rows = report.load(partial)
    except (OSError, ValueError):
        return None
    return rows if all(before.get(key) == header[key] for key in SAME) else None


def _run(workload, libraries, settings, progress, file, header) -> list[Row]:
    task = progress.add_task(workload, stage="", total=None)

    def tell(library: str, stage: str) -> None:
        progress.update(task, stage=f"{library}: {stage}")

    rows = measure(workload, libraries, settings, tell)
    _write(file, rows)
    progress.remove_task(task)
    progress.console.print(report.terminal_table(rows, header))
    return rows


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    """Returns the options; those that are not given are the suite's."""
    summary = "Times qjax and other libraries on the same workloads."
    parser = argparse.ArgumentParser("python -m benchmarks.run", description=summary)
    parser.add_argument("--suite", choices=SUITES, default="quick", help="defaults of the others")
    parser.add_argument(
        "--workloads",
        nargs="+",
        type=_workload,
        metavar="NAME",
        help=f"any sizes of a family; ready-made: {', '.join(workloads.PRESETS)}",
    )
    parser.add_argument(
        "--libraries",
        nargs="+",
        type=_library,
        metavar="NAME",
        help=f"of {', '.join(adapters.LIBRARIES)}, or the dotted module name of another adapter",
    )
    parser.add_argument("--repeats", type=int, help="timed steps")
    parser.add_argument("--rounds", type=int, help="turns they are spread over")
    parser.add_argument("--burst", type=float, help="seconds that end a turn early")
    parser.add_argument("--time-limit", type=float, help="seconds for a library on a workload")
    parser.add_argument("--no-reference", action="store_true", help="leave out the NumPy answers")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help=f"default {DEFAULT_OUT}")
    args = parser.parse_args(argv)
    for key, value in SUITES[args.suite].items():
        if getattr(args, key) is None:
            setattr(args, key, value)
    return args


def _workload(name: str) -> str:
    try:
        return workloads.parse(name).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _library(name: str) -> str:
    try:
        adapters.library(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name


def _progress(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
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
