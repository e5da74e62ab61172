"""Wires that stories run on: four real numbers each, any event one matrix on two of them."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def run(channels: jax.Array, steps: jax.Array, wires: int) -> jax.Array:
    """Pauli expectations of all wires after a story, ``[4**wires]``."""
    start = jnp.zeros(4**wires).at[0].set(1.0)

    def step(state: jax.Array, event: jax.Array) -> tuple[jax.Array, None]:
        places = _places(event[1], event[2], wires)
        pairs = jnp.matmul(channels[event[0]], state[places], precision="highest")
        return state.at[places].set(pairs, unique_indices=True), None

    return jax.lax.scan(step, start, steps)[0]


def asked(state: jax.Array, pair: jax.Array, wires: int) -> jax.Array:
    """Pauli expectations of two wires, all others discarded, ``[16]``."""
    return state[_places(pair[0], pair[1], wires)[:, 0]]


def _places(a: jax.Array, b: jax.Array, wires: int) -> jax.Array:
    """Where the 16 words on two wires stand beside each word on the others, ``[16, 4**(w - 2)]``.

    The wires are data: one compiled program runs stories of any structure.
    """
    first, second = 2 * (wires - 1 - a), 2 * (wires - 1 - b)
    low, high = jnp.minimum(first, second), jnp.maximum(first, second)
    others = jnp.arange(4 ** (wires - 2), dtype=jnp.int32)
    for place in (low, high):  # Opens a gap of one wire.
        below = others & ((1 << place) - 1)
        others = ((others - below) << 2) | below
    words = jnp.arange(16, dtype=jnp.int32)
    return ((words >> 2) << first | (words & 3) << second)[:, None] | others[None, :]
