"""Expectation values of many Pauli strings in one state, and their derivative.

Strings with the same flips x share one product conj(psi[b ^ x]) psi[b]; each string's value is then
a signed sum of it, and all of them are one matrix product over half of the bits and a sum over the
other half. Many strings of X and Z with one letter on each place, such as the field of an Ising
chain, are read at once from the state turned by Hadamard gates.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.kernels._state import PRECISION, apply_block, flip

Masks = tuple[tuple[int, int], ...]

# Up to this many different flips are separate static code; more run in a loop over gathers.
_UNROLLED = 8
# Hadamard gates on up to so many places are one block.
_TURNED = 5
# The largest families of strings are read that way, so that many strings are still little code.
_FAMILIES = 3


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def pauli_values(state: jax.Array, masks: Masks) -> jax.Array:
    """Expectation values of Pauli strings.

    Args:
        state: Planes ``[2, 2**n]``, or ``[1, 2**n]`` of a real state.
        masks: One ``(x, z)`` a string, over places, the most significant bit first.

    Returns:
        Real ``[strings]``.
    """
    return evaluate(state, state, masks, scale=1.0)


@pauli_values.defjvp
def _pauli_values_jvp(
    masks: Masks, primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    # d<P> = 2 Re <dpsi|P psi>: only the state itself is permuted, never the tangent, so that the
    # transpose needs no scatter.
    (state,), (tangent,) = primals, tangents
    values = pauli_values(state, masks)
    # Bound to the values: going back, XLA would otherwise spread the cotangents over all amplitudes
    # before the circuit is run, and keep the state for the values while it is undone.
    scale = 2 + 0 * jax.lax.stop_gradient(values)
    return values, evaluate(state, tangent, masks, scale=scale)


def evaluate(state: jax.Array, other: jax.Array, masks: Masks, *, scale: Any) -> jax.Array:
    """Scale * Re <other|P|state> for each string, where other may be the state itself."""
    values, order = [], []
    for x, members in _turned(masks):
        turned = _hadamards(state, x), _hadamards(other, x)
        ones = np.array([masks[i][0] | masks[i][1] for i in members], np.uint32)
        lead = np.ones(len(members), np.float32)
        values.append(_signed_sums(*turned, False, ones, lead))
        order += members
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i in sorted(set(range(len(masks))) - set(order)):
        x, z = masks[i]
        groups[x, (x & z).bit_count() & 1].append(i)
    unrolled = {k: v for k, v in groups.items() if k[0] == 0 or len(groups) <= _UNROLLED}
    for (x, odd), members in unrolled.items():
        values.append(_signed_sums(flip(state, x), other, bool(odd), *_terms(masks, members)))
        order += members
    looped: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for (x, _), members in groups.items():
        if (x, _) not in unrolled:
            looped[(len(members) - 1).bit_length()].append((x, members))
    for bucket in looped.values():
        values.append(_loop(state, other, masks, bucket))
        order += [i for _, members in bucket for i in members]
    total = jnp.concatenate(values) if len(values) > 1 else values[0]
    return scale * total[np.argsort(np.asarray(order))]


def _turned(masks: Masks) -> list[tuple[int, list[int]]]:
    """Families of strings that are worth turning the state for: their X places, and the strings."""
    families: list[list[Any]] = []
    for i, (x, z) in enumerate(masks):
        if x == 0 or x & z:
            continue
        for family in families:
            if not (family[0] & z or family[1] & x):
                family[0], family[1] = family[0] | x, family[1] | z
                family[2].append(i)
                break
        else:
            families.append([x, z, [i]])
    worth = [
        (x, members)
        for x, _, members in families
        if len({masks[i][0] for i in members}) > 2 * len(list(_windows(x)))
    ]
    return sorted(worth, key=lambda family: -len(family[1]))[:_FAMILIES]


def turning_blocks(masks: Masks) -> int:
    """Number of blocks of Hadamard gates that turn a state for the strings to be read."""
    return sum(len(list(_windows(x))) for x, _ in _turned(masks))


def _windows(mask: int) -> Iterator[tuple[int, int]]:
    """Places that cover a mask, as the lowest bit and the length of each window.

    Ahead of few places a block is multiplied from the left, once a row, and XLA writes a copy for
    each: so a window begins at 0, or is shorter than what lies behind it.
    """
    low = 0
    while mask >> low:
        if low or mask % 2**_TURNED == 0:
            low += (mask >> low & -(mask >> low)).bit_length() - 1
        length = min(_TURNED, low - 1) if low else min(_TURNED, mask.bit_length())
        yield low, min(length, mask.bit_length() - low)
        low += length


def _hadamards(planes: jax.Array, mask: int) -> jax.Array:
    """Hadamard gates on the places of a mask."""
    total = planes.reshape(-1)
    for low, length in _windows(mask):
        turned = mask >> low & (2**length - 1)
        row = np.arange(2**length)
        odd = np.bitwise_count(row[:, None] & row[None, :] & turned) & 1
        same = ((row[:, None] ^ row[None, :]) & ~turned) == 0
        block = same * (1.0 - 2.0 * odd) / 2 ** (turned.bit_count() / 2)
        total = apply_block(total, jnp.asarray(block, planes.dtype), low)
    return total.reshape(planes.shape)


def _product(flipped: jax.Array, other: jax.Array, odd: Any) -> jax.Array:
    """Real part of conj(other) flipped, or its imaginary part where the string has odd many Y."""
    even = jnp.sum(flipped * other, 0)
    if odd is False:
        return even
    a, b = flipped[0], flipped[-1]
    c, d = other[0], other[-1]  # In a real state they are the same, and cancel.
    return c * b - d * a if odd is True else jnp.where(odd, c * b - d * a, even)


def _terms(masks: Masks, members: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Sign masks and leading signs of some strings.

    (P psi)[b] = i**y (-1)**|(b ^ x) & z| psi[b ^ x], y the number of Y, |x & z| = y; so
    Re conj(other) P psi is (-1)**y times the real part of the product, or minus its imaginary part.
    """
    z = np.array([masks[i][1] for i in members], np.uint32)
    ones = np.array([(masks[i][0] & masks[i][1]).bit_count() for i in members])
    return z, np.array([1, 1, -1, -1])[ones % 4].astype(np.float32)


