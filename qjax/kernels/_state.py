"""Operations on a statevector held as real numbers, ``[2**m]``.

The real and the imaginary part are one more bit of the index, 0 and 1; a state that stays real does
without it. Like a qubit, that bit has a *place* in the current order of the bits, most significant
first. A complex block on k qubits is then a real matrix on k + 1 bits, a real block (RY, H, CX) one
on k bits, of half the work, and both are one real matrix product, which XLA runs several times
faster on a CPU than a complex one.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# Matrix products of states are never rounded to a shorter format (TF32, bfloat16) on any device.
PRECISION = jax.lax.Precision.HIGHEST


def to_planes(vector: jax.Array) -> jax.Array:
    """Real or complex ``[...]`` to real and imaginary planes ``[2, ...]``."""
    return jnp.stack([vector.real, vector.imag])


def to_complex(planes: jax.Array) -> jax.Array:
    """Planes ``[2, ...]``, or ``[1, ...]`` of what is real, to complex ``[...]``."""
    imaginary = planes[1] if planes.shape[0] == 2 else jnp.zeros_like(planes[0])
    return jax.lax.complex(planes[0], imaginary)


def product_state(vectors: Sequence[jax.Array]) -> jax.Array:
    """Outer product of real or complex vectors, the first most significant, ``[2**n]``."""

    def outer(a: jax.Array, b: jax.Array) -> jax.Array:
        return (a[:, None] * b[None, :]).reshape(-1)

    # Halves first, so that nearly all the work is in the last product.
    parts = list(vectors)
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=False)
        parts = [outer(a, b) for a, b in pairs] + ([parts[-1]] if len(parts) % 2 else [])
    return parts[0]


def real_block(matrix: jax.Array, places: Sequence[int] = ()) -> jax.Array:
    """The real matrix W such that bits-of-x @ W = bits-of-(matrix @ x).

    Args:
        matrix: Real or complex ``[2**k, 2**k]``.
        places: Where each bit of the block's run comes from: qubits 0 to k - 1 of the matrix, and
            k for the bit of the imaginary part, which only a complex matrix has. In this order
            by default.
    """
    k = matrix.shape[-1].bit_length() - 1
    rows = matrix.T
    if jnp.iscomplexobj(matrix):
        re, im = rows.real, rows.imag
        rows = jnp.stack([jnp.stack([re, im], -1), jnp.stack([-im, re], -1)], 1)
        k += 1
    if places and list(places) != list(range(k)):
        rows = rows.reshape((2,) * (2 * k)).transpose(*places, *(k + p for p in places))
    return rows.reshape(2**k, 2**k)


def apply_block(state: jax.Array, block: jax.Array, after: int = 0) -> jax.Array:
    """Applies a real block to a run of bits with ``after`` more bits behind it."""
    dim = block.shape[0]
    if after == 0:
        rows = state.reshape(-1, dim)
        return jnp.matmul(rows, block, precision=PRECISION).reshape(state.shape)
    slabs = state.reshape(-1, dim, 2**after)
    blocks = jnp.broadcast_to(block.T, (slabs.shape[0], dim, dim))
    return jnp.matmul(blocks, slabs, precision=PRECISION).reshape(state.shape)


def block_cotangent(state: jax.Array, cotangent: jax.Array, n_bits: int, after: int) -> jax.Array:
    """Cotangent of a real block: one contraction over all that it does not act on.

    Args:
        state: The state before the block.
        cotangent: That of the state after it.
        n_bits: Length of the block's run.
        after: Number of bits behind it.
    """
    dim = 2**n_bits
    if after == 0:
        rows, bars = state.reshape(-1, dim), cotangent.reshape(-1, dim)
        return jnp.einsum("ro,ri->oi", bars, rows, precision=PRECISION).T
    slabs, bars = (x.reshape(-1, dim, 2**after) for x in (state, cotangent))
    return jnp.sum(jnp.einsum("rim,rom->rio", slabs, bars, precision=PRECISION), 0)


@jax.custom_jvp
def inverse_block(block: jax.Array) -> jax.Array:
    """Inverse of an orthogonal block: its transpose, with the derivative of a true inverse."""
    return block.T


@inverse_block.defjvp
def _inverse_block_jvp(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    inverse, dot = primals[0].T, functools.partial(jnp.matmul, precision=PRECISION)
    return inverse, -dot(dot(inverse, tangents[0]), inverse)


def move_places(state: jax.Array, places: tuple[int, ...]) -> jax.Array:
    """Reorders the bits: the new place i holds what was at ``places[i]``."""
    shape, axes = _merged(places)
    return state.reshape(shape).transpose(axes).reshape(state.shape)


def _merged(places: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """Shape and axes of a transpose, runs of neighbouring bits merged into one axis."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] + 1 == place:
            runs[-1].append(place)
        else:
            runs.append([place])
    order = sorted(range(len(runs)), key=lambda i: runs[i][0])
    shape = [2 ** len(runs[i]) for i in order]
    return shape, [order.index(i) for i in range(len(runs))]


