"""One workload, all libraries: the first calls one by one, then the steps in turns."""

import dataclasses
import statistics
from collections.abc import Callable
from typing import Any

from benchmarks import _environment, _machine
from benchmarks._process import Stopped, Worker
from benchmarks.adapters import REFERENCE, library as row_of

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Settings:
    """How long to measure.

    Attributes:
        repeats: Timed steps of a library on a workload.
        rounds: Turns over which the steps are spread.
        burst_s: Seconds after which a turn ends early; one step is always timed.
        time_limit: Seconds that a library has for a workload, its import and its steps included.
    """

    repeats: int = 30
    rounds: int = 5
    burst_s: float = 5.0
    time_limit: float = 600.0


def measure(
    workload: str,
    libraries: list[str],
    settings: Settings,
    tell: Callable[[str, str], None] = lambda library, stage: None,
) -> list[Row]:
    """Returns one row a library, in the given order, whatever becomes of the library.

    Args:
        workload: Name of the workload.
        libraries: Names of the libraries.
        settings: How long to measure.
        tell: Called with the library and what it does next.
    """
    rows = [_empty(workload, library) for library in libraries]
    workers: dict[str, Worker] = {}
    try:
        for row in rows:
            _start(row, workers, settings, tell)
        timed = [row for row in rows if row["library"] in workers]
        bursts: dict[str, list[Row]] = {row["library"]: [] for row in timed}
        for turn in range(settings.rounds):
            # There and back again, so that a slow drift of the machine favours no one.
            for row in timed if turn % 2 == 0 else reversed(timed):
                if row["status"] == "ok":
                    tell(row["library"], f"steps, round {turn + 1} of {settings.rounds}")
                    _steps(row, workers, bursts[row["library"]], settings)
        for row in timed:
            if done := bursts[row["library"]]:
                times = [seconds for burst in done for seconds in burst["times"]]
                cpu_times = [seconds for burst in done for seconds in burst["cpu_times"]]
                row["steps"] = len(times)
                row["step_median_s"] = statistics.median(times)
                row["step_min_s"] = min(times)
                row["step_cpu_s"] = statistics.median(cpu_times)
                row["step_rounds_s"] = [statistics.median(burst["times"]) for burst in done]
                row["peak_rss_bytes"] = done[-1]["peak_rss_bytes"]
    finally:
        for worker in workers.values():
            worker.close()
    return rows


def _start(row: Row, workers: dict[str, Worker], settings: Settings, tell) -> None:
    """Starts a worker and sees it through its first call, stage by stage."""
    library = row["library"]
    row |= {"date": _machine.now(), "load": _machine.load()}
    try:
        tell(library, "environment")
        python = _environment.python(row_of(library))
    except _environment.Failed as failure:
        row["reason"] = str(failure)
        return
    tell(library, "import")
    worker = workers[library] = Worker(library, row["workload"], settings.time_limit, python)
    try:
        message: Row = {}
        while "ready" not in message:
            message = worker.listen()
            row |= message
            tell(library, _next_stage(row))
        stages = [row.get(key) for key in ("trace_s", "lower_s", "compile_s", "run_s")]
        row["first_call_s"] = sum(s for s in stages if s is not None)
        row["status"] = "ok"
        if library == REFERENCE:  # its answer is all that is wanted of it
            workers.pop(library).close()
    except Stopped as stop:
        row |= {"status": stop.status, "reason": str(stop)}
        workers.pop(library).close()
    row.pop("ready", None)


def _steps(row: Row, workers: dict[str, Worker], bursts: list[Row], settings: Settings) -> None:
    each = -(-settings.repeats // settings.rounds)
    try:
        bursts.append(workers[row["library"]].ask(steps=each, seconds=settings.burst_s))
    except Stopped as stop:
        row |= {"status": stop.status, "reason": str(stop)}
        # What is over its time limit would go on computing while the others are timed.
        workers.pop(row["library"]).close()


def _next_stage(row: Row) -> str:
    done = {"compile_s": "first run", "lower_s": "compile", "trace_s": "lower", "device": "trace"}
    return next((stage for key, stage in done.items() if key in row), "build")


def _empty(workload: str, library: str) -> Row:
    return {
        "kind": "row",
        "workload": workload,
        "library": library,
        "status": "failed",
    }
