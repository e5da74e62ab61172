"""Angles drawn around zero, and angles drawn anywhere."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike


def small_angle(stddev: float = 0.1) -> Callable[..., jax.Array]:
    r"""Returns an initialiser of angles close to zero.

    $$\theta \sim \mathcal{N}(0, \sigma^2)$$

    Rotations then begin near the identity, and the gradient of a circuit's expectation does not
    vanish exponentially with its width as it does for angles drawn from the whole circle.

    Args:
        stddev: Standard deviation sigma in radians, above 0.

    Returns:
        `initializer(key, shape, dtype)`; it consumes the key.

    Raises:
        ValueError: If `stddev` is not above 0.

    References:
        Zhang et al., 2022, `Escaping from the Barren Plateau via Gaussian Initializations
        <https://arxiv.org/abs/2203.09376>`_

    Example:
        >>> import jax
        >>> from qjax.nn import initializers
        >>> initializers.small_angle(0.01)(jax.random.key(0), (3, 4)).shape
        (3, 4)
    """
    if not stddev > 0:
        raise ValueError(f"Argument `stddev` must be above 0, but is {stddev}.")

    def initialise(
        key: jax.Array, shape: tuple[int, ...], dtype: DTypeLike = jnp.float32
    ) -> jax.Array:
        return stddev * jax.random.normal(key, shape, dtype)

    return initialise


def gaussian(layers: int, locality: int = 1) -> Callable[..., jax.Array]:
    r"""Returns an initialiser of angles as small as the depth of the circuit asks for.

    $$\theta \sim \mathcal{N}(0, \gamma^2), \qquad \gamma^2 = \frac{1}{4 S (L + 2)}$$

    With L layers and an observable on S qubits, the norm of the gradient then decays no faster
    than a polynomial in their number and L.

    Args:
        layers: Layers of the circuit, L.
        locality: Qubits on which the observable acts, S; of a sum, its largest term.

    Returns:
        `initializer(key, shape, dtype)`; it consumes the key.

    Raises:
        ValueError: If an argument is below 1.

    References:
        Zhang et al., 2022, `Escaping from the Barren Plateau via Gaussian Initializations
        <https://arxiv.org/abs/2203.09376>`_

    Example:
        >>> import jax
        >>> from qjax.nn import initializers
        >>> initializers.gaussian(layers=10, locality=2)(jax.random.key(0), (10, 4)).shape
        (10, 4)
    """
    for name, value in (("layers", layers), ("locality", locality)):
        if value < 1:
            raise ValueError(f"Argument `{name}` must be at least 1, but is {value}.")
    return small_angle(1 / math.sqrt(4 * locality * (layers + 2)))


def uniform_angle(low: float = 0.0, high: float = 2 * math.pi) -> Callable[..., jax.Array]:
    r"""Returns an initialiser of angles from anywhere between two bounds.

    $$\theta \sim \mathcal{U}[\mathrm{low}, \mathrm{high})$$

    Args:
        low: Smallest angle in radians.
        high: Bound above all angles, in radians.

    Returns:
        `initializer(key, shape, dtype)`; it consumes the key.

    Raises:
        ValueError: If `high` is not above `low`.

    Example:
        >>> import jax
        >>> from qjax.nn import initializers
        >>> bool(initializers.uniform_angle()(jax.random.key(0), (3, 4)).min() >= 0)
        True
    """
    if not high > low:
        raise ValueError(f"Argument `high` must be above `low`, but they are {high} and {low}.")

    def initialise(
        key: jax.Array, shape: tuple[int, ...], dtype: DTypeLike = jnp.float32
    ) -> jax.Array:
        return jax.random.uniform(key, shape, dtype, low, high)

    return initialise
