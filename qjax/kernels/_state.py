"""Operations on a statevector held as real pairs, ``[2**n, 2]``: real and imaginary part.

The pair is one more bit, the least significant, so a complex block on the last k qubits is one
real matrix product on the last 2**(k+1) entries, in place. On a CPU that runs several times
faster than the same product in complex numbers, and on a GPU it is an ordinary matrix product.

A qubit's *place* is its position in the current order of the bits, most significant first.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

# Matrix products of states are never rounded to a shorter format (TF32, bfloat16) on any device.
PRECISION = jax.lax.Precision.HIGHEST


def to_pairs(vector: jax.Array) -> jax.Array:
    """Complex ``[...]`` to pairs ``[..., 2]``."""
    return jnp.stack([vector.real, vector.imag], -1)


def to_complex(pairs: jax.Array) -> jax.Array:
    """Pairs ``[..., 2]`` to complex ``[...]``."""
    return jax.lax.complex(pairs[..., 0], pairs[..., 1])


def product_state(vectors: Sequence[jax.Array]) -> jax.Array:
    """Outer product of complex vectors, the first most significant, as pairs ``[2**n, 2]``."""

    def outer(a: jax.Array, b: jax.Array) -> jax.Array:
        return (a[:, None] * b[None, :]).reshape(-1)

    # Halves first, so that nearly all the work is in the last product.
    parts = list(vectors)
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=False)
        parts = [outer(a, b) for a, b in pairs] + ([parts[-1]] if len(parts) % 2 else [])
    return to_pairs(parts[0])


def real_block(matrix: jax.Array) -> jax.Array:
    """The real ``[2K, 2K]`` matrix W such that pairs-of-x @ W = pairs-of-(matrix @ x)."""
    re, im = matrix.real.T, matrix.imag.T
    dim = 2 * matrix.shape[-1]
    rows = [jnp.stack([re, im], -1), jnp.stack([-im, re], -1)]
    return jnp.stack(rows, 1).reshape(dim, dim)


def apply_block(state: jax.Array, block: jax.Array) -> jax.Array:
    """Applies a real block to the last qubits."""
    rows = state.reshape(-1, block.shape[0])
    return jnp.matmul(rows, block, precision=PRECISION).reshape(state.shape)


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
    return state.reshape(*shape, 2).transpose(*axes, len(axes)).reshape(state.shape)


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


def apply_phases(
    state: jax.Array, angles: Sequence[jax.Array], places: Sequence[tuple[int, ...]]
) -> jax.Array:
    """Multiplies by exp(i angles) for each table of angles, in one pass.

    Args:
        state: Pairs ``[2**n, 2]``.
        angles: Tables ``[2**m]``, bits in the order of their places.
        places: For each table its places, increasing.
    """
    n = state.shape[0].bit_length() - 1
    cuts = sorted(
        {0, n} | {p for table in places for p in table} | {p + 1 for t in places for p in t}
    )
    edges = list(zip(cuts, cuts[1:], strict=False))
    total = to_complex(state).reshape([2 ** (b - a) for a, b in edges])
    for table, where in zip(angles, places, strict=True):
        shape = [2 if a in where else 1 for a, _ in edges]
        factor = jax.lax.complex(jnp.cos(table), jnp.sin(table))
        total = total * factor.reshape(shape)
    return to_pairs(total.reshape(-1))


def gather(state: jax.Array, columns: tuple[int, ...], offset: int) -> jax.Array:
    """Moves amplitudes: entry b of the result is entry A b + c of the state, over GF(2).

    Args:
        state: Pairs ``[2**n, 2]``.
        columns: Image under A of the bit at each place, most significant first.
        offset: c.
    """
    half = len(columns) // 2
    high = _span(columns[:half]) ^ offset
    low = _span(columns[half:])
    index = (jnp.asarray(high)[:, None] ^ jnp.asarray(low)[None, :]).reshape(-1)
    return state.at[index].get(mode="promise_in_bounds", unique_indices=True)


def _span(columns: Sequence[int]) -> np.ndarray:
    table = np.zeros(1, np.int32)
    for column in reversed(columns):
        table = np.concatenate([table, table ^ np.int32(column)])
    return table


def flip(state: jax.Array, mask: int) -> jax.Array:
    """Entry b of the result is entry b ^ mask of the state."""
    n = state.shape[0].bit_length() - 1
    bits = [mask >> (n - 1 - place) & 1 for place in range(n)]
    shape: list[int] = []
    axes: list[int] = []
    for place, bit in enumerate(bits):
        if place and bit == bits[place - 1]:
            shape[-1] *= 2
        else:
            axes += [len(shape)] if bit else []
            shape.append(2)
    return jnp.flip(state.reshape(*shape, 2), axes).reshape(state.shape) if axes else state


def signs(mask: int, n: int, dtype: np.dtype) -> jax.Array:
    """(-1)**|b & mask| for every b, ``[2**n]``."""
    low = n // 2
    parts = []
    for k, part in ((n - low, mask >> low), (low, mask & (2**low - 1))):
        odd = np.bitwise_count(np.arange(2**k) & part).astype(np.int8) & 1
        parts.append(jnp.asarray(1 - 2 * odd, dtype))
    return (parts[0][:, None] * parts[1][None, :]).reshape(-1)


def rotate_pauli(state: jax.Array, theta: jax.Array, x: int, z: int) -> jax.Array:
    """Applies exp(-i theta P / 2), P given by its masks over places (x: flips, z: signs)."""
    n = state.shape[0].bit_length() - 1
    ones = (x & z).bit_count()
    image = flip(state, x) * signs(z, n, state.dtype)[:, None]  # Up to (-1)**ones i**ones.
    for _ in range((3 * ones + 3) % 4):  # Times -i, and i**ones (-1)**ones = (-i)**ones.
        image = jnp.stack([-image[:, 1], image[:, 0]], -1)
    return jnp.cos(theta / 2) * state + jnp.sin(theta / 2) * image
