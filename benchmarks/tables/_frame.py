"""What a table is: published numbers, how to compute them again, and when the two agree.

A table is a module or package of this folder with one public name, `TABLE`. The frame runs it cell
by cell or all together, keeps what is done, and judges; see README.md.
"""

import csv
import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
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


class Known(NamedTuple):
    """What a cell gives where that is known not to be the published number.

    Attributes:
        why: The reason.
        value: What it gives instead; None for the published number, only less closely.
        rule: How closely.
    """

    why: str
    value: float | None
    rule: Rule


class Cell(NamedTuple):
    """One published number.

    Attributes:
        key: Its name, unique in the table, such as "circle/fidelity/1/4"; globs select by it.
        target: What was published; None where the number is ours alone, such as the corrected
            result beside an emulated defect.
        rule: When ours agrees with it.
        quick: Whether `--quick` runs it.
        known: What is known of a difference: where it does not agree, but gives what is known, it
            is "explained", not "missed".
        seconds: What its computation took as published.
        inputs: What it is computed from besides the key and what is not named after `targets`, such
            as published hyperparameters: where that changes it is computed again.
        note: What else a reader must know.
    """

    key: str
    target: float | None
    rule: Rule
    quick: bool = False
    known: Known | None = None
    seconds: float | None = None
    inputs: str = ""
    note: str = ""


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
        group: From the key of a cell to what it is computed with: cells of one group are never
            shared out to two processes. All but the last part of the key, if not given.
        kind: From the key of a cell to the name under which `results.md` sums up seconds, such as
            that of a model.
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
    group: Callable[[str], str] = lambda key: key.rpartition("/")[0]
    kind: Callable[[str], str] | None = None
    figure: Callable[[list[Row]], Any] | None = None
    seeds: Mapping[str, int | str] = {}


def judge(cell: Cell, outcome: Outcome) -> str:
    """Returns the verdict on an outcome."""
    if cell.target is None:
        return "ours"
    if cell.rule.holds(outcome, cell.target):
        return "matched"
    if cell.known is None:
        return "missed"
    instead = cell.target if cell.known.value is None else cell.known.value
    return "explained" if cell.known.rule.holds(outcome, instead) else "missed"


def targets(path: Path, fields: Mapping[str, Callable[[Any], Any]]) -> list[dict[str, Any]]:
    """Reads published numbers: a CSV file with a line of names, or a JSON list of objects.

    Args:
        path: The file.
        fields: The names that every row has, each with what reads its value, such as `float`.

    Raises:
        ValueError: If the file or a row is malformed; file, row and field are named.
    """
    rows = []
    for place, row in _rows(path):
        given = {name for name, value in row.items() if value is not None}
        if given != set(fields):
            wrong = ", ".join(sorted(map(str, given ^ set(fields))))
            raise ValueError(f"File `{path}`, {place} must have other fields: see {wrong}.")
        try:
            for name, read in fields.items():
                row[name] = read(row[name])
        except (TypeError, ValueError):
            kind = _KINDS.get(read, read.__name__.strip("_"))
            raise ValueError(
                f"File `{path}`, {place}, field `{name}` must be {kind}, but is {row[name]!r}."
            ) from None
        rows.append(row)
    return rows


def all_used(path: Path, left: Iterable[str]) -> None:
    """Raises a ValueError if keys of a file of targets are left that no cell has."""
    if unknown := ", ".join(left):
        raise ValueError(f"File `{path}` has cells that are not in the table: {unknown}.")


def optional_float(text: str) -> float | None:
    """Reads a number, or nothing."""
    return float(text) if text else None


def flag(text: str) -> bool:
    """Reads 0 or 1."""
    return bool(("0", "1").index(text))


_KINDS = {
    float: "a number",
    int: "an integer",
    optional_float: "a number or nothing",
    flag: "0 or 1",
}


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"File `{path}` is not UTF-8: {error}.") from None
    if path.suffix == ".csv":
        reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
        try:
            for row in reader:
                yield f"line {reader.line_num}", row
        except csv.Error as error:
            place = f"after line {reader.line_num}"
            raise ValueError(f"File `{path}`, {place}: not CSV, {error}.") from None
        return
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise ValueError(f"File `{path}` is not JSON: {error}.") from None
    if not isinstance(rows, list):
        raise ValueError(f"File `{path}` must be a list of objects.")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise ValueError(f"File `{path}`, row {number} must be an object, but is {row!r}.")
        yield f"row {number}", row
