"""Expectation values of Pauli strings in a state whose first bits are the devices' number.

A string flips some bits of that number: then a device reads its part of the state together with the
one that another device has. What is left of the string is read as on one device, and all add up.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.kernels._pauli import evaluate


class SplitMask(NamedTuple):
    """A string: the bits of the devices' number, then those of the local state, as ``(x, z)``."""

    across: tuple[int, int]
    local: tuple[int, int]


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def pauli_values_across(
    state: jax.Array, masks: tuple[SplitMask, ...], axis: str, n_bits: int
) -> jax.Array:
    """Expectation values of Pauli strings, the same on all devices; inside of ``shard_map``.

    Args:
        state: The local planes ``[2, 2**m]``, or ``[1, 2**m]`` of a real state.
        masks: One a string.
        axis: Name of the mesh axis.
        n_bits: Base-2 logarithm of its size.

    Returns:
        Real ``[strings]``.
    """
    return _sums(_read(state, masks, axis, n_bits), state, axis)


@pauli_values_across.defjvp
def _pauli_values_across_jvp(
    masks: Any, axis: str, n_bits: int, primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    # As on one device, only the state itself is permuted, and here it is sent once for both.
    (state,), (tangent,) = primals, tangents
    parts = _read(state, masks, axis, n_bits)
    return _sums(parts, state, axis), 2 * _sums(parts, tangent, axis)


class _Part(NamedTuple):
    """Strings that flip the same bits of the devices' number.

    Attributes:
        members: Which they are.
        masks: What is left of each.
        signs: This device's sign of each.
        state: The state that they are read from, here, by this device.
    """

    members: list[int]
    masks: tuple[tuple[int, int], ...]
    signs: jax.Array
    state: jax.Array


def _read(state: jax.Array, masks: Sequence[SplitMask], axis: str, n_bits: int) -> list[_Part]:
    number = jax.lax.axis_index(axis).astype(jnp.uint32)
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, mask in enumerate(masks):
        x, z = mask.across
        groups[x, (x & z).bit_count() % 4].append(i)
    moved = {0: state}
    parts = []
    for (x, power), members in groups.items():
        if x not in moved:
            to = [(device, device ^ x) for device in range(2**n_bits)]
            moved[x] = jax.lax.ppermute(state, axis, to)
        # (P psi)[b] = i**y (-1)**|(b ^ x) & z| psi[b ^ x], y the number of Y, for each part of P.
        ones = jnp.asarray([masks[i].across[1] for i in members], jnp.uint32)
        odd = jax.lax.population_count((number ^ jnp.uint32(x)) & ones) & jnp.uint32(1)
        signs = 1 - 2 * odd.astype(state.dtype)
        local = tuple(masks[i].local for i in members)
        parts.append(_Part(members, local, signs, _times_power_of_i(moved[x], power)))
    return parts


def _times_power_of_i(planes: jax.Array, power: int) -> jax.Array:
    if power % 2:
        re, im = _two(planes)
        planes = jnp.stack([-im, re])
    return -planes if power >= 2 else planes


def _two(planes: jax.Array) -> jax.Array:
    """The planes of a real state with those of its imaginary part, which is zero."""
    return planes if planes.shape[0] == 2 else jnp.concatenate([planes, jnp.zeros_like(planes)])


def _sums(parts: list[_Part], other: jax.Array, axis: str) -> jax.Array:
    """Re <other|P|state> for each string."""
    values, order = [], []
    for part in parts:
        same = other if part.state.shape[0] == other.shape[0] else _two(other)
        values.append(part.signs * evaluate(part.state, same, part.masks, scale=1.0))
        order += part.members
    total = jnp.concatenate(values)[np.argsort(np.asarray(order))]
    return jax.lax.psum(total, axis)
