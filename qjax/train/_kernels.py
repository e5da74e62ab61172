"""Kernels of the maximum mean discrepancy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import hadamard


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
    x, y = as_points(x, "x"), as_points(y, "y")
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


def as_points(x: Any, name: str) -> jax.Array:
    """A sample as `[points, features]`, in floating point."""
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
