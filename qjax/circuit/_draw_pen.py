"""Lines, shapes and text in a matplotlib axes, in inches from its upper left corner."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME_SIZE, ANGLE_SIZE, NOTE_SIZE = 11.0, 8.5, 9.0
INK, FRAME = "#22303c", "#6b7783"
# It comes with matplotlib, and has the Greek letters and symbols of the labels.
_FONT = "DejaVu Sans"


class Pen:
    """Draws in an axes whose units are inches, so that text is as large in any figure."""

    def __init__(self, axes: Axes):
        self._axes = axes

    def line(self, xs: list[float], ys: list[float], **style: Any) -> None:
        """A line through points."""
        from matplotlib.lines import Line2D

        options: dict[str, Any] = {"color": INK, "linewidth": 1.1, "zorder": 3, **style}
        self._axes.add_artist(Line2D(xs, ys, **options))

    def circle(self, x: float, y: float, radius: float, **style: Any) -> None:
        """A circle, filled unless the style says otherwise."""
        from matplotlib.patches import Circle

        options: dict[str, Any] = {
            "facecolor": INK,
            "edgecolor": INK,
            "linewidth": 1.1,
            "zorder": 4,
            **style,
        }
        self._axes.add_artist(Circle((x, y), radius, **options))

    def box(
        self, left: float, top: float, width: float, height: float, round: float = 0, **style: Any
    ) -> None:
        """A rectangle, its corners rounded with a radius."""
        from matplotlib.patches import FancyBboxPatch

        options: dict[str, Any] = {"edgecolor": INK, "linewidth": 1.0, "zorder": 4, **style}
        corners = f"round,pad=0,rounding_size={round}" if round else "square,pad=0"
        shape = FancyBboxPatch((left, top), width, height, boxstyle=corners, **options)
        self._axes.add_artist(shape)

    def write(self, x: float, y: float, text: str, size: float, **style: Any) -> None:
        """Text, centred unless the style says otherwise."""
        options: dict[str, Any] = {
            "color": INK,
            "ha": "center",
            "va": "center",
            "zorder": 6,
            **style,
        }
        self._axes.text(x, y, text, fontsize=size, family=_FONT, parse_math=False, **options)


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Width of a line of text, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=_FONT, size=size)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72
