"""Progress and summary: bars on a terminal, plain lines elsewhere; one table of all tables."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from benchmarks.tables._frame import VERDICTS, Row
from benchmarks.tables._numbers import duration, sides
from benchmarks.tables._report import counts, timed

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
    """Prints the cells that do not match, then a row a table and one of all.

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
    console.print(_grid(tables), highlight=False)
    say(console, f"{duration(seconds)} now. Results are in {folder}/NAME/results.md")


def say(console: Console, text: str) -> None:
    """Prints a line as it is."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _wrong(name: str, row: Row) -> str:
    if row.verdict == "error":
        return f"{name}: error in {row.cell.key}: {row.reason}"
    theirs, ours = sides(row)
    return f"{name}: missed {row.cell.key}: {ours}, published {theirs} ({row.cell.rule.text})"


def _grid(tables: Mapping[str, list[Row]]) -> Grid:
    """The table at the end; it fits into 80 columns."""
    everything = [row for rows in tables.values() for row in rows]
    grid = Grid(
        box=box.SIMPLE,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        show_footer=len(tables) > 1,
    )
    total = _words(everything)
    shown = [title for title in total if title != "error" or total[title]]
    grid.add_column("table", "all", overflow="fold")
    for title in shown:
        grid.add_column(title, total[title], justify="right", no_wrap=True)
    for name, rows in tables.items():
        words = _words(rows)
        grid.add_row(name, *(words[title] for title in shown))
    return grid


def _words(rows: list[Row]) -> dict[str, str]:
    """Verdicts, our seconds, those of ours that have published ones beside them, and these."""
    *verdicts, ours, theirs = counts(rows)
    both = timed(rows)
    return {
        **{name: f"{n:,}" if n else "" for name, n in zip(VERDICTS, verdicts, strict=True)},
        "our time": duration(ours),
        "compared": duration(sum(seconds for seconds, _ in both)) if both else "",
        "theirs": duration(theirs) if theirs else "",
    }
