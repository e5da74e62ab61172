"""Layers that undo each other at the start."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from qjax.nn.initializers._angles import uniform_angle


def identity_block(
    depth: int, initializer: Callable[..., jax.Array] | None = None
) -> Callable[..., jax.Array]:
    r"""Returns an initialiser of layers that come in blocks, each the identity at the start.

    A block has `2 * depth` layers. Those of its first half are drawn; those of its second half are
    the same in a mirror, and the circuit must apply their inverses:

    $$U(\theta) = V(\theta_{2d})^\dagger \cdots V(\theta_{d+1})^\dagger \;
      V(\theta_d) \cdots V(\theta_1), \qquad \theta_{d+j} = \theta_{d+1-j} \Rightarrow
      U(\theta) = 1$$

    All angles are free in training. At the start they are as random as the initialiser has them,
    but a circuit of many blocks is only as deep as a single one: the gradient does not vanish.

    Args:
        depth: Layers in half a block, d.
        initializer: Draws the first halves, as `initializer(key, shape, dtype)`; angles from the
            whole circle by default.

    Returns:
        `initializer(key, shape, dtype)`; it consumes the key. The shape is `[layers, ...]`, with a
        multiple of `2 * depth` layers; if it is not, it raises `ValueError`.

    Raises:
        ValueError: If `depth` is below 1.

    References:
        Grant et al., 2019, `An initialization strategy for addressing barren plateaus in
        parametrized quantum circuits <https://arxiv.org/abs/1903.05076>`_

    Example:
        Each block is a `repeat` of V, then one of its inverse.

        >>> import jax, qjax
        >>> from qjax.nn import initializers
        >>> def layer(circuit, w):
        ...     return circuit.ry(w[:, 0], range(3)).rz(w[:, 1], range(3)).cx([0, 1], [1, 2])
        >>> def undo(circuit, w):
        ...     return circuit + layer(qjax.Circuit(3), w).inverse()
        >>> def block(circuit, w):
        ...     return circuit.repeat(layer, w[:2]).repeat(undo, w[2:])
        >>> weights = initializers.identity_block(2)(jax.random.key(0), (8, 3, 2))
        >>> circuit = qjax.Circuit(3).repeat(block, weights.reshape(2, 4, 3, 2))
        >>> round(float(qjax.expectation(circuit, qjax.Z(0))), 3)
        1.0
    """
    if depth < 1:
        raise ValueError(f"Argument `depth` must be at least 1, but is {depth}.")
    draw = initializer or uniform_angle()

    def initialise(
        key: jax.Array, shape: tuple[int, ...], dtype: DTypeLike = jnp.float32
    ) -> jax.Array:
        if not shape or shape[0] % (2 * depth):
            raise ValueError(
                f"Argument `shape` must be (layers, ...) with a multiple of {2 * depth} layers, "
                f"but is {tuple(shape)}."
            )
        half = draw(key, (shape[0] // (2 * depth), depth, *shape[1:]), dtype)
        return jnp.concatenate([half, half[:, ::-1]], axis=1).reshape(shape)

    return initialise