class Diagonal:
    """Axes on which tables over some places, and the bit of the imaginary part, are broadcast."""

    def __init__(self, n_bits: int, places: Sequence[tuple[int, ...]], imaginary: int | None):
        single = set() if imaginary is None else {imaginary}
        owners = [tuple(p in table for table in places) for p in range(n_bits)]
        cuts = [
            p
            for p in range(1, n_bits)
            if owners[p] != owners[p - 1] or p in single or p - 1 in single
        ]
        edges = list(zip([0, *cuts], [*cuts, n_bits], strict=True))
        self.shape = [2 ** (b - a) for a, b in edges]
        self.imaginary = None if imaginary is None else [a for a, _ in edges].index(imaginary)
        self._tables = [[a in table for a, _ in edges] for table in places]

    def spread(self, table: jax.Array, index: int) -> jax.Array:
        """One table, ``[2**m]``, with an axis for each of the state's."""
        kept = self._tables[index]
        shape = [d if k else 1 for d, k in zip(self.shape, kept, strict=True)]
        return table.reshape(shape)

    def factor(self, tables: Any) -> tuple[jax.Array, jax.Array]:
        """Product of the tables: its real and its imaginary part."""
        total: Any = None
        for i, table in enumerate(tables):
            re, im = self.spread(table[0], i), self.spread(table[1], i)
            if total is None:
                total = re, im
            else:
                total = total[0] * re - total[1] * im, total[0] * im + total[1] * re
        return total

    def times_i(self, state: jax.Array) -> jax.Array:
        """The state times the imaginary unit."""
        assert self.imaginary is not None
        shape = [2 if axis == self.imaginary else 1 for axis in range(len(self.shape))]
        sign = jnp.asarray([-1, 1], state.dtype).reshape(shape)
        return jnp.flip(state, self.imaginary) * sign

    def sums(self, values: jax.Array, index: int) -> jax.Array:
        """Sums of an array over all that one table does not tell apart, ``[2**m]``."""
        rest = [axis for axis, kept in enumerate(self._tables[index]) if not kept]
        return jnp.sum(values, rest).reshape(-1)


def apply_phases(state: jax.Array, tables: Any, axes: Diagonal, sign: int) -> jax.Array:
    """Multiplies by tables of unit numbers, or by their conjugates, in one pass.

    Args:
        state: Real ``[2**m]``.
        tables: Pairs of real and imaginary parts ``[2, 2**k]``, bits in the order of their places.
        axes: Where they go.
        sign: 1, or -1 for the conjugates.
    """
    re, im = axes.factor(tables)
    grid = state.reshape(axes.shape)
    total = grid * re
    if axes.imaginary is not None:  # A flip instead of two planes: XLA fuses it with what follows.
        total = total + axes.times_i(grid) * (sign * im)
    return total.reshape(state.shape)


def gather(state: jax.Array, columns: tuple[int, ...], offset: int) -> jax.Array:
    """Moves amplitudes: entry b of the result is entry A b + c of the state, over GF(2).

    Args:
        state: Real ``[2**m]``.
        columns: Image under A of the bit at each place, most significant first.
        offset: c.
    """
    m = len(columns)
    kept = 0  # Leading bits that stay as they are need no index.
    while kept < m and columns[kept] == 1 << (m - 1 - kept) and not _touched(columns, offset, kept):
        kept += 1
    rest = columns[kept:]
    half = len(rest) // 2
    high, low = _span(rest[:half]) ^ offset, _span(rest[half:])
    index = (jnp.asarray(high)[:, None] ^ jnp.asarray(low)[None, :]).reshape(-1)
    return _taken(state.reshape(2**kept, -1), index).reshape(state.shape)


