"""The drawing of a circuit as a matplotlib figure."""

from __future__ import annotations

import functools
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from qjax.circuit._draw_layout import (
    CROSS,
    DOT,
    TARGET,
    Block,
    Glyph,
    Layout,
    arrange,
    positive,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qjax.circuit._circuit import Circuit

_MAX_GATES = 1000
# Lengths are in inches, which are the units of the axes, so that text is as large in any figure.
_ROW_WIDTH, _MAX_WIDTH, _MAX_HEIGHT = 13.0, 200.0, 100.0
_WIRE, _BOX, _GAP, _MARGIN, _ROW_GAP = 0.6, 0.42, 0.14, 0.15, 0.3
_EDGE_ABOVE, _EDGE_BELOW = 0.22, 0.09
_NAME_SIZE, _ANGLE_SIZE, _NOTE_SIZE = 11.0, 8.5, 9.0
# It comes with matplotlib, and has the Greek letters and symbols of the labels.
_FONT = "DejaVu Sans"
_INK, _FRAME = "#22303c", "#6b7783"
_FILLS = {"fixed": "#dceaf7", "angle": "#fdebd0", "data": "#dff0e0", "map": "#ece4f4"}


def draw_mpl(circuit: Circuit, *, title: str | None = None, columns: int | None = None) -> Figure:
    """Draws a circuit as a figure.

    Gates are as far left as they can be. A repeat is one frame around its body. Angles that are
    known are numbers; traced ones, and those that differ between rounds, are symbols.

    Args:
        circuit: Any circuit; its angles may be traced.
        title: Title of the figure.
        columns: Columns of gates in a row, after which the drawing goes on below; by default as
            many as a page has room for.

    Returns:
        A figure with one axes, which saves itself with ``savefig``. Of circuits with thousands of
        gates, or more than 64 qubits, a part is drawn and a note says so.

    Raises:
        TypeError: If ``columns`` is not an integer.
        ValueError: If it is below 1.

    Example:
        >>> import qjax
        >>> figure = qjax.Circuit(2).h(0).cx(0, 1).draw("mpl", title="Bell state")
        >>> figure.axes[0].get_title()
        'Bell state'
    """
    from matplotlib.figure import Figure

    available = _ROW_WIDTH if columns is None else _MAX_WIDTH
    columns = None if columns is None else positive(columns, "columns")
    n_rows = max(int(_MAX_HEIGHT / (_WIRE * min(circuit.n_qubits, 64) + _ROW_GAP)), 1)
    layout = arrange(circuit, _MAX_GATES, n_rows * (columns or 30))
    widths = _widths(layout)
    heights, row_height = _heights(layout)
    margin = _MARGIN + max(_text_width(wire, _NAME_SIZE) for wire in layout.wires) + 0.1
    rows = layout.rows(widths, available - margin - _MARGIN, columns)
    width = max(sum(widths[row.start : row.stop]) for row in rows) + _GAP
    notes = "\n".join(layout.notes)
    noted = max((_text_width(note, _NOTE_SIZE) for note in layout.notes), default=0.0)
    titled = _text_width(title or "", 13) + 2 * _MARGIN
    size = (
        max(margin + width + _MARGIN, noted + 2 * _MARGIN, titled),
        len(rows) * (row_height + _ROW_GAP) - _ROW_GAP + 2 * _MARGIN + 0.2 * len(layout.notes),
    )
    above = 0.35 if title else 0.0
    figure = Figure(figsize=(size[0], size[1] + above))
    axes = figure.add_axes((0, 0, 1, size[1] / (size[1] + above)))
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0))
    axes.set_axis_off()
    if title:
        axes.set_title(title, fontsize=13, pad=2, parse_math=False)
    if notes:
        _write(axes, _MARGIN, size[1] - _MARGIN, notes, _NOTE_SIZE, _FRAME, ha="left", va="bottom")
    for i, row in enumerate(rows):
        ys = [_MARGIN + i * (row_height + _ROW_GAP) + y for y in heights]
        _Row(axes, layout, row, widths, margin, ys, width).draw()
    return figure


