"""What a run leaves: `results.json`, `results.md`, and a figure where the paper has one."""

import io
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.tables._cache import Cache
from benchmarks.tables._frame import VERDICTS, Row, Table
from qjax.train import whole_file


def write(
    name: str, table: Table, rows: list[Row], cache: Cache, folder: Path, out: Path | None
) -> None:
    """Writes the results of a table.

    Args:
        name: The table's name.
        table: The table.
        rows: The cells that are done, and those that failed.
        cache: What they were made with.
        folder: Where the results go.
        out: Where the JSON goes besides, as `NAME.json`.
    """
    text = as_json(name, table, rows, cache)
    for path in [folder / "results.json", *([out / f"{name}.json"] if out else [])]:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text.encode())
    shown = [row for row in rows if row.outcome]
    drawn = table.figure(shown) if table.figure and shown else None
    if drawn is not None:
        picture = io.BytesIO()
        drawn.savefig(picture, format="png", dpi=150)
        _write(folder / "figure.png", picture.getvalue())
    _write(folder / "results.md", markdown(table, rows, drawn is not None).encode())


def as_json(name: str, table: Table, rows: list[Row], cache: Cache) -> str:
    """Returns the results with all that they were made with; a cell a line."""
    records = [_record(row, cache) for row in rows]
    used = {record["run"] for record in records}
    head: dict[str, Any] = {
        "table": name,
        "title": table.title,
        "source": table.source,
        "cells_in_table": len(table.cells()),
        "summary": dict(
            zip((*VERDICTS, "seconds", "published_seconds"), counts(rows), strict=True)
        ),
        "seeds": dict(table.seeds),
        "left_out": dict(table.left_out),
        "runs": {run: made for run, made in cache.runs.items() if run in used},
    }
    lines = [f'"{key}": {json.dumps(value)}' for key, value in head.items()]
    cells = ",\n  ".join(json.dumps(record) for record in records)
    return "{" + ",\n ".join([*lines, f'"cells": [\n  {cells}]']) + "}\n"


def counts(rows: list[Row]) -> tuple[float, ...]:
    """Returns how often each verdict is given, our seconds and the published ones."""
    verdicts = Counter(row.verdict for row in rows)
    ours = sum(row.outcome.seconds for row in rows if row.outcome)
    theirs = sum(row.cell.seconds or 0.0 for row in rows)
    return (*(verdicts[name] for name in VERDICTS), ours, theirs)


def markdown(table: Table, rows: list[Row], drawn: bool = False) -> str:
    """Returns the results side by side, what is explained and what is left out."""
    *verdicts, ours, theirs = counts(rows)
    told = ", ".join(f"{n} {name}" for n, name in zip(verdicts, VERDICTS, strict=True) if n)
    lines = [f"# {table.title}", "", table.source, ""]
    done = f"{len(rows)} of {len(table.cells())} cells"
    lines += [f"{done}: {told}. {duration(ours)}{beside(theirs)}", ""]
    lines += ["![The cells beside the published ones](figure.png)", ""] if drawn else []
    lines += [
        "| cell | published | ours | error | rule | verdict | seconds | published seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        outcome = row.outcome
        found = (number(outcome.value), number(outcome.error)) if outcome else ("", "")
        seconds = (outcome.seconds if outcome else None, row.cell.seconds)
        rule = row.cell.rule.text if row.cell.target is not None else ""
        place = (row.cell.key, number(row.cell.target), *found, rule, row.verdict)
        lines.append(f"| {' | '.join((*place, *map(number, seconds)))} |")
    notes: dict[str, list[str]] = {}
    for row in rows:
        if row.cell.note and row.verdict in ("explained", "ours"):
            notes.setdefault(row.cell.note, []).append(row.cell.key)
    errors = {row.cell.key: row.reason for row in rows if row.verdict == "error"}
    for title, words in (
        ("Notes", {", ".join(keys): note for note, keys in notes.items()}),
        ("Errors", errors),
        ("Left out", table.left_out),
    ):
        lines += ["", f"## {title}", ""] if words else []
        lines += [f"- {what}: {why}" for what, why in words.items()]
    return "\n".join(lines) + "\n"


def number(value: float | None) -> str:
    """Returns a number as a table shows it."""
    return "" if value is None else f"{value:.6g}"


def duration(seconds: float) -> str:
    """Returns a time in the unit that it is of the order of."""
    units = ((3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"))
    size, unit = next((u for u in units if seconds >= u[0]), (1e-6, "us"))
    return f"{seconds / size:,.3g} {unit}" if seconds < 3.6e6 else f"{seconds / size:,.0f} {unit}"


def beside(published: float) -> str:
    """Returns the words for the published time, if there is one."""
    return f", published {duration(published)}" if published else ""


def _record(row: Row, cache: Cache) -> dict[str, Any]:
    cell, outcome = row.cell, row.outcome
    found = outcome._asdict() if outcome else {}
    record = {
        "cell": cell.key,
        "target": cell.target,
        "value": _finite(found.get("value")),
        "error": _finite(found.get("error")),
        "verdict": row.verdict,
        "rule": cell.rule.text,
        "seconds": found.get("seconds"),
        "published_seconds": cell.seconds,
        "run": cache.cells[cell.key].run if outcome else None,
    }
    words = {"note": cell.note, "reason": row.reason}
    return record | {key: text for key, text in words.items() if text}


def _finite(value: float | None) -> float | None:
    """JSON knows no other numbers."""
    return value if value is not None and math.isfinite(value) else None


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as file:
        file.write(content)