def route(state: jax.Array, columns: jax.Array) -> jax.Array:
    """`gather` by columns that are traced, ``[m]``."""
    half = columns.shape[0] // 2

    def span(columns: jax.Array) -> jax.Array:
        table = jnp.zeros(1, columns.dtype)
        for i in reversed(range(columns.shape[0])):
            table = jnp.concatenate([table, table ^ columns[i]])
        return table

    index = (span(columns[:half])[:, None] ^ span(columns[half:])[None, :]).reshape(-1)
    return _taken(state.reshape(1, -1), index).reshape(state.shape)


def _taken(slabs: jax.Array, index: jax.Array) -> jax.Array:
    """Entries of each row of ``[rows, entries]``."""
    # Bound to the state, by zero bits of it, so that vmap batches the index too: otherwise XLA lays
    # the batch out innermost, and every step around the gather pays for turning it around.
    first = jax.lax.stop_gradient(slabs[0, 0])
    bits = jnp.int32 if slabs.dtype.itemsize == 4 else jnp.int64
    index = index | (jax.lax.bitcast_convert_type(first, bits) & 0).astype(index.dtype)
    return slabs.at[:, index].get(mode="promise_in_bounds", unique_indices=True)


def _touched(columns: Sequence[int], offset: int, place: int) -> bool:
    """Whether the bit at a place depends on others, or is flipped."""
    bit = 1 << (len(columns) - 1 - place)
    return bool(offset & bit) or any(c & bit for i, c in enumerate(columns) if i != place)


def _span(columns: Sequence[int]) -> np.ndarray:
    table = np.zeros(1, np.int32)
    for column in reversed(columns):
        table = np.concatenate([table, table ^ np.int32(column)])
    return table


def flip(state: jax.Array, mask: int) -> jax.Array:
    """Entry b of the result is entry b ^ mask of the state, along its last axis."""
    n = state.shape[-1].bit_length() - 1
    lead = state.ndim - 1
    bits = [mask >> (n - 1 - place) & 1 for place in range(n)]
    shape: list[int] = list(state.shape[:-1])
    axes: list[int] = []
    for place, bit in enumerate(bits):
        if place and bit == bits[place - 1]:
            shape[-1] *= 2
        else:
            axes += [len(shape)] if bit else []
            shape.append(2)
    assert len(shape) > lead or n == 0
    return jnp.flip(state.reshape(shape), axes).reshape(state.shape) if axes else state


def signs(mask: int, n: int, dtype: np.dtype) -> jax.Array:
    """(-1)**|b & mask| for every b, ``[2**n]``."""
    low = n // 2
    parts = []
    for k, part in ((n - low, mask >> low), (low, mask & (2**low - 1))):
        odd = np.bitwise_count(np.arange(2**k) & part).astype(np.int8) & 1
        parts.append(jnp.asarray(1 - 2 * odd, dtype))
    return (parts[0][:, None] * parts[1][None, :]).reshape(-1)


def rotate_pauli(state: jax.Array, theta: jax.Array, x: int, z: int, imaginary: int) -> jax.Array:
    """Applies exp(-i theta P / 2).

    Args:
        state: Real ``[2**m]``.
        theta: The angle.
        x: Places that P flips, as a mask.
        z: Places whose sign it takes.
        imaginary: Mask of the bit of the imaginary part, 0 where there is none.
    """
    m = state.shape[0].bit_length() - 1
    # -i P = (-i) i**ones (-1)**ones X Z, by powers of i; a sign of Z is taken where it is read.
    power = (3 + 3 * (x & z).bit_count()) % 4
    minus = 1 if power >= 2 else 0
    if power % 2:  # Times i: the parts change places, and the new real part its sign.
        x, z, minus = x ^ imaginary, z ^ imaginary, minus ^ 1
    image = flip(state, x) * signs(z, m, state.dtype)
    return jnp.cos(theta / 2) * state + (1 - 2 * minus) * jnp.sin(theta / 2) * image
