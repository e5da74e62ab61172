"""Progress and summary: bars and a table on a terminal, plain lines elsewhere."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from benchmarks.tables._frame import VERDICTS, Row
from benchmarks.tables._report import beside, counts, duration, number

# Cells that are named on the terminal; the rest is in the results file.
NAMED = 20
Tell = Callable[[str, str], None]


@contextlib.contextmanager
def progress(totals: Mapping[str, int], console: Console) -> Iterator[Tell]:
    """Shows how far each table is; yields what is told the table and the key of each cell."""
    if not console.is_terminal:
        yield _lines(totals, console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[cell]}", style="dim"),
    )
    with Progress(*columns, console=console) as bars:
        tasks = {name: bars.add_task(name, total=total, cell="") for name, total in totals.items()}
        yield lambda name, key: bars.update(tasks[name], advance=1, cell=key)


def _lines(totals: Mapping[str, int], console: Console) -> Tell:
    """Prints a line whenever another tenth of a table is done."""
    done = dict.fromkeys(totals, 0)

    def tell(name: str, key: str) -> None:
        before, done[name] = done[name], done[name] + 1
        if 10 * before // totals[name] < 10 * done[name] // totals[name]:
            say(console, f"{name}: {done[name]} of {totals[name]} cells, last {key}")

    return tell


def summary(
    tables: Mapping[str, list[Row]], seconds: float, folder: Path, console: Console
) -> None:
    """Prints the cells that do not match, then a row a table.

    Args:
        tables: The rows of each table.
        seconds: What this run took.
        folder: Where the results are.
        console: Where to print.
    """
    for name, rows in tables.items():
        wrong = [row for row in rows if row.verdict in ("missed", "error")]
        for row in wrong[:NAMED]:
            say(console, _wrong(name, row))
        if len(wrong) > NAMED:
            say(console, f"{name}: {len(wrong) - NAMED} more in {folder / name / 'results.md'}")
    everything = [row for rows in tables.values() for row in rows]
    lines = dict(tables) | ({"all": everything} if len(tables) > 1 else {})
    if console.is_terminal:
        console.print(_grid(lines))
    else:
        for name, rows in lines.items():
            *verdicts, ours, theirs = counts(rows)
            told = ", ".join(f"{n} {v}" for n, v in zip(verdicts, VERDICTS, strict=True))
            say(console, f"{name}: {told}; {duration(ours)}{beside(theirs)}")
    say(console, f"{duration(seconds)} now. Results are in {folder}/NAME/results.md")


def say(console: Console, text: str) -> None:
    """Prints a line as it is."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _wrong(name: str, row: Row) -> str:
    if row.verdict == "error":
        return f"{name}: error in {row.cell.key}: {row.reason}"
    ours, theirs = number(row.outcome.value), number(row.cell.target)
    return f"{name}: missed {row.cell.key}: {ours}, published {theirs} ({row.cell.rule.text})"


def _grid(tables: Mapping[str, list[Row]]) -> Grid:
    grid = Grid("table", *VERDICTS, "time", "published")
    for name, rows in tables.items():
        *verdicts, ours, theirs = counts(rows)
        published = duration(theirs) if theirs else ""
        grid.add_row(name, *map(str, verdicts), duration(ours), published)
    return grid
