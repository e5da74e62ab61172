"""What a run leaves: `results.json`, `results.md`, and a figure where the paper has one."""

import io
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.tables._cache import Cache
from benchmarks.tables._frame import VERDICTS, Row, Table
from benchmarks.tables._numbers import beside, duration, number, sides
from qjax.train import whole_file

# Of more agreeing or explained cells whose keys differ in the last part only, the worst stands for
# all, but in `results.json`.
MANY = 100


class Line(NamedTuple):
    """What is told in one line: a cell, or the worst of many whose verdict is the same."""

    row: Row
    stands_for: list[Row]

    @property
    def name(self) -> str:
        """The cells it stands for."""
        if len(self.stands_for) == 1:
            return self.row.cell.key
        family = self.row.cell.key.rpartition("/")[0]
        return f"{family}/* ({len(self.stands_for)} cells)"


def write(
    name: str, table: Table, rows: list[Row], cache: Cache, folder: Path, out: Path | None
) -> None:
    """Writes the results of a table.

    Args:
        name: The table's name.
        table: The table.
        rows: The cells that are done, and those that failed.
        cache: What they were made with.
        folder: Where the results go, every cell in `results.json`.
        out: Where the JSON goes besides, as `NAME.json`, families of many cells by their worst.
    """
    folder.mkdir(parents=True, exist_ok=True)
    every, lines = [Line(row, [row]) for row in rows], condensed(rows)
    _write(folder / "results.json", as_json(name, table, every, cache).encode())
    if out:
        out.mkdir(parents=True, exist_ok=True)
        _write(out / f"{name}.json", as_json(name, table, lines, cache).encode())
    shown = [row for row in rows if row.outcome]
    drawn = table.figure(shown) if table.figure and shown else None
    if drawn is not None:
        picture = io.BytesIO()
        drawn.savefig(picture, format="png", dpi=150)
        _write(folder / "figure.png", picture.getvalue())
    _write(folder / "results.md", markdown(table, lines, drawn is not None).encode())


def condensed(rows: list[Row]) -> list[Line]:
    """Returns the lines of all cells; what did not agree and is not explained has its own."""
    families: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        families.setdefault(_family(row), []).append(row)
    lines = []
    for row in rows:
        some = families[_family(row)]
        if len(some) <= MANY or row.verdict not in ("matched", "explained"):
            lines.append(Line(row, [row]))
        elif row is some[0]:
            lines.append(Line(max(some, key=_share), some))
    return lines


def _family(row: Row) -> tuple[str, str]:
    return row.cell.key.rpartition("/")[0], row.verdict


def _share(row: Row) -> float:
    """How much of what its rule allows a cell is off."""
    rule, outcome, target = row.cell.rule, row.outcome, row.cell.target
    off, room = rule.off(outcome, target), rule.room(outcome, target)
    return math.inf if math.isnan(off) else off / (room or 1.0)


def as_json(name: str, table: Table, lines: list[Line], cache: Cache) -> str:
    """Returns the results with all that they were made with; a line each."""
    rows = [row for line in lines for row in line.stands_for]
    used = {cache.cells[row.cell.key].run for row in rows if row.outcome}
    head: dict[str, Any] = {
        "table": name,
        "title": table.title,
        "source": table.source,
        "cells_in_table": len(table.cells()),
        "summary": dict(zip((*VERDICTS, "seconds", "published_seconds"), counts(rows), strict=True))
        | {"seconds_of_these": sum(ours for ours, _ in timed(rows))},
        "seeds": dict(table.seeds),
        "left_out": dict(table.left_out),
        "runs": {run: made for run, made in cache.runs.items() if run in used},
    }
    told = [f'"{key}": {json.dumps(value)}' for key, value in head.items()]
    cells = ",\n  ".join(json.dumps(_record(line, cache)) for line in lines)
    return "{" + ",\n ".join([*told, f'"cells": [\n  {cells}]']) + "}\n"


def counts(rows: list[Row]) -> tuple[float, ...]:
    """Returns how often each verdict is given, our seconds and the published ones."""
    verdicts = Counter(row.verdict for row in rows)
    ours = sum(row.outcome.seconds for row in rows if row.outcome)
    theirs = sum(row.cell.seconds or 0.0 for row in rows)
    return (*(verdicts[name] for name in VERDICTS), ours, theirs)


