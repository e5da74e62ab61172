"""Numbers as a reader sees them."""

import math

from benchmarks.tables._frame import Row


def number(value: float | None, decimals: int = 0) -> str:
    """Returns a number with six digits, or with so many decimals where those are more."""
    if value is None:
        return ""
    text = f"{value:.6g}"
    shown = len(text.partition(".")[2])
    return text if "e" in text or shown >= decimals else f"{value:.{decimals}f}"


def sides(row: Row) -> tuple[str, str]:
    """Returns the published number and ours, so that one sees by what rule they agree or not."""
    if row.outcome is None:
        return number(row.cell.target), ""
    both = row.cell.target, row.outcome.value
    room = row.cell.rule.absolute
    # 1e-6 and 0.5e-6 can both be seen in the sixth decimal.
    decimals = max(0, math.floor(1e-9 - math.log10(room))) if room else 0
    theirs, ours = (number(value, decimals) for value in both)
    if theirs == ours and row.verdict != "matched":
        return repr(both[0]), repr(both[1])
    return theirs, ours


def duration(seconds: float) -> str:
    """Returns a time in the unit that it is of the order of."""
    units = ((3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"))
    size, unit = next((u for u in units if seconds >= u[0]), (1e-6, "us"))
    return f"{seconds / size:,.3g} {unit}" if seconds < 3.6e6 else f"{seconds / size:,.0f} {unit}"


def beside(published: float) -> str:
    """Returns the words for the published time, if there is one."""
    return f", published {duration(published)}" if published else ""
