"""Distributions of a price, cut to a range and put on a grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

Cdf = Callable[[Any], Any]


def _bimodal(x: Any) -> Any:
    return (stats.norm(0.5, 1.0).cdf(x) + stats.norm(3.5, 0.5).cdf(x)) / 2


_CUMULATIVE: dict[str, Cdf] = {
    "bimodal": _bimodal,
    "log_normal": stats.lognorm(s=1.0, scale=np.e).cdf,
    "triangular": stats.triang(c=2 / 7, loc=0, scale=7).cdf,
}


def grid_distribution(
    name: str, points: int, *, low: float = 0.0, high: float = 7.0
) -> tuple[np.ndarray, np.ndarray]:
    r"""Returns a grid and the probability that a price, rounded to the grid, is each of its points.

    With the cumulative distribution F, the spacing h and prices outside of the outermost cells left
    out,

    .. math:: p_j = \frac{F(x_j + h/2) - F(x_j - h/2)}
              {F(x_\text{last} + h/2) - F(x_\text{first} - h/2)}

    Args:
        name: ``"log_normal"``: the logarithm has mean 1 and deviation 1. ``"triangular"``: from 0
            to 7 with its mode at 2. ``"bimodal"``: normal about 0.5 with deviation 1 or about 3.5
            with deviation 0.5, equally often.
        points: Number of grid points, such as ``2**qubits``.
        low: First point.
        high: Last point.

    Returns:
        The grid and the probabilities, float64 `[points]` each.

    Raises:
        ValueError: If the name is unknown, there are fewer than two points, or `high` is not above
            `low`.

    References:
        The three distributions of Zoufal, Lucchi and Woerner, npj Quantum Information 5, 103
        (2019), arXiv 1904.00043.

    Example:
        >>> from qjax.data import grid_distribution
        >>> grid, p = grid_distribution("triangular", 8)
        >>> grid.tolist(), int(p.argmax()), f"{p.sum():.3f}"
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 2, '1.000')
    """
    if name not in _CUMULATIVE:
        raise ValueError(
            f"Argument `name` must be one of {', '.join(_CUMULATIVE)}, but is {name!r}."
        )
    if points < 2:
        raise ValueError(f"Argument `points` must be at least 2, but is {points}.")
    if not high > low:
        raise ValueError(f"Argument `high` must be above `low`, but they are {high} and {low}.")
    grid = np.linspace(low, high, points)
    half = (grid[1] - grid[0]) / 2
    mass = np.diff(_CUMULATIVE[name](np.append(grid - half, grid[-1] + half)))
    return grid, mass / mass.sum()
