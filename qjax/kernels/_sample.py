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
    if k == 0:
        return jnp.zeros((shots, 0), jnp.int32)
    levels = [probabilities]
    for _ in range(k - 1):
        levels.append(jnp.sum(levels[-1].reshape(-1, 2), 1))
    draws = jax.random.uniform(key, (k, shots), probabilities.dtype)
    index = jnp.zeros(shots, jnp.int32)
    bits = []
    for draw, level in zip(draws, reversed(levels), strict=True):
        pairs = level.reshape(-1, 2)
        zero, one = pairs[index, 0], pairs[index, 1]
        bits.append(((draw * (zero + one) >= zero) & (one > 0)).astype(jnp.int32))
        index = 2 * index + bits[-1]
    return jnp.stack(bits, 1)
