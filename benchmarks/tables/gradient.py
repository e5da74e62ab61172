"""tensorcircuit's table of gradient, Fisher information and Hessian, both libraries in one run.

The published seconds are of another machine and an older version, so no cell asks to be near them.
What must hold here: the answers are those of NumPy in double precision, and qjax is not slower than
the faster of the two ways to write the circuit in tensorcircuit: gate after gate, as published, or
one layer under `scan`. Both run in turns in the same minutes (benchmarks/_measure.py).
"""

import math
import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks import _answers
from benchmarks._measure import Row, Settings, measure
from benchmarks.adapters import REFERENCE
from benchmarks.tables._frame import Cell, Outcome, Table, at_least, targets, within
from benchmarks.workloads import parse

OURS = "qjax"
THEIRS = ("tensorcircuit-plain", "tensorcircuit-scan")
SETTINGS = Settings(repeats=30, rounds=5, burst_s=2.0, time_limit=600.0)
# What is published as staging is the first call: trace, lower, compile and run.
TIMES = {"running": "step_median_s", "staging": "first_call_s"}


def cells() -> list[Cell]:
    """Answers, ratios and seconds of the three workloads."""
    published = targets(
        Path(__file__).with_name("gradient_targets.csv"),
        {"quantity": str, "running": float, "staging": float},
    )
    return [cell for row in published for cell in _cells(**row)]


def _cells(quantity: str, **seconds: float) -> Iterator[Cell]:
    for library in (OURS, *THEIRS):
        rule = within(parse(f"{quantity}-6-3").tolerance)
        yield Cell(f"{quantity}/difference/{library}", 0.0, rule, quick=True)
    for name, published in seconds.items():
        # Steps are measured in rounds, whose spread says how sure their ratio is.
        rule = at_least(errors=2.0) if name == "running" else at_least()
        yield Cell(f"{quantity}/{name}/ratio", 1.0, rule, quick=True)
        for library in (OURS, *THEIRS):
            yield Cell(
                f"{quantity}/{name}/{library}",
                None,
                at_least(),
                quick=True,
                seconds=published if library == OURS else None,
            )


def run(cells: list[Cell]) -> Iterator[tuple[Cell, Outcome]]:
    """Measures the workloads of the cells."""
    for quantity in dict.fromkeys(cell.key.split("/")[0] for cell in cells):
        found = measured(quantity)
        for cell in cells:
            workload, *place = cell.key.split("/")
            if workload == quantity:
                yield cell, _outcome(found, *place)


def measured(quantity: str) -> dict[str, Row]:
    """Returns the row of every library.

    Raises:
        RuntimeError: If one has no answer.
    """
    libraries = [REFERENCE, OURS, *THEIRS]
    rows = {row["library"]: row for row in measure(f"{quantity}-6-3", libraries, SETTINGS)}
    for name, row in rows.items():
        if row["status"] != "ok":
            raise RuntimeError(f"{name}: {row['status']}: {row.get('reason', '')}")
    return rows


def _outcome(rows: dict[str, Row], kind: str, name: str) -> Outcome:
    if kind == "difference":
        return Outcome(_answers.difference(rows[name], rows[REFERENCE]))
    key = TIMES[kind]
    if name == "ratio":
        fastest = min(THEIRS, key=lambda library: rows[library][key])
        return Outcome(*ratio(rows[fastest], rows[OURS], key))
    seconds = rows[name][key]
    # The table's time is ours, which the published one stands beside.
    return Outcome(seconds, seconds=seconds if name == OURS else 0.0)


def ratio(theirs: Row, ours: Row, key: str) -> tuple[float, float | None]:
    """Returns how many times longer they take, and its standard error over rounds of steps."""
    if key != "step_median_s":
        return theirs[key] / ours[key], None
    rounds = zip(theirs["step_rounds_s"], ours["step_rounds_s"], strict=True)
    ratios = [a / b for a, b in rounds]
    return statistics.mean(ratios), statistics.stdev(ratios) / math.sqrt(len(ratios))


TABLE = Table(
    title="Gradient, Fisher information and Hessian of 6 qubits and 3 layers",
    source="tensorcircuit, docs/source/tutorials/gradient_benchmark.ipynb: JAX backend on a CPU",
    cells=cells,
    run=run,
    # Two processes would slow each other.
    group=lambda _: "",
    left_out={
        "Qiskit (1.475 s, 47.13 s, 80.50 s a call)": "not a library that we can time beside",
        "tensorcircuit on TensorFlow": "slower than its JAX backend in every published cell",
    },
    seeds={"angles": 20},
)
