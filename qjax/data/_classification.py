"""Two classes that are drawn rather than collected: five generators with a parameter of hardness.

They draw in the order in which the study of Bowles, Ahmed and Schuld drew, so that its data come
out exactly; `bowles_benchmark` has its seeds.
"""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from qjax.circuit import errors
from qjax.data._split import Examples

Seed = int | np.random.RandomState


def linearly_separable(
    features: int, *, samples: int = 300, margin: float | None = None, seed: Seed = 0
) -> Examples:
    r"""Draws points of a cube on either side of the hyperplane :math:`\sum_i x_i = 0`.

    Twice as many points as asked for are drawn from :math:`[-1, 1]^n`, those with
    :math:`|\sum_i x_i| \le` `margin` are passed over, and the first of the rest are kept.

    Args:
        features: Number of features n.
        samples: Number of points.
        margin: Distance from the hyperplane, times the square root of n; 0.02 n by default.
        seed: Seed, or a generator to draw from.

    Returns:
        `Examples`: float64 ``[samples, features]``, and labels 0 where the sum is above 0, else 1.

    Raises:
        ValueError: If a number is out of range, or too few points are outside of the margin.

    References:
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059, "linearly separable".

    Example:
        >>> from qjax.data import linearly_separable
        >>> x, y = linearly_separable(3)
        >>> x.shape, bool(((x.sum(1) > 0) == (y == 0)).all())
        ((300, 3), True)
    """
    errors.all_positive(features=features, samples=samples)
    margin = 0.02 * features if margin is None else margin
    points = 2 * check_random_state(seed).rand(2 * samples, features) - 1
    kept = points[np.abs(points.sum(1)) > margin][:samples]
    if len(kept) < samples:
        raise ValueError(
            f"Argument `margin` must leave {samples} of {2 * samples} points, but {margin} leaves "
            f"{len(kept)}."
        )
    return Examples(kept, (kept.sum(1) <= 0).astype(np.int32))


def hidden_manifold(
    features: int, *, manifold: int = 6, samples: int = 300, seed: Seed = 0
) -> Examples:
    r"""Draws points of a curved manifold, labelled by a network that sees its coordinates.

    .. math:: x = \tanh\bigl(F^T c / \sqrt{m} - b\bigr), \qquad
              y = \bigl[v \cdot \tanh(W c) / \sqrt{m} \ge \text{median}\bigr], \qquad
              c \sim N(0, 1)^m

    with F, W and v drawn from N(0, 1) and b from [-1, 1].

    Args:
        features: Number of features.
        manifold: Dimension m of the manifold.
        samples: Number of points; even, so that both classes have half of them.
        seed: Seed, or a generator to draw from.

    Returns:
        `Examples`: float64 ``[samples, features]``, and labels 0 and 1, half of each.

    Raises:
        ValueError: If a number is out of range.

    References:
        Goldt et al., Phys. Rev. X 10, 041044 (2020), arXiv 1909.11500; Bowles, Ahmed and Schuld
        (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.data import hidden_manifold
        >>> x, y = hidden_manifold(4, manifold=2)
        >>> x.shape, int(y.sum()), bool(abs(x).max() < 1)
        ((300, 4), 150, True)
    """
    errors.all_positive(features=features, manifold=manifold)
    _check_even(samples)
    rng = check_random_state(seed)
    feature_map = rng.normal(size=(manifold, features))
    coordinates = rng.normal(size=(samples, manifold))
    biases = 2 * rng.uniform(size=features) - 1
    x = np.tanh(coordinates @ feature_map / np.sqrt(manifold) - biases)
    hidden = rng.normal(size=(manifold, manifold))
    out = rng.normal(size=manifold)
    values = np.tanh(coordinates @ hidden.T) / np.sqrt(manifold) @ out
    return Examples(x, (values >= np.median(values)).astype(np.int32))