class _Row:
    """One row of the drawing: some columns of the layout, at their place in the axes."""

    def __init__(
        self,
        axes: Axes,
        layout: Layout,
        columns: range,
        widths: list[float],
        left: float,
        ys: list[float],
        width: float,
    ):
        self.axes, self.layout, self.columns, self.ys = axes, layout, columns, ys
        places = accumulate((widths[c] for c in columns), initial=left + _GAP / 2)
        self.edges = dict(zip(range(columns.start, columns.stop + 1), places, strict=True))
        self.left, self.right = left, self.edges[columns.stop] + _GAP / 2
        if columns.stop < layout.n_columns:  # It goes on in the next row.
            self.right = left + width

    def draw(self) -> None:
        for name, y in zip(self.layout.wires, self.ys, strict=True):
            _write(self.axes, self.left - 0.08, y, name, _NAME_SIZE, ha="right")
            self.line([self.left, self.right], [y, y], zorder=1, lw=0.9)
        for block in self.layout.blocks:
            if block.first < self.columns.stop and block.last >= self.columns.start:
                self.block(block)
        for glyph in self.layout.glyphs:
            if glyph.column in self.columns:
                self.glyph(glyph)

    def line(self, xs: list[float], ys: list[float], **style: Any) -> None:
        from matplotlib.lines import Line2D

        self.axes.add_line(Line2D(xs, ys, **({"color": _INK, "lw": 1.1, "zorder": 3} | style)))

    def patch(self, patch: Any, **style: Any) -> None:
        patch.set(**({"edgecolor": _INK, "linewidth": 1.0, "zorder": 4} | style))
        self.axes.add_patch(patch)

    def block(self, block: Block) -> None:
        """The frame of a repeat, open on a side that is in another row."""
        from matplotlib.patches import Rectangle

        first, last = block.first in self.columns, block.last in self.columns
        left = self.edges[block.first + 1] - _GAP / 2 if first else self.left
        right = self.edges[block.last] + _GAP / 2 if last else self.right
        top = self.ys[block.top] - _WIRE / 2 + 0.05 - _EDGE_ABOVE * block.above
        bottom = self.ys[block.bottom] + _WIRE / 2 - 0.05 + _EDGE_BELOW * block.below
        ground = Rectangle((left, top), right - left, bottom - top)
        self.patch(ground, facecolor="#8794a1", edgecolor="none", alpha=0.1, zorder=0)
        style = {"color": _FRAME, "ls": (0, (4, 2)), "zorder": 2}
        for y in (top, bottom):
            self.line([left, right], [y, y], **style)
        for x in [left] * first + [right] * last:
            self.line([x, x], [top, bottom], **style)
        if first:
            place = left + 0.06, top + 0.03
            style = {"ha": "left", "va": "top", "weight": "bold"}
            _write(self.axes, *place, block.label, _NOTE_SIZE, _FRAME, **style)

    def glyph(self, glyph: Glyph) -> None:
        x = (self.edges[glyph.column] + self.edges[glyph.column + 1]) / 2
        if glyph.top < glyph.bottom:
            self.line([x, x], [self.ys[glyph.top], self.ys[glyph.bottom]])
        if glyph.box is not None:
            self.box(glyph, glyph.box, x)
        for wire, symbol in glyph.marks.items():
            self.mark(symbol, x, self.ys[wire])

    def mark(self, symbol: str, x: float, y: float) -> None:
        from matplotlib.patches import Circle, Rectangle

        if symbol == DOT:
            self.patch(Circle((x, y), 0.055), facecolor=_INK)
        elif symbol == TARGET:
            self.patch(Circle((x, y), 0.13), facecolor="white", linewidth=1.1)
            self.line([x - 0.13, x + 0.13], [y, y], zorder=5)
            self.line([x, x], [y - 0.13, y + 0.13], zorder=5)
        elif symbol == CROSS:
            for slope in (-0.085, 0.085):
                self.line([x - 0.085, x + 0.085], [y - slope, y + slope], lw=1.6, zorder=5)
        else:
            ground = Rectangle((x - 0.13, y - 0.13), 0.26, 0.26)
            self.patch(ground, facecolor="white", edgecolor="none")
            _write(self.axes, x, y, symbol, _NAME_SIZE)

    def box(self, glyph: Glyph, box: tuple[int, int], x: float) -> None:
        from matplotlib.patches import FancyBboxPatch

        width = _width(glyph)
        top, bottom = self.ys[box[0]] - _BOX / 2, self.ys[box[1]] + _BOX / 2
        shape = FancyBboxPatch(
            (x - width / 2, top), width, bottom - top, boxstyle="round,pad=0,rounding_size=0.04"
        )
        self.patch(shape, facecolor=_FILLS[glyph.kind])
        pins = _pin_width(glyph)
        for wire in range(box[0], box[1] + 1):
            if wire not in glyph.pins:  # It passes, and is seen to.
                self.line([x - width / 2, x + width / 2], [self.ys[wire]] * 2, zorder=5, lw=0.9)
            elif glyph.pins[wire] == DOT:
                self.mark(DOT, x - width / 2 + 0.09, self.ys[wire])
            elif pins:
                place = x - width / 2 + 0.06, self.ys[wire]
                _write(self.axes, *place, glyph.pins[wire], _ANGLE_SIZE, _FRAME, ha="left")
        x, y = x + pins / 2, (top + bottom) / 2
        passing = [self.ys[w] for w in range(*box) if w not in glyph.pins]
        if any(abs(y - wire) < _BOX / 2 for wire in passing):
            y += _WIRE / 2
        name, angles = glyph.label
        _write(self.axes, x, y - 0.075 * bool(angles), name, _NAME_SIZE)
        if angles:
            _write(self.axes, x, y + 0.105, angles, _ANGLE_SIZE)


