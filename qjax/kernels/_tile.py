"""A run of blocks on the last places of a state, in XLA, and how its data lies.

A *tile* is the 2**t amplitudes that the last t places span; a state is a stack of tiles. Each
block of a run acts on neighbouring places, its span, within the tile, so a device can take a tile
into fast memory once for the whole tiling. An affine map over the bits may come first: with it, a
change of the order of the bits or a network of CNOTs costs no pass of its own.

Blocks are planes, real ``[2, K, K]``: the real and the imaginary part of a matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from qjax.kernels import _state as kernel

# Columns and offset of a map over GF(2), as `kernel.gather` takes them.
Affine = tuple[tuple[int, ...], int]


class Span(NamedTuple):
    """Neighbouring places of a tile: how many, and how many places come after them."""

    width: int
    after: int


class Tiling(NamedTuple):
    """How a state is cut into tiles, and what each goes through.

    Attributes:
        places: t, the number of places of a tile.
        spans: Where each block acts, in order.
        read: Where each entry comes from before the first block, or None for where it is.
        write: Inverse of ``read``.
    """

    places: int
    spans: tuple[Span, ...]
    read: Affine | None = None
    write: Affine | None = None


def to_planes(matrix: jax.Array) -> jax.Array:
    """Complex ``[K, K]`` to planes ``[2, K, K]``."""
    return jnp.stack([matrix.real, matrix.imag])


def apply_xla(tiling: Tiling, planes: Sequence[jax.Array], state: jax.Array) -> jax.Array:
    """The state after the run, ``[2**n, 2]``."""
    state = kernel.gather(state, *tiling.read) if tiling.read else state
    for span, block in zip(tiling.spans, planes, strict=True):
        state = _apply_block(span, _real(block), state)
    return state


def undo_xla(tiling: Tiling, planes: Sequence[jax.Array], state: jax.Array) -> jax.Array:
    """The state before the run, ``[2**n, 2]``."""
    for span, block in zip(reversed(tiling.spans), reversed(planes), strict=True):
        state = _apply_block(span, kernel.inverse_block(_real(block)), state)
    return kernel.gather(state, *tiling.write) if tiling.write else state


def pull_back_xla(
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
    for span, block in zip(reversed(tiling.spans), reversed(planes), strict=True):
        state = _apply_block(span, kernel.inverse_block(_real(block)), state)
        pull_back = jax.vjp(lambda b, s, at=span: _apply_block(at, _real(b), s), block, state)[1]
        bar, cotangent = pull_back(cotangent)
        bars.append(bar)
    if tiling.write:
        state, cotangent = (kernel.gather(x, *tiling.write) for x in (state, cotangent))
    return tuple(reversed(bars)), state, cotangent


def _real(block: jax.Array) -> jax.Array:
    return kernel.real_block(jax.lax.complex(block[0], block[1]))


def _apply_block(span: Span, block: jax.Array, state: jax.Array) -> jax.Array:
    """Applies a real block, ``[2K, 2K]`` from the right, to its span."""
    dim = 2**span.width
    rows = state.reshape(-1, dim, 2**span.after, 2)
    pairs = block.reshape(dim, 2, dim, 2)
    after = jnp.einsum("lbrd,bdac->larc", rows, pairs, precision=kernel.PRECISION)
    return after.reshape(state.shape)
