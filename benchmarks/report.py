"""Turns results into Markdown tables and figures: `python -m benchmarks.report FILE...`.

Ratios are the library's time over qjax's in the same file; that of the step is the median of the
rounds' ratios, for a round's steps were taken within seconds of each other. A row whose answer
differs from the reference's is not compared. "Of least" is the share of the step that the machine
needs at least (`_roofline.py`). `--readme` writes the README's section from the committed results.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from benchmarks import _answers, _roofline, workloads
from benchmarks.adapters import REFERENCE

BASELINE = "qjax"
COLUMNS = (
    "workload",
    "library",
    "trace, s",
    "lower, s",
    "compile, s",
    "first call, s (CPU)",
    "step, ms (min)",
    "peak, MB",
    "temp, MB",
    "of least",
    "first call / qjax",
    "step / qjax",
)
NARROW = ("library", *COLUMNS[5:8], *COLUMNS[9:])
Row = dict[str, Any]


def main(argv: list[str] | None = None) -> int:
    """Prints the report of one or more results files."""
    parser = argparse.ArgumentParser("python -m benchmarks.report", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="JSON lines of a run")
    parser.add_argument(
        "--plot", type=Path, metavar="PNG", help="also draw the figure to this path"
    )
    parser.add_argument(
        "--out", type=Path, metavar="MD", help="write the report here, not to print"
    )
    parser.add_argument(
        "--readme",
        action="store_true",
        help="write the numbers of README.md, docs/engines.md and docs/scaling.md anew",
    )
    args = parser.parse_args(argv)
    if args.readme:
        from benchmarks import _engines, _readme, _scaling_page

        _readme.rewrite()
        _readme.rewrite(_engines.PAGE, _engines.section)
        _readme.rewrite(_scaling_page.PAGE, _scaling_page.section)
        return 0
    if not args.files:
        parser.error("a FILE or --readme is required")
    sections, everything = [], []
    try:
        for path in args.files:
            header, rows = load(path)
            everything += rows
            sections.append(f"{describe(header)}\n\n{markdown(rows, header)}")
    except (OSError, ValueError) as error:
        print(f"Argument `FILE` must be the results of a run, but: {error}", file=sys.stderr)
        return 2
    text = "\n\n".join(sections) + "\n"
    if args.out:
        args.out.write_text(text)
    else:
        print(text, end="")
    if args.plot:
        from benchmarks import _figure  # matplotlib only where a figure is asked for

        _figure.draw(everything, args.plot)
    return 0


def load(path: Path) -> tuple[Row, list[Row]]:
    """Returns the header and the rows of a results file."""
    header: Row | None = None
    rows: dict[tuple[str, str], Row] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            entry = json.loads(line)
            kind = entry["kind"]
            key = (entry["workload"], entry["library"]) if kind == "row" else None
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"line {number} of {path} is not a line of results") from None
        if kind == "machine":
            header = entry
        elif key is not None:
            rows[key] = entry
    if header is None:
        raise ValueError(f"{path} has no line that describes the machine")
    return header, list(rows.values())


def describe(header: Row) -> str:
    """Returns one line about a run: the machine, the day, the revision, the load."""
    return f"{machine(header)}, {occasion(header)}."


def machine(header: Row) -> str:
    """Returns what a run was measured on."""
    device = header.get("rates", {}).get("device", "cpu")
    return ("" if device == "cpu" else f"{device}; ") + (
        f"{header['cpu']}, {header['cores']} cores, {header['memory_bytes'] / 2**30:.0f} GiB, "
        f"{header['os'].split()[0]}, Python {header['python']}"
    )


def occasion(header: Row) -> str:
    """Returns when a run was measured, what, and beside how much else."""
    day = header["date"].partition("T")[0]
    revision = header.get("revision") or "unknown"
    return f"{day}, revision {revision}, load {header['load']} at the start"


def reference(rows: list[Row], workload: str) -> Row | None:
    """Returns the row that the answers of a workload are compared with.

    It is the row of NumPy in double precision; without one, a library's in double precision;
    without that, qjax's row, which is in single precision.
    """
    mine = [r for r in rows if r["workload"] == workload and "value" in r]
    named = {r["library"]: r for r in mine}
    exact = (r for r in mine if r.get("dtype") == "complex128")
    candidates = (named.get(REFERENCE), *exact, named.get(BASELINE))
    return next((r for r in candidates if r is not None), None)


def trusted(rows: list[Row]) -> dict[tuple[str, str], bool]:
    """Says of each (workload, library) whether its answer is the reference's."""
    verdicts = {}
    for workload in dict.fromkeys(row["workload"] for row in rows):
        right = reference(rows, workload)
        tolerance = workloads.parse(workload).tolerance
        for row in (r for r in rows if r["workload"] == workload):
            verdicts[workload, row["library"]] = (
                right is not None
                and "value" in row
                and _answers.difference(row, right) <= tolerance
            )
    return verdicts


