"""The data sets of Bowles, Ahmed and Schuld (2024) that are drawn, not collected."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from qjax.circuit import errors
from qjax.data._classification import (
    hidden_manifold,
    hyperplane_parity,
    linearly_separable,
    noisy_bars_and_stripes,
    two_curves,
)
from qjax.data._split import Examples


class TrainTest(NamedTuple):
    """Examples to learn from and to report on.

    Attributes:
        train: What is learnt from.
        test: What is reported.
    """

    train: Examples
    test: Examples


@dataclasses.dataclass(frozen=True)
class _Sweep:
    """A generator at one number after the other, all drawn from one stream.

    Attributes:
        draw: From the number and the stream to examples.
        seed: Of the stream; None where it goes on from that of the sweep `after`.
        after: The sweep whose stream it continues.
    """

    draw: Callable[[int, np.random.RandomState], Examples]
    seed: int | None = None
    after: str = ""


_SWEEPS = {
    "linearly_separable": _Sweep(lambda n, rng: linearly_separable(n, seed=rng), 42),
    "hidden_manifold": _Sweep(lambda n, rng: hidden_manifold(n, seed=rng), 3),
    "hidden_manifold_diff": _Sweep(
        lambda m, rng: hidden_manifold(10, manifold=m, seed=rng), after="hidden_manifold"
    ),
    "two_curves": _Sweep(lambda n, rng: two_curves(n, seed=rng), 3),
    "two_curves_diff": _Sweep(
        lambda d, rng: two_curves(10, degree=d, offset=1 / (2 * d), seed=rng), after="two_curves"
    ),
    "hyperplanes_diff": _Sweep(lambda k, rng: hyperplane_parity(10, planes=k, seed=rng), 1),
}
_NUMBERS = range(2, 21)
_SIZES = (4, 8, 16, 32)
BOWLES_FAMILIES = (*_SWEEPS, "bars_and_stripes")


def bowles_benchmark(family: str, *, upto: int | None = None) -> dict[int, TrainTest]:
    r"""Returns the data sets of one family of the study, by its number.

    ========================  ===============================  =======================
    Family                    Number                           Train and test
    ========================  ===============================  =======================
    ``linearly_separable``    features, 2 to 20                240 and 60
    ``hidden_manifold``       features, 2 to 20                240 and 60
    ``hidden_manifold_diff``  dimension of the manifold        240 and 60, 10 features
    ``two_curves``            features, 2 to 20                240 and 60
    ``two_curves_diff``       degree of the curves, 2 to 20    240 and 60, 10 features
    ``hyperplanes_diff``      hyperplanes, 2 to 20             240 and 60, 10 features
    ``bars_and_stripes``      side of the image, 4 8 16 32     1000 and 200
    ========================  ===============================  =======================

    Each family is drawn from one stream of the study's seed in rising order, the split included, so
    every number comes out as it was published. Labels are 0 where the study has -1.

    Args:
        family: One of `BOWLES_FAMILIES`.
        upto: Number to stop after; the whole family by default.

    Returns:
        A `TrainTest` for each number; inputs are float64.

    Raises:
        ValueError: If the family is unknown, or `upto` is below its first number.

    References:
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059; XanaduAI/qml-benchmarks,
        paper/benchmarks.

    Example:
        >>> from qjax.data import bowles_benchmark
        >>> train, test = bowles_benchmark("linearly_separable", upto=3)[2]
        >>> train.inputs.shape, test.inputs[-1].round(6).tolist(), int(test.labels[-1])
        ((240, 2), [0.59659, 0.299928], 0)
    """
    if family not in BOWLES_FAMILIES:
        raise ValueError(
            f"Argument `family` must be one of {sorted(BOWLES_FAMILIES)}, but is {family!r}."
        )
    first, last = (_SIZES[0], _SIZES[-1]) if family == "bars_and_stripes" else (2, 20)
    upto = last if upto is None else errors.positive(upto, "upto")
    if upto < first:
        raise ValueError(f"Argument `upto` must be at least {first}, but is {upto}.")
    if family == "bars_and_stripes":
        return {size: _images(size) for size in _SIZES if size <= upto}
    return _swept(family, upto)[0]


def _swept(family: str, upto: int) -> tuple[dict[int, TrainTest], np.random.RandomState]:
    """The sets of a sweep, and the stream after them."""
    sweep = _SWEEPS[family]
    if sweep.after:
        rng = _swept(sweep.after, _NUMBERS[-1])[1]
    else:
        rng = np.random.RandomState(sweep.seed)
    found = {}
    for number in _NUMBERS:
        if number > upto:
            break
        x, y = sweep.draw(number, rng)
        x, x_test, y, y_test = train_test_split(x, y, test_size=0.2, random_state=rng)
        found[number] = TrainTest(Examples(x, y), Examples(x_test, y_test))
    return found, rng


def _images(size: int) -> TrainTest:
    rng = np.random.RandomState(42)
    parts = (noisy_bars_and_stripes(size, size, samples=count, seed=rng) for count in (1000, 200))
    # In the published file bars are the second class; the study's generator has it the other way.
    return TrainTest(*(Examples(images, 1 - labels) for images, labels in parts))
