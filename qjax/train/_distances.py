"""Distances between distributions: losses of generative models, and what they are judged by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import hadamard

Kernel = jax.Array | np.ndarray | Callable[[jax.Array], jax.Array]
"""A matrix `[k, k]`, or a function that multiplies a vector `[k]` by it."""


def kl_divergence(p: Any, q: Any, *, floor: float = 0.0) -> jax.Array:
    r"""Returns the Kullback-Leibler divergence, or relative entropy, of p from q in nats.

    $$D(p \| q) = \sum_x p_x \log \frac{p_x}{\max(q_x, \epsilon)}$$

    Args:
        p: Target distribution, real `[k]`; where it is 0 nothing is added.
        q: The model's, real `[k]`.
        floor: Smallest epsilon that a probability of the model is taken for. At 0 the divergence is
            infinite where the model never gives what the target does.

    Returns:
        A scalar.

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> from qjax.train import kl_divergence
        >>> print(f"{kl_divergence([1.0, 0.0], [0.5, 0.5]):.4f}")
        0.6931
    """
    p, q = _pair(p, q)
    # Ones stand in where p is 0, so that no derivative is infinite there.
    p_log, q_log = (jnp.log(jnp.where(p > 0, x, 1)) for x in (p, jnp.maximum(q, floor)))
    return jnp.sum(p * (p_log - q_log))


def total_variation(p: Any, q: Any) -> jax.Array:
    r"""Returns the total variation distance, the most that the probability of any event differs by.

    $$\mathrm{TV}(p, q) = \frac12 \sum_x |p_x - q_x|$$

    Args:
        p: A distribution, real `[k]`.
        q: Another, real `[k]`.

    Returns:
        A scalar in [0, 1].

    Raises:
        ValueError: If the shapes differ.

    Example:
        >>> from qjax.train import total_variation
        >>> print(total_variation([1.0, 0.0], [0.5, 0.5]))
        0.5
    """
    p, q = _pair(p, q)
    return jnp.abs(p - q).sum() / 2


def mmd(p: Any, q: Any, kernel: Kernel) -> jax.Array:
    r"""Returns the squared maximum mean discrepancy of two distributions on the same k points.

    $$\mathrm{MMD}^2(p, q) = (p - q)^\top K (p - q)
      = \mathbb{E}_{x, x' \sim p} K - 2\, \mathbb{E}_{x \sim p, y \sim q} K
        + \mathbb{E}_{y, y' \sim q} K$$

    Args:
        p: A distribution, real `[k]`, or the frequencies of a sample.
        q: Another, real `[k]`.
        kernel: Positive kernel: a matrix `[k, k]` such as `gaussian_kernel(x, x, bandwidths)`, or a
            function that multiplies a vector by it, such as `bit_kernel(n, bandwidths)`.

    Returns:
        A scalar, at least 0 up to rounding.

    Raises:
        ValueError: If the shapes differ.

    References:
        Gretton et al., "A kernel two-sample test", JMLR 13, 723 (2012); as the loss of a Born
        machine in Liu and Wang, Phys. Rev. A 98, 062324 (2018), arXiv 1804.04168.

    Example:
        >>> import numpy as np
        >>> from qjax.train import gaussian_kernel, mmd
        >>> kernel = gaussian_kernel(np.arange(2.0), np.arange(2.0), [1.0])
        >>> print(f"{mmd([1.0, 0.0], [0.0, 1.0], kernel):.4f}")
        0.7869
    """
    p, q = _pair(p, q)
    difference = p - q
    if callable(kernel):
        return jnp.vdot(difference, kernel(difference))
    kernel = jnp.asarray(kernel)
    if kernel.shape != (p.size, p.size):
        raise ValueError(
            f"Argument `kernel` must have shape {(p.size, p.size)}, but has shape {kernel.shape}."
        )
    return jnp.vdot(difference, jnp.matmul(kernel, difference, precision="highest"))


def sample_mmd(x: Any, y: Any, bandwidths: ArrayLike) -> jax.Array:
    r"""Returns the unbiased estimate of the squared maximum mean discrepancy from two samples.

    With m points x, l points y and the kernel K of `gaussian_kernel`,

    $$\frac{\sum_{i \ne j} K(x_i, x_j)}{m (m - 1)} - \frac{2 \sum_{ij} K(x_i, y_j)}{m l}
      + \frac{\sum_{i \ne j} K(y_i, y_j)}{l (l - 1)}$$

    Args:
        x: A sample, `[m]` or `[m, features]`, such as bits from `qjax.sample`.
        y: Another, `[l]` or `[l, features]`.
        bandwidths: Widths of the kernel.

    Returns:
        A scalar, which may be below 0.

    Raises:
        ValueError: If a sample has fewer than two points, or the widths do not suit.

    References:
        Gretton et al., "A kernel two-sample test", JMLR 13, 723 (2012), equation 3.

    Example:
        >>> import jax, qjax
        >>> from qjax.train import sample_mmd
        >>> circuit, keys = qjax.Circuit(3).h(range(3)), jax.random.split(jax.random.key(0))
        >>> first, second = (qjax.sample(circuit, key, 500) for key in keys)
        >>> bool(abs(sample_mmd(first, second, [1.0])) < 0.01)
        True
    """
    x, y = _points(x, "x"), _points(y, "y")
    for name, sample in (("x", x), ("y", y)):
        if len(sample) < 2:
            raise ValueError(f"Argument `{name}` must have at least 2 points, but has 1.")

    def within(sample: jax.Array) -> jax.Array:
        # Every point is at distance 0 from itself, where the kernel is 1.
        m = len(sample)
        return (gaussian_kernel(sample, sample, bandwidths).sum() - m) / (m * (m - 1))

    return within(x) + within(y) - 2 * gaussian_kernel(x, y, bandwidths).mean()


def gaussian_kernel(x: Any, y: Any, bandwidths: ArrayLike) -> jax.Array:
    r"""Returns a mixture of Gaussian kernels between two sets of points.

    $$K(x, y) = \frac1B \sum_{b=1}^B \exp\!\left(-\frac{|x - y|^2}{2 \sigma_b^2}\right)$$

    Args:
        x: Points, real or integer `[m]` or `[m, features]`.
        y: Points, `[l]` or `[l, features]`.
        bandwidths: The widths sigma, above 0: several, so that the kernel sees near and far.

    Returns:
        Real `[m, l]`, 1 where points are equal.

    Raises:
        ValueError: If the numbers of features differ, or a width is not above 0.

    References:
        Liu and Wang, Phys. Rev. A 98, 062324 (2018), arXiv 1804.04168.

    Example:
        >>> from qjax.train import gaussian_kernel
        >>> gaussian_kernel([0.0, 1.0], [0.0], [1.0]).round(4).tolist()
        [[1.0], [0.6065]]
    """
    x, y = _points(x, "x"), _points(y, "y")
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"Argument `y` must have the {x.shape[1]} features of `x`, but has {y.shape[1]}."
        )
    squares = ((x[:, None, :] - y[None, :, :]) ** 2).sum(-1)
    rates = jnp.asarray(1 / (2 * _widths(bandwidths) ** 2), squares.dtype)
    return jnp.exp(-rates[:, None, None] * squares[None]).mean(0)


def bit_kernel(n: int, bandwidths: ArrayLike) -> Callable[[jax.Array], jax.Array]:
    r"""Returns the product of the Gaussian kernel on all strings of n bits with a vector.

    The squared distance of two strings is their Hamming distance, so the kernel is a product over
    bits, and the Walsh-Hadamard transform W diagonalises it: no matrix of :math:`4^n` is made.

    $$K = 2^{-n}\, W \operatorname{diag}(\lambda)\, W, \qquad
      \lambda_k = \frac1B \sum_b (1 + a_b)^{n - |k|} (1 - a_b)^{|k|}, \qquad
      a_b = e^{-1 / 2 \sigma_b^2}$$

    where :math:`|k|` is the number of ones of k. The MMD is thus a weighted sum of squared
    differences of parities.

    Args:
        n: Number of bits.
        bandwidths: As in `gaussian_kernel`.

    Returns:
        A function from real `[2**n]` to `[2**n]`, the first bit the most significant of the index.

    Raises:
        ValueError: If `n` is below 1, or a width is not above 0.

    References:
        Rudolph et al., "Trainability barriers and opportunities in quantum generative modeling",
        npj Quantum Information 10, 116 (2024), on the MMD as a sum of parities.

    Example:
        >>> import jax.numpy as jnp
        >>> from qjax.train import bit_kernel
        >>> bit_kernel(2, [1.0])(jnp.array([1.0, 0.0, 0.0, 0.0])).round(4).tolist()
        [1.0, 0.6065, 0.6065, 0.3679]
    """
    if n < 1:
        raise ValueError(f"Argument `n` must be at least 1, but is {n}.")
    decay = np.exp(-1 / (2 * _widths(bandwidths)[:, None] ** 2))
    ones = np.bitwise_count(np.arange(2**n))
    eigenvalues = ((1 + decay) ** (n - ones) * (1 - decay) ** ones).mean(0) / 2**n
    left, right = (hadamard(2**half) for half in (n // 2, n - n // 2))

    def transform(vector: jax.Array) -> jax.Array:
        a, b = (jnp.asarray(matrix, vector.dtype) for matrix in (left, right))
        square = vector.reshape(len(a), len(b))
        return jnp.einsum("ij,jk,kl->il", a, square, b, precision="highest").reshape(-1)

    def multiply(vector: jax.Array) -> jax.Array:
        vector = jnp.asarray(vector)
        return transform(jnp.asarray(eigenvalues, vector.dtype) * transform(vector))

    return multiply


def _pair(p: Any, q: Any) -> tuple[jax.Array, jax.Array]:
    p, q = jnp.asarray(p), jnp.asarray(q)
    if p.shape != q.shape or p.ndim != 1:
        raise ValueError(
            "Arguments `p` and `q` must be distributions of one shape [k], but have shapes "
            f"{p.shape} and {q.shape}."
        )
    dtype = jnp.promote_types(jnp.result_type(p, q), jnp.float32)
    return p.astype(dtype), q.astype(dtype)


def _points(x: Any, name: str) -> jax.Array:
    x = jnp.asarray(x)
    if x.ndim not in (1, 2):
        raise ValueError(
            f"Argument `{name}` must have shape [points] or [points, features], but has shape "
            f"{x.shape}."
        )
    return x.astype(jnp.promote_types(x.dtype, jnp.float32)).reshape(len(x), -1)


def _widths(bandwidths: ArrayLike) -> np.ndarray:
    widths = np.asarray(bandwidths, np.float64)
    if widths.ndim != 1 or not len(widths) or not np.all(widths > 0):
        raise ValueError(
            f"Argument `bandwidths` must be a sequence of numbers above 0, but is {bandwidths!r}."
        )
    return widths
