"""Points of a cube labelled by the region they lie in: the problems of data re-uploading."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from qjax.data._split import Examples, Split


@dataclasses.dataclass(frozen=True)
class Region:
    """A classification problem on the cube [-1, 1]^d.

    Attributes:
        dimensions: Features of a point, d.
        classes: Number of classes.
        train: Training points of the published protocol.
        label: From points `[n, d]` to integer labels `[n]`.
    """

    dimensions: int
    classes: int
    train: int
    label: Callable[[np.ndarray], np.ndarray]


def regions(problem: str = "circle", *, seed: int = 30, valid: int = 1000) -> Split:
    r"""Returns a problem of the data re-uploading classifier, drawn as its authors draw it.

    Points are uniform in :math:`[-1, 1]^d`, :math:`x = 2u - 1` with u from NumPy's legacy generator
    `RandomState(seed)`, and labelled by exact regions. The first 200 are for training (500 for the
    sphere, 1,000 for the hypersphere) and the next 4,000 for the test, as published; seed 30 is
    that of the paper. The published protocol has no validation part: those points come from a
    generator of their own and move none of the others.

    | problem | d | classes | regions |
    | --- | --- | --- | --- |
    | `circle` | 2 | 2 | a disc of half the area |
    | `three_circles` | 2 | 4 | three discs and the rest |
    | `wavy_lines` | 2 | 4 | two sine waves cross |
    | `squares` | 2 | 4 | the quadrants |
    | `non_convex` | 2 | 2 | two sides of a wave |
    | `annulus` | 2 | 2 | a ring of half the area (`crown` in the authors' code) |
    | `binary_annulus` | 2 | 3 | within the ring, the ring, beyond (`tricrown`) |
    | `sphere` | 3 | 2 | a ball of half the volume |
    | `hypersphere` | 4 | 2 | a ball of an eighth of the volume |

    Args:
        problem: One of `REGIONS`.
        seed: Seed of the points.
        valid: Number of validation points.

    Returns:
        A `Split` of `Examples` with `inputs` float32 `[n, d]` and `labels` int32 `[n]`.

    Raises:
        ValueError: If the problem is unknown, or `valid` is below 1.

    References:
        Pérez-Salinas et al., Quantum 4, 226 (2020), arXiv 1907.02085, section 6.

    Example:
        >>> from qjax.data import regions
        >>> parts = regions("circle")
        >>> parts.train.inputs.shape, parts.test.inputs.shape
        ((200, 2), (4000, 2))
        >>> float(parts.test.labels.mean())
        0.49
    """
    if problem not in REGIONS:
        raise ValueError(
            f"Argument `problem` must be one of {', '.join(REGIONS)}, but is {problem!r}."
        )
    if valid < 1:
        raise ValueError(f"Argument `valid` must be at least 1, but is {valid}.")
    region = REGIONS[problem]
    train = region.train
    published = np.random.RandomState(seed).rand(train + _TEST, region.dimensions)
    extra = np.random.default_rng([seed, 1]).random((valid, region.dimensions))
    parts = (published[:train], extra, published[train:])
    return Split(*(_labelled(region, 2 * points - 1) for points in parts))


_TEST = 4000


def _labelled(region: Region, points: np.ndarray) -> Examples:
    # Labels come first: single precision could move a point over a boundary.
    return Examples(points.astype(np.float32), region.label(points).astype(np.int32))


def _disc(points: np.ndarray, centre: float | tuple[float, ...], radius: float) -> np.ndarray:
    inside: np.ndarray = np.linalg.norm(points - np.asarray(centre), axis=1) < radius
    return inside


def _ball(radius: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: _disc(x, 0, radius)


def _three_circles(x: np.ndarray) -> np.ndarray:
    labels = np.zeros(len(x), int)
    # Where discs meet, the later one has the point.
    for label, (centre, radius) in enumerate(_CIRCLES, start=1):
        labels[_disc(x, centre, radius)] = label
    return labels


def _wavy_lines(x: np.ndarray) -> np.ndarray:
    wave = np.sin(np.pi * x[:, 0])
    return 2 * (x[:, 1] > x[:, 0] + wave) + (x[:, 1] > -x[:, 0] + wave)


def _squares(x: np.ndarray) -> np.ndarray:
    return 2 * (x[:, 0] > 0) + (x[:, 1] > 0)


def _non_convex(x: np.ndarray) -> np.ndarray:
    above: np.ndarray = x[:, 1] > -2 * x[:, 0] + 1.5 * np.sin(np.pi * x[:, 0])
    return above


def _annulus(x: np.ndarray) -> np.ndarray:
    return _disc(x, 0, _OUTER) & ~_disc(x, 0, _INNER)


def _binary_annulus(x: np.ndarray) -> np.ndarray:
    return 2 - _disc(x, 0, _OUTER).astype(int) - _disc(x, 0, _INNER)


_CIRCLES = (((-1, 1), 1.0), ((1, 0), np.sqrt(6 / np.pi - 1)), ((-0.5, -0.5), 0.5))
_OUTER, _INNER = np.sqrt(0.8), np.sqrt(0.8 - 2 / np.pi)

REGIONS: dict[str, Region] = {
    "circle": Region(2, 2, 200, _ball(np.sqrt(2 / np.pi))),
    "three_circles": Region(2, 4, 200, _three_circles),
    "wavy_lines": Region(2, 4, 200, _wavy_lines),
    "squares": Region(2, 4, 200, _squares),
    "non_convex": Region(2, 2, 200, _non_convex),
    "annulus": Region(2, 2, 200, _annulus),
    "binary_annulus": Region(2, 3, 200, _binary_annulus),
    "sphere": Region(3, 2, 500, _ball(np.cbrt(3 / np.pi))),
    # The published radius: pi^2 r^4 / 2 = 2 of the 16 that the cube has.
    "hypersphere": Region(4, 2, 1000, _ball(np.sqrt(2 / np.pi))),
}
"""The problems by name."""