def cells(rows: list[Row], header: Row | None = None) -> list[list[str]]:
    """Returns the table's text, one list a row; the reference has none, for it is not timed."""
    verdicts = trusted(rows)
    by_key = {(r["workload"], r["library"]): r for r in rows}
    table = []
    for row in rows:
        workload, library = row["workload"], row["library"]
        if library == REFERENCE:
            continue
        baseline = by_key.get((workload, BASELINE), {})
        if row["status"] != "ok":
            note = f"{row['status']}: {row.get('reason', '')}"
            compared = [note.replace("|", "/"), ""]
        elif not verdicts[workload, library]:
            compared = ["answers differ", "answers differ"]
        elif not verdicts.get((workload, BASELINE)):
            compared = ["no baseline", "no baseline"]
        else:
            compared = [
                times(ratio(row, baseline, key)) for key in ("first_call_s", "step_median_s")
            ]
        stages = [number(row.get(key)) for key in ("trace_s", "lower_s", "compile_s")]
        first = _pair(row, "first_call_s", "first_call_cpu_s")
        step = _pair(row, "step_median_s", "step_min_s", scale=1e3)
        memory = [number(row.get(k), 1e-6) for k in ("peak_rss_bytes", "temp_bytes")]
        share = of_least(row, header or {})
        table.append([workload, library, *stages, first, step, *memory, share, *compared])
    return table


def of_least(row: Row, header: Row) -> str:
    """Returns the share of the step that the machine needs at least."""
    least = _roofline.bound(workloads.parse(row["workload"]), header)
    if least is None or "step_min_s" not in row:
        return ""
    share = least / row["step_min_s"]
    return "<1%" if share < 0.005 else f"{share:.0%}"


def markdown(rows: list[Row], header: Row | None = None) -> str:
    """Returns the rows as a Markdown table."""
    align = ["---", "---"] + ["---:"] * (len(COLUMNS) - 2)
    lines = [list(COLUMNS), align, *cells(rows, header)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def terminal_table(rows: list[Row], header: Row | None = None) -> Table:
    """Returns the rows as a table for the terminal, without the columns that it has no room for."""
    shown = [COLUMNS.index(name) for name in NARROW]
    table = Table(*NARROW, title=rows[0]["workload"], title_justify="left")
    for line in cells(rows, header):
        table.add_row(*(escape(line[k]) for k in shown))  # a reason may hold brackets
    return table


def ratio(row: Row, baseline: Row, key: str) -> float | None:
    """Returns a time of one row over that of another; of a step, the median over the rounds."""
    if key not in row or key not in baseline:
        return None
    if key == "step_median_s" and "step_rounds_s" in row and "step_rounds_s" in baseline:
        pairs = zip(row["step_rounds_s"], baseline["step_rounds_s"], strict=False)
        return statistics.median(mine / theirs for mine, theirs in pairs)
    return row[key] / baseline[key]


def times(factor: float | None) -> str:
    """Returns a ratio as text."""
    return "" if factor is None else f"{number(factor)}x"


def _pair(row: Row, key: str, second: str, scale: float = 1.0) -> str:
    first, other = (number(row.get(k), scale) for k in (key, second))
    return f"{first} ({other})" if other else first


def number(value: float | None, scale: float = 1.0) -> str:
    """Returns three digits: more would be noise."""
    if value is None:
        return ""
    scaled = value * scale
    return f"{scaled:,.0f}" if scaled >= 100 else f"{scaled:.3g}"


if __name__ == "__main__":
    sys.exit(main())
