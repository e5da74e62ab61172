"""Small images side by side, each with a verdict."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike


def images(
    pictures: ArrayLike, right: ArrayLike | None = None, *, columns: int = 10, title: str = ""
) -> Figure:
    """Draws images in rows, framed by whether they are right.

    Args:
        pictures: Grey levels from 0 to 1, `[n, height, width]`, n at least 1.
        right: Whether each is right, `[n]`: green frames, else red. None draws grey frames.
        columns: Images in a row.
        title: Title of the figure.

    Returns:
        A figure with one small panel an image.

    Raises:
        ValueError: If a shape does not match.

    Example:
        >>> import numpy as np
        >>> from qjax.plot import images
        >>> len(images(np.zeros((7, 3, 3)), columns=4).axes)
        7
    """
    levels = np.asarray(pictures)
    if levels.ndim != 3 or not len(levels):
        raise ValueError(
            "Argument `pictures` must have shape (n, height, width), n at least 1, but has shape "
            f"{levels.shape}."
        )
    verdicts = None if right is None else np.asarray(right, bool)
    if verdicts is not None and verdicts.shape != levels.shape[:1]:
        raise ValueError(
            f"Argument `right` must have shape {levels.shape[:1]}, but has shape {verdicts.shape}."
        )
    columns = min(columns, len(levels))
    rows = -(-len(levels) // columns)
    size = (0.8 * columns, 0.8 * rows + (0.4 if title else 0))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    for axes in panels[len(levels) :]:
        axes.remove()
    for i, (axes, level) in enumerate(zip(panels, levels, strict=False)):
        axes.imshow(level, cmap="Greys", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        # Solid or dashed as well: colours alone are not told apart by all.
        good = verdicts is None or verdicts[i]
        colour = "0.5" if verdicts is None else "#009e73" if good else "#d55e00"
        for spine in axes.spines.values():
            spine.set(color=colour, linewidth=2, linestyle="-" if good else "--")
    if title:
        figure.suptitle(title, fontsize=11)
    return figure
