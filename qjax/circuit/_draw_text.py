"""The drawing of a circuit in characters."""

from __future__ import annotations

import shutil
from itertools import accumulate
from typing import TYPE_CHECKING

from qjax.circuit import errors
from qjax.circuit._draw_arrange import arrange
from qjax.circuit._draw_layout import Block, Glyph, Layout

if TYPE_CHECKING:
    from qjax.circuit._circuit import Circuit

_MAX_GATES = 2000
_MAX_CELLS = 20_000  # Wires times columns.
# Two characters on top of each other that one line can show, and what it shows.
_MERGED = {pair: pair[0] for pair in ("││", "┃┃", "━━", "┬│", "┏┃", "┓┃")}
_MERGED |= {pair: pair[1] for pair in ("│┴", "┃┗", "┃┛")}

Canvas = list[list[str]]


def draw_text(circuit: Circuit, *, max_width: int | None = None) -> str:
    """Draws a circuit in characters, one line a qubit and lines between them.

    Gates are as far left as they can be. A repeat is one frame around its body. Angles that are
    known are numbers; traced ones, and those that differ between rounds, are symbols.

    Args:
        circuit: Any circuit; its angles may be traced.
        max_width: Characters in a line, after which the drawing goes on below; by default as many
            as the terminal has, or 100 where that is unknown.

    Returns:
        The lines, joined. Of circuits with thousands of gates, or more than 64 qubits, a part is
        drawn and a note says so.

    Raises:
        TypeError: If ``max_width`` is not an integer.
        ValueError: If it is below 1.

    Example:
        >>> import qjax
        >>> print(qjax.Circuit(2).h(0).cx(0, 1).draw())
             ┌───┐
        q0: ─┤ H ├─●─
             └───┘ │
        q1: ───────⊕─
    """
    if max_width is None:
        max_width = shutil.get_terminal_size((100, 24)).columns
    max_width = errors.positive(max_width, "max_width")
    layout = arrange(circuit, _MAX_GATES, max(_MAX_CELLS // min(circuit.n_qubits, 64), 1))
    widths = _widths(layout)
    lefts = list(accumulate(widths, lambda x, width: x + width + 1, initial=1))
    middles, n_lines = _lines(layout)
    canvas = _paint(layout, widths, lefts, middles, n_lines)
    margin = max(map(len, layout.wires)) + 2
    names = [f"{wire}:".ljust(margin) for wire in layout.wires]
    rows = layout.rows([w + 1 for w in widths], max_width - margin - 3, None)
    drawn = []
    for i, row in enumerate(rows):
        span = slice(lefts[row.start] - 1, lefts[row.stop])
        lines = ["".join(line[span]) for line in canvas]
        before, after = "»" if i else "", "»" if i + 1 < len(rows) else ""
        for name, y in zip(names, middles, strict=True):
            lines[y] = f"{name}{before}{lines[y]}{after}"
        drawn.append(_stacked(lines, middles, " " * (margin + len(before))))
    return "\n\n".join([*drawn, "\n".join(layout.notes)] if layout.notes else drawn)


def _pin_width(glyph: Glyph) -> int:
    if glyph.box is None or glyph.box[0] == glyph.box[1]:
        return 0
    return max(map(len, glyph.pins.values()))


def _width(glyph: Glyph) -> int:
    return 1 if glyph.box is None else _pin_width(glyph) + len(str(glyph.label)) + 4


def _title(block: Block) -> str:
    return f"━ {block.label} ━"


def _widths(layout: Layout) -> list[int]:
    """Width of each column."""
    widths = [1] * layout.n_columns
    for glyph in layout.glyphs:
        widths[glyph.column] = max(widths[glyph.column], _width(glyph))
    for block in reversed(layout.blocks):
        inside = range(block.first + 1, block.last)
        missing = len(_title(block)) + 1 - sum(widths[c] + 1 for c in inside)
        widths[block.first + 1] += max(missing, 0)
    return widths


def _lines(layout: Layout) -> tuple[list[int], int]:
    """The line of each wire, and the number of lines."""
    middles, line = [], 0
    for above, below in zip(*layout.edges(), strict=True):
        middles.append(line + above + 1)
        line += above + 3 + below
    return middles, line


def _paint(
    layout: Layout, widths: list[int], lefts: list[int], middles: list[int], n_lines: int
) -> Canvas:
    canvas = [[" "] * lefts[-1] for _ in range(n_lines)]
    for y in middles:
        canvas[y] = ["─"] * lefts[-1]
    for block in layout.blocks:
        left, right = lefts[block.first] + widths[block.first] - 1, lefts[block.last]
        _paint_block(canvas, block, left, right, middles)
    for glyph in layout.glyphs:
        _paint_glyph(canvas, glyph, lefts[glyph.column] + (widths[glyph.column] - 1) // 2, middles)
    return canvas


def _paint_block(canvas: Canvas, block: Block, left: int, right: int, middles: list[int]) -> None:
    top = middles[block.top] - 1 - block.above
    bottom = middles[block.bottom] + 1 + block.below
    for y in range(top, bottom):
        canvas[y][left] = canvas[y][right] = "┃"
    for wire in range(block.top, block.bottom + 1):
        canvas[middles[wire]][left] = canvas[middles[wire]][right] = "╂"
    inside = right - left - 1
    canvas[top][left : right + 1] = f"┏{_title(block).ljust(inside, '━')}┓"
    canvas[bottom][left : right + 1] = f"┗{'━' * inside}┛"


def _paint_glyph(canvas: Canvas, glyph: Glyph, x: int, middles: list[int]) -> None:
    if glyph.top < glyph.bottom:
        for y in range(middles[glyph.top], middles[glyph.bottom] + 1):
            canvas[y][x] = "│"
        for wire in range(glyph.top, glyph.bottom + 1):
            canvas[middles[wire]][x] = "┼"
    if glyph.box is not None:
        _paint_box(canvas, glyph, glyph.box, x, middles)
    for wire, mark in glyph.marks.items():
        canvas[middles[wire]][x] = mark


def _paint_box(
    canvas: Canvas, glyph: Glyph, box: tuple[int, int], x: int, middles: list[int]
) -> None:
    text, width = str(glyph.label), _width(glyph)
    left, inside = x - (width - 1) // 2, width - 2
    right = left + width
    top, bottom = middles[box[0]] - 1, middles[box[1]] + 1
    canvas[top][left:right] = f"┌{'─' * inside}┐"
    canvas[bottom][left:right] = f"└{'─' * inside}┘"
    if glyph.top < box[0]:
        canvas[top][x] = "┴"
    if glyph.bottom > box[1]:
        canvas[bottom][x] = "┬"
    for y in range(top + 1, bottom):
        canvas[y][left:right] = f"│{' ' * inside}│"
    for wire in range(box[0], box[1] + 1):
        crossed = wire not in glyph.pins
        pin = "" if box[0] == box[1] else glyph.pins.get(wire, "")
        ends, fill = ("┼┼", "─") if crossed else ("┤├", " ")
        canvas[middles[wire]][left:right] = f"{ends[0]}{pin.ljust(inside, fill)}{ends[1]}"
    y, start = (top + bottom) // 2, left + _pin_width(glyph) + 2
    if any(middles[wire] == y and wire not in glyph.pins for wire in range(*box)):
        y += 1  # Not on a wire that passes.
    canvas[y][start : start + len(text)] = text


def _stacked(lines: list[str], middles: list[int], margin: str) -> str:
    """The lines of a row, those between two wires merged as far as they go on top of each other."""
    stacked, start = [], 0
    for y in [*middles, len(lines)]:
        gap: list[str] = []
        for line in lines[start:y]:
            both = _merge(gap[-1], line) if gap else None
            gap[-1:] = [line] if not gap else [gap[-1], line] if both is None else [both]
        if start == 0 or y == len(lines):
            gap = [line for line in gap if line.strip()]
        stacked += [(margin + line).rstrip() for line in gap] + lines[y : y + 1]
        start = y + 1
    return "\n".join(stacked)


def _merge(upper: str, lower: str) -> str | None:
    if not upper.strip():
        return lower
    merged = []
    for a, b in zip(upper, lower, strict=True):
        both = a if b == " " else b if a == " " else _MERGED.get(a + b)
        if both is None:
            return None
        merged.append(both)
    return "".join(merged)
