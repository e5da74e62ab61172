"""Expectation values of Pauli strings, each device of a mesh reading its share of them.

All devices hold the state. Going back, each adds up the cotangent that its own strings give, and
the sum over the devices is one all-reduce of a state.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from qjax.kernels._pauli import Masks, read_rows, tabled


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def spread_pauli_values(state: jax.Array, masks: Masks, mesh: Mesh, axis: str) -> jax.Array:
    """As `pauli_values`, spread over an axis of a mesh.

    Args:
        state: Planes ``[2, 2**n]``, or ``[1, 2**n]`` of a real state.
        masks: One ``(x, z)`` a string, over places, the most significant bit first.
        mesh: The mesh.
        axis: Its axis that the strings are spread over.

    Returns:
        Real ``[strings]``.
    """
    return _evaluate(state, state, masks, mesh, axis, scale=1.0)


@spread_pauli_values.defjvp
def _spread_pauli_values_jvp(
    masks: Masks, mesh: Mesh, axis: str, primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    # See `pauli_values`.
    (state,), (tangent,) = primals, tangents
    values = spread_pauli_values(state, masks, mesh, axis)
    scale = 2 + 0 * jax.lax.stop_gradient(values)
    return values, _evaluate(state, tangent, masks, mesh, axis, scale=scale)


def _evaluate(
    state: jax.Array, other: jax.Array, masks: Masks, mesh: Mesh, axis: str, *, scale: Any
) -> jax.Array:
    """Scale * Re <other|P|state> for each string."""
    devices = mesh.shape[axis]
    tables, places, order = [], [], []
    for bucket in _buckets(masks, devices):
        rows, kept = tabled(masks, bucket)
        extra = -len(bucket) % devices
        tables.append(jax.tree.map(lambda x, n=extra: jnp.asarray(np.pad(x, _after(x, n))), rows))
        places.append(kept)
        order += [i for _, members in bucket for i in members]
    every, split = PartitionSpec(), PartitionSpec(axis)
    # Not `check_vma`: what comes out is split, and what is the same on all devices has its
    # cotangents summed where the map ends: once, for all tables.
    read = jax.shard_map(
        lambda state, other, tables: [read_rows(state, other, rows) for rows in tables],
        mesh=mesh,
        in_specs=(every, every, split),
        out_specs=split,
        axis_names={axis},
        check_vma=False,
    )
    sums = zip(read(state, other, tables), places, strict=True)
    values = jnp.concatenate([each.reshape(-1)[kept] for each, kept in sums])
    return scale * values[np.argsort(np.asarray(order))]


def _buckets(masks: Masks, devices: int) -> list[list[tuple[int, list[int]]]]:
    """Groups of strings with the same flips, those with about as many together.

    A group has at most what one device's share is.
    """
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, (x, z) in enumerate(masks):
        groups[x, (x & z).bit_count() & 1].append(i)
    share = -(-len(masks) // devices)
    buckets: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for (x, _), members in groups.items():
        for first in range(0, len(members), share):
            part = members[first : first + share]
            buckets[(len(part) - 1).bit_length()].append((x, part))
    return list(buckets.values())


def _after(array: np.ndarray, count: int) -> list[tuple[int, int]]:
    return [(0, count)] + [(0, 0)] * (array.ndim - 1)