def _signed_sums(flipped: jax.Array, other: jax.Array, odd: Any, z: Any, lead: Any) -> jax.Array:
    """sum_b (-1)**|b & z| product[b] for each mask."""
    product = _product(flipped, other, odd)
    n = product.shape[0].bit_length() - 1
    low = n // 2
    z = jnp.asarray(z, jnp.uint32)
    high = _parity_signs(z >> low, n - low, product.dtype)
    rest = _parity_signs(z & jnp.uint32(2**low - 1), low, product.dtype)
    grid = product.reshape(2 ** (n - low), 2**low)
    sums = jnp.matmul(high, grid, precision=PRECISION)
    return jnp.asarray(lead, product.dtype) * jnp.sum(sums * rest, -1)


def _parity_signs(masks: jax.Array, n: int, dtype: Any) -> jax.Array:
    bits = jnp.bitwise_and(masks[:, None], jnp.arange(2**n, dtype=jnp.uint32)[None, :])
    parity = jax.lax.population_count(bits) & jnp.uint32(1)
    return 1 - 2 * parity.astype(dtype)


def _loop(
    state: jax.Array, other: jax.Array, masks: Masks, bucket: list[tuple[int, list[int]]]
) -> jax.Array:
    """Values of groups with about as many strings each, one group a round."""
    rows, kept = tabled(masks, bucket)
    return read_rows(state, other, jax.tree.map(jnp.asarray, rows)).reshape(-1)[kept]


def tabled(masks: Masks, bucket: list[tuple[int, list[int]]]) -> tuple[Any, np.ndarray]:
    """Groups of strings with the same flips as rows of arrays, and where each string's value is."""
    width = max(len(members) for _, members in bucket)
    z = np.zeros((len(bucket), width), np.uint32)
    lead = np.zeros((len(bucket), width), np.float32)
    for row, (_, members) in enumerate(bucket):
        z[row, : len(members)], lead[row, : len(members)] = _terms(masks, members)
    x = np.array([x for x, _ in bucket], np.uint32)
    odd = np.array([masks[m[0]][0] & masks[m[0]][1] for _, m in bucket])
    odd = np.array([int(o).bit_count() & 1 for o in odd], bool)
    kept = np.concatenate([row * width + np.arange(len(m)) for row, (_, m) in enumerate(bucket)])
    return (x, odd, z, lead), kept


def read_rows(state: jax.Array, other: jax.Array, rows: Any) -> jax.Array:
    """Values of groups of strings, ``[rows, width]``, one group a round."""

    @functools.partial(jax.checkpoint, prevent_cse=False)  # Keeps one state, not one a round.
    def body(operands: tuple[jax.Array, jax.Array], group: Any) -> jax.Array:
        state, other = operands
        x, odd, z, lead = group
        index = jnp.arange(state.shape[-1], dtype=jnp.uint32) ^ x
        flipped = state.at[:, index].get(mode="promise_in_bounds", unique_indices=True)
        return _signed_sums(flipped, other, odd, z, lead)

    step: Callable[..., Any] = lambda _, group: (None, body((state, other), group))  # noqa: E731
    return jax.lax.scan(step, None, rows)[1]
