"""Wires that stories run on: four real numbers each, any event one matrix on two of them."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Wires(NamedTuple):
    """Wires at one moment of a story; a pytree.

    An event brings its two wires to the front and leaves them there: to put them back would move
    every number once more.

    Attributes:
        values: Expectations of all words on the wires, ``[4**wires]``.
        places: Where each wire stands, counted from the left, int32 ``[wires]``.
    """

    values: jax.Array
    places: jax.Array


def run(channels: jax.Array, steps: jax.Array, wires: int) -> Wires:
    """The wires after a story.

    Args:
        channels: The matrices of the events, ``[events, 16, 16]``.
        steps: Number of the event and its two wires, int32 ``[steps, 3]``.
        wires: How many there are.
    """
    start = Wires(jnp.zeros(4**wires).at[0].set(1.0), jnp.arange(wires, dtype=jnp.int32))
    # A product in place of an index: its derivative is a product, too.
    chosen = jax.nn.one_hot(steps[:, 0], len(channels), dtype=channels.dtype)
    matrices = jnp.einsum("te,eij->tij", chosen, channels, precision="highest")

    def step(state: Wires, event: tuple[jax.Array, jax.Array]) -> tuple[Wires, None]:
        matrix, pair = event
        values, places = state
        pair_at = places[pair]
        front = _to_front(values, pair_at).reshape(16, -1)
        moved = jnp.matmul(matrix, front, precision="highest").reshape(-1)
        behind = places + 2 - (places[:, None] > pair_at[None]).sum(1, dtype=jnp.int32)
        return Wires(moved, behind.at[pair].set(jnp.arange(2, dtype=jnp.int32))), None

    return jax.lax.scan(step, start, (matrices, steps[:, 1:]))[0]


def asked(state: Wires, pair: jax.Array) -> jax.Array:
    """Expectations of two wires, all others discarded, ``[16]``."""
    wires, words = len(state.places), jnp.arange(16, dtype=jnp.int32)
    first, second = 2 * (wires - 1 - state.places[pair])
    return state.values[(words >> 2) << first | (words & 3) << second]


@jax.custom_vjp
def _to_front(values: jax.Array, pair: jax.Array) -> jax.Array:
    """Moves the wires at two places to the front, in that order.

    It is a permutation, whose derivative is the one back: JAX's own would add up number by number.
    """
    wires, (first, second) = _shifts(values, pair)
    # From the left: the words on the two wires, then those on the others.
    number = jnp.arange(4**wires, dtype=jnp.int32)
    words, others = number >> 2 * (wires - 2), number & 4 ** (wires - 2) - 1
    for shift in (jnp.minimum(first, second), jnp.maximum(first, second)):  # Opens a gap.
        below = others & (1 << shift) - 1
        others = (others - below) << 2 | below
    return values[others | (words >> 2) << first | (words & 3) << second]


def _from_front(values: jax.Array, pair: jax.Array) -> jax.Array:
    """Moves the two wires at the front to two places: undoes `_to_front`."""
    wires, (first, second) = _shifts(values, pair)
    others = number = jnp.arange(4**wires, dtype=jnp.int32)
    for shift in (jnp.maximum(first, second), jnp.minimum(first, second)):  # Closes a gap.
        below = others & (1 << shift) - 1
        others = others >> shift + 2 << shift | below
    words = (number >> first & 3) << 2 | number >> second & 3
    return values[words << 2 * (wires - 2) | others]


def _shifts(values: jax.Array, pair: jax.Array) -> tuple[int, tuple[jax.Array, jax.Array]]:
    """The number of wires, and by how many bits the two are from the right."""
    wires = (values.shape[0].bit_length() - 1) // 2
    return wires, (2 * (wires - 1 - pair[0]), 2 * (wires - 1 - pair[1]))


def _forward(values: jax.Array, pair: jax.Array) -> tuple[jax.Array, jax.Array]:
    return _to_front(values, pair), pair


def _backward(pair: jax.Array, cotangent: jax.Array) -> tuple[jax.Array, None]:
    return _from_front(cotangent, pair), None


_to_front.defvjp(_forward, _backward)