def _write(
    axes: Axes, x: float, y: float, text: str, size: float, color: str = _INK, **style: Any
) -> None:
    style = {"ha": "center", "va": "center", "zorder": 6, "parse_math": False} | style
    axes.text(x, y, text, fontsize=size, color=color, family=_FONT, **style)


@functools.lru_cache(maxsize=4096)
def _text_width(text: str, size: float) -> float:
    """Inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=_FONT, size=size)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72


def _pin_width(glyph: Glyph) -> float:
    if glyph.box is None or glyph.box[0] == glyph.box[1]:
        return 0.0
    widest = max(0.09 if p == DOT else _text_width(p, _ANGLE_SIZE) for p in glyph.pins.values())
    return widest + 0.04 if widest else 0.0


def _width(glyph: Glyph) -> float:
    if glyph.box is None:
        return 0.26
    name, angles = glyph.label
    text = max(_text_width(name, _NAME_SIZE), _text_width(angles, _ANGLE_SIZE))
    pins = _pin_width(glyph)
    return max(_BOX, text + pins + (0.2 if pins else 0.14))


def _widths(layout: Layout) -> list[float]:
    """Width of each column, with the gap around it."""
    widths = [_GAP] * layout.n_columns
    for glyph in layout.glyphs:
        widths[glyph.column] = max(widths[glyph.column], _width(glyph) + _GAP)
    for block in reversed(layout.blocks):
        missing = _text_width(block.label, _NOTE_SIZE) * 1.15 - sum(
            widths[block.first + 1 : block.last]
        )
        widths[block.first + 1] += max(missing, 0.0)
    return widths


def _heights(layout: Layout) -> tuple[list[float], float]:
    """Place of each wire below the top of its row, and the height of the row."""
    heights, y = [], 0.0
    for above, below in zip(*layout.edges(), strict=True):
        heights.append(y + above * _EDGE_ABOVE + _WIRE / 2)
        y += above * _EDGE_ABOVE + _WIRE + below * _EDGE_BELOW
    return heights, y
