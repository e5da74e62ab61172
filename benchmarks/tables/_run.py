"""Runs tables: what is kept is not computed again, the rest goes to workers, all is judged."""

import datetime
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from benchmarks.tables import _pool, _report, _show
from benchmarks.tables._cache import Cache, source
from benchmarks.tables._frame import Cell, Outcome, Row, Table, judge


class Asked(NamedTuple):
    """What is asked of a table: which of its cells, and where it lives."""

    table: Table
    module: str
    cells: list[Cell]


class Options(NamedTuple):
    """How to run.

    Attributes:
        jobs: Processes at a time.
        force: Whether to compute what is kept again.
        stale: Whether to take what another source of the table has computed.
        folder: Where each table's folder goes.
        out: Where the results go besides, `NAME.json`; nowhere if None.
        versions: What the results are made with.
    """

    jobs: int = 1
    force: bool = False
    stale: bool = False
    folder: Path = Path("tables")
    out: Path | None = None
    versions: Mapping[str, str] = {}


def run(asked: Mapping[str, Asked], options: Options, console: Console) -> int:
    """Computes the cells, writes the results, prints a summary.

    The files of a table hold every cell that was ever done, the summary those that were asked.

    Returns:
        Number of cells that ended in an error.
    """
    caches, reasons = {}, {}
    for name, one in asked.items():
        path = options.folder / name / "cells.jsonl"
        caches[name] = Cache(path, source(one.module), stale=options.stale)
        reasons[name] = {}
        if dropped := caches[name].dropped:
            lines = "1 line" if dropped == 1 else f"{dropped} lines"
            console.print(f"Dropped {lines} of {path} that cannot be read.", highlight=False)
    wanted = {
        name: [cell for cell in one.cells if options.force or not caches[name].has(cell)]
        for name, one in asked.items()
    }
    for name, one in asked.items():
        if 0 < len(wanted[name]) < len(one.cells):
            kept = len(one.cells) - len(wanted[name])
            _show.say(console, f"{name}: {kept} of {len(one.cells)} cells are done.")
        if options.force:
            _forget(options.folder / name, one.cells)
    began = time.perf_counter()
    try:
        if any(wanted.values()):
            _compute(asked, wanted, caches, reasons, options, console)
    finally:
        # After an interrupt, too: what is done is worth a look.
        summaries = {}
        for name, one in asked.items():
            rows = _rows(one.table.cells(), caches[name], reasons[name])
            _report.write(name, one.table, rows, caches[name], options.folder / name, options.out)
            keys = {cell.key for cell in one.cells}
            summaries[name] = [row for row in rows if row.cell.key in keys]
    _show.summary(summaries, time.perf_counter() - began, options.folder, console)
    return sum(row.verdict == "error" for rows in summaries.values() for row in rows)


def _compute(
    asked: Mapping[str, Asked],
    wanted: Mapping[str, list[Cell]],
    caches: Mapping[str, Cache],
    reasons: Mapping[str, dict[str, str]],
    options: Options,
    console: Console,
) -> None:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    # As many shares of each table as there are processes for it.
    each = -(-options.jobs // sum(map(bool, wanted.values())))
    shares = [
        _pool.Share(name, asked[name].module, keys, options.folder / name / "worker.log")
        for name, cells in wanted.items()
        for keys in _pool.split(cells, each, asked[name].table.group)
    ]
    cells_of = {(name, cell.key): cell for name, cells in wanted.items() for cell in cells}
    files = {name: caches[name].open() for name, cells in wanted.items() if cells}
    messages = _pool.work(shares, min(options.jobs, len(shares)))
    try:
        totals = {name: len(cells) for name, cells in wanted.items() if cells}
        with _show.progress(totals, console) as tell:
            for name, message in messages:
                if "made_with" in message:
                    if now not in caches[name].runs:
                        made_with = {"versions": dict(options.versions), **message["made_with"]}
                        caches[name].begin(files[name], now, made_with)
                    continue
                key = message.pop("cell")
                if "reason" in message:
                    reasons[name][key] = message["reason"]
                else:
                    caches[name].add(files[name], now, cells_of[name, key], Outcome(**message))
                tell(name, key)
    finally:
        messages.close()
        for file in files.values():
            file.close()


def _forget(folder: Path, cells: list[Cell]) -> None:
    """Removes what a table itself keeps: `tables/NAME/PART`, PART the first of a key."""
    for part in filter(None, dict.fromkeys(cell.key.split("/")[0] for cell in cells)):
        shutil.rmtree(folder / part, ignore_errors=True)


def _rows(cells: list[Cell], cache: Cache, reasons: Mapping[str, str]) -> list[Row]:
    """Returns the cells that are done or failed."""
    rows = []
    for cell in cells:
        if cell.key in reasons:
            rows.append(Row(cell, None, "error", reasons[cell.key]))
        elif cache.has(cell):
            rows.append(_judged(cell, cache.cells[cell.key].outcome))
    return rows


def _judged(cell: Cell, outcome: Outcome) -> Row:
    try:
        return Row(cell, outcome, judge(cell, outcome))
    except ValueError as error:
        return Row(cell, outcome, "error", str(error))
