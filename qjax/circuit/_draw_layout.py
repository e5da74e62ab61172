"""The parts of a drawing, in wires and columns: what every drawer starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from qjax.circuit._draw_labels import Label

Kind = Literal["fixed", "angle", "data", "map"]
DOT, TARGET, CROSS, HIDDEN, MORE = "●", "⊕", "×", "⋮", "…"


class Glyph(NamedTuple):
    """One gate on one tuple of qubits, or one mark.

    Attributes:
        column: Where it is; no other glyph is in this column between its top and bottom.
        top: First wire that it covers or crosses.
        bottom: Last wire that it covers or crosses.
        marks: Symbol on a wire: a control, the target of an x, one end of a swap.
        box: First and last wire of its box, if it has one.
        pins: Text on each wire that enters a box of several wires.
        label: Text of the box.
        kind: What decides its colour.
    """

    column: int
    top: int
    bottom: int
    marks: dict[int, str]
    box: tuple[int, int] | None = None
    pins: dict[int, str] = {}  # noqa: RUF012
    label: Label = Label("")
    kind: Kind = "fixed"


class Block(NamedTuple):
    """The frame of a repeat.

    Attributes:
        first: Column of its left edge.
        last: Column of its right edge.
        top: First wire in it.
        bottom: Last wire in it.
        label: Number of rounds.
        above: Place of its upper edge, 1 the nearest to the wire; more where blocks are nested.
        below: Place of its lower edge.
    """

    first: int
    last: int
    top: int
    bottom: int
    label: str
    above: int = 1
    below: int = 1


class Layout(NamedTuple):
    """A circuit as glyphs and blocks in columns.

    Attributes:
        wires: Name of each wire.
        n_columns: Number of columns.
        glyphs: What is drawn.
        blocks: Frames around it, outer ones before inner ones.
        notes: What is not drawn.
    """

    wires: list[str]
    n_columns: int
    glyphs: list[Glyph]
    blocks: list[Block]
    notes: list[str]

    def edges(self) -> tuple[list[int], list[int]]:
        """Number of edges of blocks above and below each wire."""
        above, below = [0] * len(self.wires), [0] * len(self.wires)
        for block in self.blocks:
            above[block.top] = max(above[block.top], block.above)
            below[block.bottom] = max(below[block.bottom], block.below)
        return above, below

    def rows(self, widths: Sequence[float], available: float, n_gates: int | None) -> list[range]:
        """Columns of each row of a drawing that is wrapped.

        Args:
            widths: Width of each column.
            available: Width of a row.
            n_gates: Number of columns with gates in a row; as many as there is place for if None.
        """
        opening = {block.first for block in self.blocks}
        filled = {glyph.column for glyph in self.glyphs if MORE not in glyph.marks.values()}
        breaks, used, count = [0], 0.0, 0
        for column, width in enumerate(widths):
            if column > breaks[-1] and (
                used + width > available or (column in filled and count == n_gates)
            ):
                start = column
                while start - 1 > breaks[-1] and start - 1 in opening:
                    start -= 1  # A frame does not open at the end of a row.
                breaks.append(start)
                used, count = sum(widths[start:column]), 0
            used += width
            count += column in filled
        return [range(*ends) for ends in zip(breaks, [*breaks[1:], len(widths)], strict=True)]
