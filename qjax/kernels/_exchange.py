"""Steps between devices: bits of the device's number change places with bits of its state.

The devices of one mesh axis, ``2**n_bits`` of them, each hold a part of the state. A *place* is one
of the bits of their number, the most significant first. Every step here is a permutation of all
amplitudes, and moves the local state as a whole or in equal chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class Exchange(NamedTuple):
    """Some places change places with the first bits of the local state. Array: none.

    Attributes:
        axis: Name of the mesh axis.
        n_bits: Base-2 logarithm of its size.
        places: Increasing; as many of the state's first bits take part, in this order.
        alone: Whether the mesh has no other axis.
    """

    axis: str
    n_bits: int
    places: tuple[int, ...]
    alone: bool

    def apply(self, _: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        k = len(self.places)
        chunks = state.reshape(2**k, -1)
        if k == self.n_bits and self.alone:
            return jax.lax.all_to_all(chunks, self.axis, 0, 0, tiled=True).reshape(state.shape)
        # Among those that differ in these places only, in as many rounds as there are others; in a
        # round, all send to who differs by the same. JAX has no `vmap` of an all-to-all in groups,
        # and XLA gathers what another axis splits, such as a batch, before an all-to-all.
        mine = bits_of(jax.lax.axis_index(self.axis), self.n_bits, self.places)
        other = mine ^ jnp.arange(2**k, dtype=mine.dtype)
        sent = _rows(chunks, other)
        rounds = [sent[r] for r in range(2**k)]
        for r in range(1, 2**k):
            mask = sum(
                1 << (self.n_bits - 1 - p)
                for i, p in enumerate(self.places)
                if r >> (k - 1 - i) & 1
            )
            to = [(device, device ^ mask) for device in range(2**self.n_bits)]
            rounds[r] = jax.lax.ppermute(rounds[r], self.axis, to)
        return _rows(jnp.stack(rounds), other).reshape(state.shape)

    def undo(self, _: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return self.apply(_, state)


class Renumber(NamedTuple):
    """Devices hand on their whole state. Array: none.

    Attributes:
        axis: Name of the mesh axis.
        to: For each device, which one has its state next.
    """

    axis: str
    to: tuple[int, ...]

    def apply(self, _: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return jax.lax.ppermute(state, self.axis, list(enumerate(self.to)))

    def undo(self, _: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return jax.lax.ppermute(state, self.axis, [(b, a) for a, b in enumerate(self.to)])


def bits_of(number: jax.Array, n_bits: int, places: Sequence[int]) -> jax.Array:
    """The number that some bits of a number make, the first of them most significant."""
    total = jnp.zeros_like(number)
    for place in places:
        total = 2 * total + (number >> (n_bits - 1 - place) & 1)
    return total


def _rows(chunks: jax.Array, index: jax.Array) -> jax.Array:
    return chunks.at[index].get(mode="promise_in_bounds", unique_indices=True)
