"""Distances between distributions: losses of generative models, and what they are judged by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from qjax.train._kernels import as_points, gaussian_kernel

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
    x, y = as_points(x, "x"), as_points(y, "y")
    for name, sample in (("x", x), ("y", y)):
        if len(sample) < 2:
            raise ValueError(f"Argument `{name}` must have at least 2 points, but has 1.")

    def within(sample: jax.Array) -> jax.Array:
        # Every point is at distance 0 from itself, where the kernel is 1.
        m = len(sample)
        return (gaussian_kernel(sample, sample, bandwidths).sum() - m) / (m * (m - 1))

    return within(x) + within(y) - 2 * gaussian_kernel(x, y, bandwidths).mean()


def _pair(p: Any, q: Any) -> tuple[jax.Array, jax.Array]:
    p, q = jnp.asarray(p), jnp.asarray(q)
    if p.shape != q.shape or p.ndim != 1:
        raise ValueError(
            "Arguments `p` and `q` must be distributions of one shape [k], but have shapes "
            f"{p.shape} and {q.shape}."
        )
    dtype = jnp.promote_types(jnp.result_type(p, q), jnp.float32)
    return p.astype(dtype), q.astype(dtype)
