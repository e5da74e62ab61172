"""One function of many circuits that differ in their parameters only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.sharding import PartitionSpec

from qjax.circuit import Circuit
from qjax.measure._samples import in_chunks
from qjax.measure._split import Split
from qjax.passes import Cones


def in_bulk(
    function: Callable[[Circuit], jax.Array], cones: Cones, chunk: int, split: Split | None = None
) -> jax.Array:
    """The function of each cone, ``[cones, ...]``, so many at a time on each device."""
    structure, leaves = cones.circuit.structure, cones.circuit.leaves
    count = len(cones.places)

    def values(own: list[jax.Array], shared: list[Any]) -> jax.Array:
        def one(own: list[jax.Array]) -> jax.Array:
            left, ours = iter(own), iter(shared)
            each = [next(ours if axis is None else left) for axis in cones.axes]
            return function(Circuit.from_parts(structure, each))

        return in_chunks(one, own, chunk) if own else jnp.repeat(one([])[None], count, 0)

    own, shared = (
        [leaf for leaf, axis in zip(leaves, cones.axes, strict=True) if (axis is None) == same]
        for same in (False, True)
    )
    if split is None or not own:
        return values(own, shared)
    # One row a cone, so that one array is exchanged and not one a leaf. Every device gets as many
    # rows; what is added is dropped.
    unravel = ravel_pytree([leaf[0] for leaf in own])[1]
    rows = jax.vmap(lambda own: ravel_pytree(own)[0])(own)
    extra = -count % split.devices
    filled = jnp.concatenate([rows, jnp.repeat(rows[-1:], extra, 0)]) if extra else rows
    terms = PartitionSpec(split.axis)
    spread = split.map(
        lambda rows, shared: values(jax.vmap(unravel)(rows), shared),
        (terms, PartitionSpec()),
        terms,
    )
    return split.everywhere(spread(split.everywhere(filled), shared))[:count]
