"""A run of blocks on the last places of a state, in XLA, and how its data lies.

A *tile* is the 2**t amplitudes that the last t places span; a state is a stack of tiles. Each
block of a run acts on neighbouring places, its span, within the tile, so a device can take a tile
into fast memory once for the whole tiling. An affine map over the bits may come first, and another
last: with them, a change of the order of the bits or a network of CNOTs costs no pass of its own.

The bit of the imaginary part is the state's first, so a state is two planes, ``[2, 2**n]``, and a
tile a row in each. Blocks are planes as well, real ``[2, K, K]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qjax.kernels import _state as kernel

# Columns and offset of a map over GF(2), as `kernel.gather` takes them, and those of its inverse.
Affine = tuple[tuple[int, ...], int]
Both = tuple[Affine, Affine]


class Span(NamedTuple):
    """Neighbouring places of a tile: how many, and how many places come after them."""

    width: int
    after: int


class Tiling(NamedTuple):
    """How a state is cut into tiles, and what each goes through.

    Attributes:
        places: t, the number of places of a tile.
        spans: Where each block acts, in order.
        enter: Where each entry of a plane comes from before the first block, and the inverse of
            that; or None for where it is.
        leave: Where each goes after the last block, and the inverse.
    """

    places: int
    spans: tuple[Span, ...]
    enter: Both | None = None
    leave: Both | None = None


def apply_xla(tiling: Tiling, planes: Sequence[jax.Array], state: jax.Array) -> jax.Array:
    """The state after the run, ``[2**(n + 1)]``."""
    state = _gather(state, tiling.enter, 0)
    for span, block in zip(tiling.spans, planes, strict=True):
        state = _apply_block(span, _real(block), state)
    return _gather(state, tiling.leave, 1)


def undo_xla(tiling: Tiling, planes: Sequence[jax.Array], state: jax.Array) -> jax.Array:
    """The state before the run, ``[2**(n + 1)]``."""
    state = _gather(state, tiling.leave, 0)
    for span, block in zip(reversed(tiling.spans), reversed(planes), strict=True):
        state = _apply_block(span, kernel.inverse_block(_real(block)), state)
    return _gather(state, tiling.enter, 1)


def reverse_xla(
    tiling: Tiling, planes: Sequence[jax.Array], state: jax.Array, cotangent: jax.Array
) -> tuple[tuple[jax.Array, ...], jax.Array, jax.Array]:
    """Undoes a run and pulls a cotangent back through it.

    Args:
        tiling: Where the blocks act.
        planes: Its blocks.
        state: The state after it.
        cotangent: That of the state after it.

    Returns:
        Cotangents of the blocks, the state before, and its cotangent.
    """
    bars: list[jax.Array] = []
    state, cotangent = (_gather(x, tiling.leave, 0) for x in (state, cotangent))
    for span, block in zip(reversed(tiling.spans), reversed(planes), strict=True):
        state = _apply_block(span, kernel.inverse_block(_real(block)), state)
        pull_back = jax.vjp(lambda b, s, at=span: _apply_block(at, _real(b), s), block, state)[1]
        bar, cotangent = pull_back(cotangent)
        bars.append(bar)
    state, cotangent = (_gather(x, tiling.enter, 1) for x in (state, cotangent))
    return tuple(reversed(bars)), state, cotangent


def _real(block: jax.Array) -> jax.Array:
    """The real block on the bit of the imaginary part and then the span's."""
    k = block.shape[-1].bit_length() - 1
    return kernel.real_block(jax.lax.complex(block[0], block[1]), (k, *range(k)))


def _gather(state: jax.Array, maps: Both | None, which: int) -> jax.Array:
    """Moves both planes alike."""
    if maps is None:
        return state
    columns, offset = maps[which]
    return kernel.gather(state, (1 << len(columns), *columns), offset)


def _apply_block(span: Span, block: jax.Array, state: jax.Array) -> jax.Array:
    """Applies a real block, ``[2K, 2K]`` from the right, to its span."""
    dim = 2**span.width
    slabs = state.reshape(2, -1, dim, 2**span.after)
    parts = block.reshape(2, dim, 2, dim)
    after = jnp.einsum("clbr,cbda->dlar", slabs, parts, precision=kernel.PRECISION)
    return after.reshape(state.shape)
