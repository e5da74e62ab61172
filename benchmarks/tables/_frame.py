"""What a table is: published numbers, how to compute them again, and when the two agree.

A table is a module or package of this folder with one public name, `TABLE`. The frame runs it cell
by cell or all together, keeps what is done, and judges; see README.md.
"""

import csv
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple


@dataclasses.dataclass(frozen=True)
class Rule:
    """How far from the published number a value may be: the largest of three distances.

    Attributes:
        text: What the rule is called in a results file.
        absolute: Distance.
        relative: Distance as a share of the published number.
        errors: Distance in standard errors of the value.
        above: Whether any larger value agrees too.
    """

    text: str
    absolute: float = 0.0
    relative: float = 0.0
    errors: float = 0.0
    above: bool = False

    def holds(self, outcome: "Outcome", target: float) -> bool:
        """Returns whether the outcome agrees; one that is not a number never does."""
        # What a decimal fraction is off as a binary one is no difference.
        return self.off(outcome, target) <= self.room(outcome, target) * (1 + 1e-9)

    def off(self, outcome: "Outcome", target: float) -> float:
        """Returns how far from the published number the outcome is, on the side that counts."""
        short = target - outcome.value
        return short if self.above else abs(short)

    def room(self, outcome: "Outcome", target: float) -> float:
        """Returns how far from the published number the outcome may be."""
        if self.errors and outcome.error is None:
            raise ValueError("The rule is in standard errors, but the outcome has none.")
        spread = self.errors * (outcome.error or 0.0)
        return max(self.absolute, self.relative * abs(target), spread)


def equal(digits: int | None = None) -> Rule:
    """The same number, or the one that was rounded to so many digits after the point."""
    if digits is None:
        return Rule("equal")
    return Rule(f"equal to {digits} digits", 0.5 * 10**-digits)


def within(absolute: float = 0.0, relative: float = 0.0) -> Rule:
    """No further than either distance."""
    words = [f"{absolute:g}"] * (absolute > 0) + [f"{100 * relative:g} %"] * (relative > 0)
    return Rule(f"within {' or '.join(words)}", absolute, relative)


def standard_errors(k: float) -> Rule:
    """Within `k` standard errors of our own value, which is a mean of samples."""
    return Rule(f"within {k:g} standard errors", errors=k)


def at_least(slack: float = 0.0, errors: float = 0.0) -> Rule:
    """As large as the published number, or short of it by no more than either distance."""
    words = [f"{slack:g}"] * (slack > 0) + [f"{errors:g} standard errors"] * (errors > 0)
    less = f", less {' or '.join(words)}" if words else ""
    return Rule(f"at least{less}", slack, errors=errors, above=True)


class Cell(NamedTuple):
    """One published number.

    Attributes:
        key: Its name, unique in the table, such as "circle/fidelity/1/4"; globs select by it, and
            cells whose keys differ in the last part only stay in one process.
        target: What was published; None where the number is ours alone, such as the corrected
            result beside an emulated defect.
        rule: When ours agrees with it.
        quick: Whether `--quick` runs it.
        note: Why it does not agree, once that is known: it is "explained" then, not "missed".
        seconds: What its computation took as published.
    """

    key: str
    target: float | None
    rule: Rule
    quick: bool = False
    note: str = ""
    seconds: float | None = None


class Outcome(NamedTuple):
    """What a computation gave for a cell.

    Attributes:
        value: The number.
        error: Its standard error, where it is a mean of samples.
        seconds: What it took: an even share of what was computed together.
    """

    value: float
    error: float | None = None
    seconds: float = 0.0


class Row(NamedTuple):
    """A cell, what it gave, and the verdict: one of `VERDICTS`; `reason` says why an error."""

    cell: Cell
    outcome: Outcome | None
    verdict: str
    reason: str = ""


VERDICTS = ("matched", "explained", "missed", "ours", "error")


class Table(NamedTuple):
    """A published table.

    Attributes:
        title: What it is.
        source: Where its numbers come from: paper, arXiv number, repository and path.
        cells: Returns the cells; reads the targets and imports nothing heavy.
        run: From the cells that are wanted to each with its outcome, as soon as it is known. It
            may compute them together. Runs in a process of its own.
        left_out: Published cells that are not computed, with the reason.
        extra: The extra of qjax that it needs, if any.
        modules: Modules that it needs and that qjax does not.
        figure: From rows with outcomes to a Matplotlib figure, where the paper has a plot; to None
            if they are none of those in it.
        seeds: The seeds in it, by what they are for.
    """

    title: str
    source: str
    cells: Callable[[], list[Cell]]
    run: Callable[[list[Cell]], Iterator[tuple[Cell, Outcome]]]
    left_out: Mapping[str, str] = {}
    extra: str = ""
    modules: tuple[str, ...] = ()
    figure: Callable[[list[Row]], Any] | None = None
    seeds: Mapping[str, int] = {}


def judge(cell: Cell, outcome: Outcome) -> str:
    """Returns the verdict on an outcome."""
    if cell.target is None:
        return "ours"
    if cell.rule.holds(outcome, cell.target):
        return "matched"
    return "explained" if cell.note else "missed"


def targets(path: Path, fields: Mapping[str, Callable[[Any], Any]]) -> list[dict[str, Any]]:
    """Reads published numbers: a CSV file with a line of names, or a JSON list of objects.

    Args:
        path: The file.
        fields: The names that every row has, each with what reads its value, such as `float`.

    Raises:
        ValueError: If a row is malformed; file, row and field are named.
    """
    rows = []
    for place, row in _rows(path):
        if set(row) != set(fields):
            wrong = ", ".join(sorted(map(str, set(row) ^ set(fields))))
            raise ValueError(f"File `{path}`, {place} must have other fields: see {wrong}.")
        try:
            for name, read in fields.items():
                row[name] = read(row[name])
        except (TypeError, ValueError):
            raise ValueError(
                f"File `{path}`, {place}, field `{name}` must be {read.__name__}, "
                f"but is {row[name]!r}."
            ) from None
        rows.append(row)
    return rows


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            reader = csv.DictReader(file, strict=True)
            for row in reader:
                yield f"line {reader.line_num}", row
            return
        try:
            rows = json.load(file)
        except ValueError as error:
            raise ValueError(f"File `{path}` is not JSON: {error}.") from None
    if not isinstance(rows, list):
        raise ValueError(f"File `{path}` must be a list of objects.")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise ValueError(f"File `{path}`, row {number} must be an object, but is {row!r}.")
        yield f"row {number}", row
