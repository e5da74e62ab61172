"""The drawing of a circuit as a matplotlib figure."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from qjax.circuit import errors
from qjax.circuit._draw_arrange import arrange
from qjax.circuit._draw_layout import CROSS, DOT, TARGET, Block, Glyph, Layout
from qjax.circuit._draw_pen import ANGLE_SIZE, FRAME, NAME_SIZE, NOTE_SIZE, Pen, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from qjax.circuit._circuit import Circuit

_MAX_GATES = 1000
# Lengths are in inches. A figure of more than 65,536 pixels cannot be saved.
_ROW_WIDTH, _MAX_WIDTH, _MAX_HEIGHT = 13.0, 200.0, 100.0
_WIRE, _BOX, _GAP, _MARGIN, _ROW_GAP = 0.6, 0.42, 0.14, 0.15, 0.3
_EDGE_ABOVE, _EDGE_BELOW = 0.22, 0.09
_TITLE, _TITLE_SIZE, _NOTE = 0.35, 13.0, 0.2
_USUAL_COLUMNS = 30
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
    columns = None if columns is None else errors.positive(columns, "columns")
    n_rows = max(int(_MAX_HEIGHT / (_WIRE * min(circuit.n_qubits, 64) + _ROW_GAP)), 1)
    layout = arrange(circuit, _MAX_GATES, n_rows * (columns or _USUAL_COLUMNS))
    widths = _widths(layout)
    heights, row_height = _heights(layout)
    left = _MARGIN + max(text_width(wire, NAME_SIZE) for wire in layout.wires) + 0.1
    rows = layout.rows(widths, available - left - _MARGIN, columns)
    row_width = max(sum(widths[row.start : row.stop]) for row in rows) + _GAP
    texts = [(title or "", _TITLE_SIZE), *((note, NOTE_SIZE) for note in layout.notes)]
    width = max(left + row_width, _MARGIN + max(text_width(*text) for text in texts)) + _MARGIN
    height = len(rows) * (row_height + _ROW_GAP) - _ROW_GAP + 2 * _MARGIN
    height += _NOTE * len(layout.notes)
    figure = Figure(figsize=(width, height + _TITLE * bool(title)))
    axes = figure.add_axes((0, 0, 1, height / figure.get_figheight()))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    pen = Pen(axes)
    if title:
        axes.set_title(title, fontsize=_TITLE_SIZE, pad=2, parse_math=False)
    for i, note in enumerate(reversed(layout.notes)):
        y = height - _MARGIN - i * _NOTE
        pen.write(_MARGIN, y, note, NOTE_SIZE, color=FRAME, ha="left", va="bottom")
    for i, row in enumerate(rows):
        ys = [_MARGIN + i * (row_height + _ROW_GAP) + y for y in heights]
        _Row(pen, layout, row, widths, ys, left, left + row_width).draw()
    return figure


class _Row:
    """One row of the drawing: some columns of the layout, at their place in the axes."""

    def __init__(
        self,
        pen: Pen,
        layout: Layout,
        columns: range,
        widths: list[float],
        ys: list[float],
        left: float,
        right: float,
    ):
        self.pen, self.layout, self.columns, self.ys, self.left = pen, layout, columns, ys, left
        places = accumulate((widths[c] for c in columns), initial=left + _GAP / 2)
        self.edges = dict(zip(range(columns.start, columns.stop + 1), places, strict=True))
        is_last = columns.stop == layout.n_columns
        self.right = self.edges[columns.stop] + _GAP / 2 if is_last else right

    def draw(self) -> None:
        for name, y in zip(self.layout.wires, self.ys, strict=True):
            self.pen.write(self.left - 0.08, y, name, NAME_SIZE, ha="right")
            self.pen.line([self.left, self.right], [y, y], zorder=1, linewidth=0.9)
        for block in self.layout.blocks:
            if block.first < self.columns.stop and block.last >= self.columns.start:
                self.block(block)
        for glyph in self.layout.glyphs:
            if glyph.column in self.columns:
                self.glyph(glyph)

    def block(self, block: Block) -> None:
        """The frame of a repeat, open on a side that is in another row."""
        first, last = block.first in self.columns, block.last in self.columns
        left = self.edges[block.first + 1] - _GAP / 2 if first else self.left
        right = self.edges[block.last] + _GAP / 2 if last else self.right
        top = self.ys[block.top] - _WIRE / 2 + 0.05 - _EDGE_ABOVE * block.above
        bottom = self.ys[block.bottom] + _WIRE / 2 - 0.05 + _EDGE_BELOW * block.below
        ground: dict[str, Any] = {"facecolor": "#8794a1", "edgecolor": "none", "alpha": 0.1}
        self.pen.box(left, top, right - left, bottom - top, **ground, zorder=0)
        sides = [([left, right], [y, y]) for y in (top, bottom)]
        sides += [([x, x], [top, bottom]) for x in [left] * first + [right] * last]
        for xs, ys in sides:
            self.pen.line(xs, ys, color=FRAME, linestyle=(0, (4, 2)), zorder=2)
        if first:
            style: dict[str, Any] = {"color": FRAME, "ha": "left", "va": "top", "weight": "bold"}
            self.pen.write(left + 0.06, top + 0.03, block.label, NOTE_SIZE, **style)

    def glyph(self, glyph: Glyph) -> None:
        x = (self.edges[glyph.column] + self.edges[glyph.column + 1]) / 2
        if glyph.top < glyph.bottom:
            self.pen.line([x, x], [self.ys[glyph.top], self.ys[glyph.bottom]])
        if glyph.box is not None:
            self.box(glyph, glyph.box, x)
        for wire, symbol in glyph.marks.items():
            self.mark(symbol, x, self.ys[wire])

    def mark(self, symbol: str, x: float, y: float) -> None:
        if symbol == DOT:
            self.pen.circle(x, y, 0.055)
        elif symbol == TARGET:
            self.pen.circle(x, y, 0.13, facecolor="white")
            self.pen.line([x - 0.13, x + 0.13], [y, y], zorder=5)
            self.pen.line([x, x], [y - 0.13, y + 0.13], zorder=5)
        elif symbol == CROSS:
            for up in (-0.085, 0.085):
                self.pen.line([x - 0.085, x + 0.085], [y + up, y - up], linewidth=1.6, zorder=5)
        else:
            self.pen.box(x - 0.13, y - 0.13, 0.26, 0.26, facecolor="white", edgecolor="none")
            self.pen.write(x, y, symbol, NAME_SIZE)

    def box(self, glyph: Glyph, box: tuple[int, int], x: float) -> None:
        width, pins, fill = _width(glyph), _pin_width(glyph), _FILLS[glyph.kind]
        left, right = x - width / 2, x + width / 2
        top, bottom = self.ys[box[0]] - _BOX / 2, self.ys[box[1]] + _BOX / 2
        self.pen.box(left, top, width, bottom - top, round=0.04, facecolor=fill)
        middle = (top + bottom) / 2
        for wire in range(box[0], box[1] + 1):
            y = self.ys[wire]
            if wire not in glyph.pins:  # The wire is seen to pass, and the label makes way.
                self.pen.line([left, right], [y, y], zorder=5, linewidth=0.9)
                middle += _WIRE / 2 if abs(middle - y) < _BOX / 2 else 0
            elif pins and glyph.pins[wire] == DOT:
                self.mark(DOT, left + 0.09, y)
            elif pins:
                self.pen.write(left + 0.06, y, glyph.pins[wire], ANGLE_SIZE, color=FRAME, ha="left")
        name, angles = glyph.label
        self.pen.write(x + pins / 2, middle - 0.075 * bool(angles), name, NAME_SIZE)
        if angles:
            self.pen.write(x + pins / 2, middle + 0.105, angles, ANGLE_SIZE)


def _pin_width(glyph: Glyph) -> float:
    if glyph.box is None or glyph.box[0] == glyph.box[1]:
        return 0.0
    widest = max(0.09 if p == DOT else text_width(p, ANGLE_SIZE) for p in glyph.pins.values())
    return widest + 0.04 if widest else 0.0


def _width(glyph: Glyph) -> float:
    if glyph.box is None:
        return 0.26
    name, angles = glyph.label
    pins = _pin_width(glyph)
    text = max(text_width(name, NAME_SIZE), text_width(angles, ANGLE_SIZE))
    return max(_BOX, text + pins + (0.2 if pins else 0.14))


def _widths(layout: Layout) -> list[float]:
    """Width of each column, with the gap around it."""
    widths = [_GAP] * layout.n_columns
    for glyph in layout.glyphs:
        widths[glyph.column] = max(widths[glyph.column], _width(glyph) + _GAP)
    for block in reversed(layout.blocks):
        inside = sum(widths[block.first + 1 : block.last])
        missing = 1.15 * text_width(block.label, NOTE_SIZE) - inside
        widths[block.first + 1] += max(missing, 0.0)
    return widths


def _heights(layout: Layout) -> tuple[list[float], float]:
    """Place of each wire below the top of its row, and the height of the row."""
    heights, y = [], 0.0
    for above, below in zip(*layout.edges(), strict=True):
        heights.append(y + above * _EDGE_ABOVE + _WIRE / 2)
        y += above * _EDGE_ABOVE + _WIRE + below * _EDGE_BELOW
    return heights, y
