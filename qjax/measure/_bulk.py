"""One function of many circuits that differ in their parameters only."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from qjax.circuit import Circuit
from qjax.passes import Cones


def in_bulk(function: Callable[[Circuit], jax.Array], cones: Cones, chunk: int) -> jax.Array:
    """The function of each cone, ``[cones, ...]``, so many at a time."""
    structure, leaves = cones.circuit.structure, cones.circuit.leaves
    count = len(cones.places)
    own = [leaf for leaf, axis in zip(leaves, cones.axes, strict=True) if axis is not None]

    def one(own: list[jax.Array]) -> jax.Array:
        left = iter(own)
        each = [
            leaf if axis is None else next(left)
            for leaf, axis in zip(leaves, cones.axes, strict=True)
        ]
        return function(Circuit.from_parts(structure, each))

    if not own:
        return jnp.repeat(one([])[None], count, 0)
    if count <= chunk:
        return jax.vmap(one)(own)
    # Whole chunks, so that one program serves all; what is added is dropped.
    chunks = -(-count // chunk)
    size = -(-count // chunks)
    index = jnp.minimum(jnp.arange(chunks * size), count - 1).reshape(chunks, size)
    # Going back, a chunk is run again, so that only one chunk's states are alive.
    some = jax.checkpoint(lambda at: jax.vmap(one)([leaf[at] for leaf in own]))
    values = jax.lax.map(some, index)
    return values.reshape(chunks * size, *values.shape[2:])[:count]