def timed(rows: list[Row]) -> list[tuple[float, float]]:
    """Returns our seconds and the published ones of the cells that have both."""
    both = [row for row in rows if row.outcome and row.cell.seconds]
    return [(row.outcome.seconds, row.cell.seconds) for row in both]


def markdown(table: Table, lines: list[Line], drawn: bool = False) -> str:
    """Returns the results side by side, what is explained and what is left out."""
    rows = [row for line in lines for row in line.stands_for]
    *verdicts, ours, theirs = counts(rows)
    told = ", ".join(f"{n} {name}" for n, name in zip(verdicts, VERDICTS, strict=True) if n)
    text = [f"# {table.title}", "", table.source, ""]
    done = f"{len(rows)} of {len(table.cells())} cells"
    text += [f"{done}: {told}. {duration(ours)}{beside(theirs)}", ""]
    text += ["![The cells beside the published ones](figure.png)", ""] if drawn else []
    text += _times(table, rows)
    if len(lines) < len(rows):
        text += [f"Of more than {MANY} cells of a kind the worst stands for all.", ""]
    text += [
        "| cell | published | ours | error | rule | verdict | seconds | published seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *map(_markdown_row, lines),
    ]
    notes: dict[str, list[str]] = {}
    for line in lines:
        for note in _notes(line.row):
            notes.setdefault(note, []).append(line.name)
    errors = {row.cell.key: row.reason for row in rows if row.verdict == "error"}
    for title, words in (
        ("Notes", {", ".join(names): note for note, names in notes.items()}),
        ("Errors", errors),
        ("Left out", table.left_out),
    ):
        text += ["", f"## {title}", ""] if words else []
        text += [f"- {what}: {why}" for what, why in words.items()]
    return "\n".join(text) + "\n"


def _notes(row: Row) -> list[str]:
    """What is told of a cell: why it is explained, and what else a reader must know."""
    why = row.cell.known.why if row.verdict == "explained" else ""
    return [text for text in (why, row.cell.note) if text]


def _times(table: Table, rows: list[Row]) -> list[str]:
    """The seconds of each kind, ours beside the published ones, of cells that have both."""
    kinds: dict[str, list[Row]] = {}
    for row in rows if table.kind else ():
        kinds.setdefault(table.kind(row.cell.key), []).append(row)
    sums = {
        kind: [sum(side) for side in zip(*timed(some), strict=True)] for kind, some in kinds.items()
    }
    told = [
        f"| {kind} | {number(both[1])} | {number(both[0])} |" for kind, both in sums.items() if both
    ]
    head = ["| | published seconds | ours, of the same cells |", "| --- | --- | --- |"]
    return [*head, *told, ""] if told else []


def _markdown_row(line: Line) -> str:
    cell, outcome = line.row.cell, line.row.outcome
    *_, ours, theirs = counts(line.stands_for)
    error = number(outcome.error if outcome else None)
    rule = cell.rule.text if cell.target is not None else ""
    seconds = number(ours if outcome else None), number(theirs or None)
    words = (line.name, *sides(line.row), error, rule, line.row.verdict, *seconds)
    return f"| {' | '.join(words)} |"


def _record(line: Line, cache: Cache) -> dict[str, Any]:
    cell, outcome = line.row.cell, line.row.outcome
    found = outcome._asdict() if outcome else {}
    record = {
        "cell": cell.key,
        "target": cell.target,
        "value": _finite(found.get("value")),
        "error": _finite(found.get("error")),
        "verdict": line.row.verdict,
        "rule": cell.rule.text if cell.target is not None else None,
        "seconds": found.get("seconds"),
        "published_seconds": cell.seconds,
        "run": cache.cells[cell.key].run if outcome else None,
    }
    if len(line.stands_for) > 1:
        *_, seconds, _ = counts(line.stands_for)
        record |= {"worst_of": len(line.stands_for), "seconds_of_all": seconds}
    words = {"note": " ".join(_notes(line.row)), "reason": line.row.reason}
    return record | {key: text for key, text in words.items() if text}


def _finite(value: float | None) -> float | None:
    """JSON knows no other numbers."""
    return value if value is not None and math.isfinite(value) else None


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as file:
        file.write(content)
