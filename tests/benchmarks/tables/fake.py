"""A table of a few cells, one of each verdict; the environment says which of them go wrong."""

import os
import signal
import time
from pathlib import Path

from benchmarks.tables._frame import Cell, Known, Outcome, Table, equal, standard_errors, within

VALUES = {"a/1": 1.0, "a/2": 2.0, "a/3": 3.0, "b/1": 4.0, "b/2": 5.0}


def cells():
    return [
        Cell("a/1", 1.004, equal(2), quick=True, seconds=7200.0),
        Cell("a/2", 2.5, within(0.1), quick=True),
        Cell("a/3", 3.5, within(relative=0.1), known=Known("It is known why.", 3.0, equal())),
        Cell("b/1", None, equal()),
        Cell("b/2", 5.3, standard_errors(3)),
    ]


def run(cells):
    for cell in cells:
        if cell.key == os.environ.get("FAKE_RAISES"):
            raise ArithmeticError("this one cannot be computed")
        if cell.key == os.environ.get("FAKE_DIES"):
            os._exit(7)
        if cell.key == os.environ.get("FAKE_CRASHES"):
            os.kill(os.getpid(), signal.SIGKILL)
        print("what a library prints")
        with Path(os.environ["FAKE_LOG"]).open("a") as log:
            log.write(cell.key + "\n")
        time.sleep(float(os.environ.get("FAKE_SLEEPS", "0")))
        yield cell, Outcome(VALUES[cell.key], 0.1, 0.5)


def figure(rows):
    from matplotlib.figure import Figure

    drawn = Figure()
    drawn.subplots().plot([row.outcome.value for row in rows])
    return drawn


TABLE = Table(
    title="A table",
    source="Nobody 1900",
    cells=cells,
    run=run,
    figure=figure,
    left_out={"c": "it is not published in full"},
    seeds={"everything": 1},
)
