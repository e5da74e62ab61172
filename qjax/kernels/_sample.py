"""Distributions over bit strings: marginals and samples."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def marginal(probabilities: jax.Array, qubits: Sequence[int]) -> jax.Array:
    """Probabilities ``[2**k]`` of the values of k qubits, of those of all n, ``[2**n]``."""
    n = probabilities.shape[0].bit_length() - 1
    rest = tuple(q for q in range(n) if q not in qubits)
    kept = [q for q in range(n) if q in qubits]
    total = probabilities.reshape((2,) * n).sum(rest)
    return total.transpose([kept.index(q) for q in qubits]).reshape(-1)


def sample_bits(probabilities: jax.Array, key: jax.Array, shots: int) -> jax.Array:
    """Bit strings drawn with the given probabilities, bit by bit from the first.

    Each bit has a draw of its own, and its probability is relative to those before it, so that no
    outcome is lost in rounding, however many there are.

    Args:
        probabilities: Real ``[2**k]``; they need not add up to 1.
        key: Random key.
        shots: Number of samples.

    Returns:
        Integers 0 and 1, ``[shots, k]``.
    """
    k = probabilities.shape[0].bit_length() - 1
    draws = jax.random.uniform(key, (k, shots), probabilities.dtype)
    return _descended(probabilities, draws)[0]


def sample_bits_across(
    probabilities: jax.Array, key: jax.Array, shots: int, axis: str, n_bits: int
) -> jax.Array:
    """The samples of `sample_bits`, of probabilities whose first bits are the devices' number.

    Args:
        probabilities: Real ``[2**m]``, those of this device, inside of ``shard_map``.
        key: Random key, the same on all devices.
        shots: Number of samples.
        axis: Name of the mesh axis.
        n_bits: Base-2 logarithm of its size.

    Returns:
        Integers 0 and 1, ``[shots, n_bits + m]``, the same on all devices.
    """
    m = probabilities.shape[0].bit_length() - 1
    number = jax.lax.axis_index(axis)
    mine = jnp.arange(2**n_bits, dtype=number.dtype) == number
    totals = jax.lax.psum(jnp.where(mine, jnp.sum(probabilities), 0), axis)
    draws = jax.random.uniform(key, (n_bits + m, shots), probabilities.dtype)
    first, device = _descended(totals, draws[:n_bits])
    rest, _ = _descended(probabilities, draws[n_bits:])
    # Each device goes on for all samples, and keeps those that are its own.
    rest = jax.lax.psum(jnp.where((device == number)[:, None], rest, 0), axis)
    return jnp.concatenate([first, rest], 1)


def _descended(probabilities: jax.Array, draws: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Bits ``[shots, k]`` by draws ``[k, shots]``, and the outcomes that they are, ``[shots]``."""
    k, shots = draws.shape
    index = jnp.zeros(shots, jnp.int32)
    if k == 0:
        return jnp.zeros((shots, 0), jnp.int32), index
    levels = [probabilities]
    for _ in range(k - 1):
        levels.append(jnp.sum(levels[-1].reshape(-1, 2), 1))
    bits = []
    for draw, level in zip(draws, reversed(levels), strict=True):
        pairs = level.reshape(-1, 2)
        zero, one = pairs[index, 0], pairs[index, 1]
        bits.append(((draw * (zero + one) >= zero) & (one > 0)).astype(jnp.int32))
        index = 2 * index + bits[-1]
    return jnp.stack(bits, 1), index