def two_curves(
    features: int,
    *,
    degree: int = 5,
    offset: float = 0.1,
    noise: float = 0.01,
    samples: int = 300,
    seed: Seed = 0,
) -> Examples:
    r"""Draws points of two copies of a curve, the second one moved by `offset` in every feature.

    .. math:: x_i(t) = \sum_{k=0}^D a_{ik} \cos(\pi k t) + b_{ik} \sin(\pi k t) + \epsilon, \qquad
              t \in [0, 1)

    for k above 0; the two constants of a feature, a and b of k = 0, are added as they are. The
    coefficients are drawn from [0, 1] and divided by their norm; features are scaled to mean 0 and
    deviation 1 in the end.

    Args:
        features: Number of features.
        degree: Highest frequency D.
        offset: How far the second curve is moved.
        noise: Deviation of the noise.
        samples: Number of points; even.
        seed: Seed, or a generator to draw from.

    Returns:
        `Examples`: float64 ``[samples, features]``; the first half has label 0, the other 1.

    Raises:
        ValueError: If a number is out of range.

    References:
        Buchanan, Gilboa and Wright (2021), arXiv 2008.11245; Bowles, Ahmed and Schuld (2024), arXiv
        2403.07059.

    Example:
        >>> from qjax.data import two_curves
        >>> x, y = two_curves(3)
        >>> x.shape, y[[0, 149, 150]].tolist(), bool(abs(x.mean()) < 1e-9)
        ((300, 3), [0, 0, 1], True)
    """
    errors.all_positive(features=features, degree=degree)
    _check_even(samples)
    rng = check_random_state(seed)
    series = rng.uniform(size=(features, degree + 1, 2))
    series = series / np.linalg.norm(series)
    # A point draws its place and then its noise: the order of the draws fixes the stream.
    draws = [(rng.rand(), rng.normal(0, noise, features)) for _ in range(samples)]
    t = np.array([place for place, _ in draws])[:, None]
    x = np.broadcast_to(series[:, 0, 0] + series[:, 0, 1], (samples, features))
    for k in range(1, degree + 1):
        x = x + (series[:, k, 0] * np.cos(k * np.pi * t) + series[:, k, 1] * np.sin(k * np.pi * t))
    x = x + np.array([deviation for _, deviation in draws])
    labels = np.repeat(np.arange(2, dtype=np.int32), samples // 2)
    x = np.where(labels[:, None] == 1, x + offset, x)
    return Examples(StandardScaler().fit_transform(x), labels)


def hyperplane_parity(
    features: int, *, planes: int = 2, dimension: int = 3, samples: int = 300, seed: Seed = 0
) -> Examples:
    """Draws points labelled by whether they are above an odd number of random hyperplanes.

    The hyperplanes lie in a space of few dimensions, from where points are taken to the features by
    a random linear map; features are scaled to mean 0 and deviation 1.

    Args:
        features: Number of features.
        planes: Number of hyperplanes.
        dimension: Dimension of the space that they lie in.
        samples: Number of points; even. Four times as many are drawn, to have half of each class.
        seed: Seed, or a generator to draw from.

    Returns:
        `Examples`: float64 ``[samples, features]``; the first half is above an even number of
        hyperplanes and has label 0, the other has 1.

    Raises:
        ValueError: If a number is out of range, or a class has too few points.

    References:
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059, "hyperplanes and parity".

    Example:
        >>> from qjax.data import hyperplane_parity
        >>> x, y = hyperplane_parity(10, planes=5)
        >>> x.shape, int(y.sum())
        ((300, 10), 150)
    """
    errors.all_positive(features=features, planes=planes, dimension=dimension)
    _check_even(samples)
    rng = check_random_state(seed)
    weights, biases = rng.uniform(size=(planes, dimension)), rng.uniform(size=planes)
    points = rng.normal(size=(4 * samples, dimension))
    odd = (points @ weights.T + biases > 0).sum(1) % 2
    half = samples // 2
    halves = [points[odd == label][:half] for label in (0, 1)]
    if min(map(len, halves)) < half:
        raise ValueError(
            f"Argument `samples` must be such that {4 * samples} points have {half} of each class, "
            f"but they have {[int((odd == label).sum()) for label in (0, 1)]}."
        )
    x = np.concatenate(halves) @ rng.uniform(size=(dimension, features))
    labels = np.repeat(np.arange(2, dtype=np.int32), half)
    return Examples(StandardScaler().fit_transform(x), labels)


def noisy_bars_and_stripes(
    rows: int, columns: int, *, noise: float = 0.5, samples: int = 1000, seed: Seed = 0
) -> Examples:
    """Draws images of random bars or random stripes, with noise on every pixel.

    A bar is a column of pixels, a stripe a row; each is bright (1) or dark (-1) with equal
    probability.

    Args:
        rows: Height in pixels.
        columns: Width in pixels.
        noise: Deviation of the noise.
        samples: Number of images.
        seed: Seed, or a generator to draw from.

    Returns:
        `Examples`: float64 ``[samples, rows, columns]``, and labels 0 for bars, 1 for stripes.

    Raises:
        ValueError: If a number is out of range.

    References:
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059, "bars and stripes".

    Example:
        >>> from qjax.data import noisy_bars_and_stripes
        >>> images, labels = noisy_bars_and_stripes(4, 4, noise=0, samples=10)
        >>> bool((images[labels == 1].std(-1) == 0).all())
        True
    """
    errors.all_positive(rows=rows, columns=columns, samples=samples)
    rng = check_random_state(seed)
    images, labels = np.empty((samples, rows, columns)), np.empty(samples, np.int32)
    for i in range(samples):
        labels[i] = rng.rand() > 0.5
        bright = rng.rand(rows if labels[i] else columns) > 0.5
        lines = np.where(bright, 1.0, -1.0)
        images[i] = lines[:, None] if labels[i] else lines
        images[i] += rng.normal(0, noise, (rows, columns))
    return Examples(images, labels)


def _check_even(samples: int) -> None:
    if errors.positive(samples, "samples") % 2:
        raise ValueError(f"Argument `samples` must be even, but is {samples}.")
