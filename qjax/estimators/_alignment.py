"""How well a kernel matrix fits labels."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from qjax.circuit import errors


def kernel_alignment(kernel: Any, labels: Any, *, weights: Any = None) -> jax.Array:
    r"""Centred alignment of a kernel matrix with the ideal one of the labels.

    .. math:: A = \frac{\langle HKH, HTH \rangle_F}{\lVert HKH \rVert_F \lVert HTH \rVert_F},
              \qquad T_{ij} = [y_i = y_j], \quad H = 1 - \tfrac{1}{m} 1 1^T

    A JAX function, to be maximised over what the kernel was made from. Centring makes it blind to
    a constant that is added to the kernel, and to unequal classes.

    Args:
        kernel: Symmetric ``[m, m]``.
        labels: Classes ``[m]``, integers.
        weights: Unused samples of a padded batch have weight 0, others 1; all 1 by default.

    Returns:
        A scalar, at most 1.

    Raises:
        ValueError: If a shape does not match.

    References:
        Cortes, Mohri and Rostamizadeh, JMLR 13, 795 (2012), arXiv 1203.0550; Hubregtsen et al.,
        Phys. Rev. A 106, 042431 (2022), arXiv 2105.02276.

    Example:
        >>> import jax.numpy as jnp
        >>> from qjax.estimators import kernel_alignment
        >>> kernel = jnp.array([[1.0, 0.0], [0.0, 1.0]])
        >>> kernel_alignment(kernel + 5, jnp.array([0, 1])).round(4)
        Array(1., dtype=float32)
    """
    kernel, labels = jnp.asarray(kernel), jnp.asarray(labels)
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise ValueError(f"Argument `kernel` must have shape (m, m), but has {kernel.shape}.")
    errors.check_shape(labels.shape, [kernel.shape[:1]], "labels")
    w = jnp.ones(len(labels), kernel.dtype) if weights is None else jnp.asarray(weights)
    same = (labels[:, None] == labels[None, :]).astype(kernel.dtype)

    def centred(matrix: jax.Array) -> jax.Array:
        share = w / w.sum()
        rows = matrix - (matrix @ share)[:, None]
        both = rows - (share @ rows)[None, :]
        return both * w[:, None] * w[None, :]

    a, b = centred(kernel), centred(same)
    size = jnp.sum(a**2) * jnp.sum(b**2)
    # Labels that are all equal have no alignment: 0, with a derivative of 0.
    return jnp.where(size > 0, jnp.sum(a * b) / jnp.sqrt(jnp.where(size > 0, size, 1)), 0)
