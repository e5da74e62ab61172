"""What is read from a matrix product state: sweeps over its tensors ``[n, D, 2, D]``.

All values are of the state at norm 1, whatever the norm of the tensors.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# One operator a number: I, X, Y, Z, and |a><b| at 4 + 2 a + b.
UNITS = 4
# Strings that are measured at once.
_BATCH = 64


def environments(tensors: jax.Array) -> tuple[jax.Array, jax.Array]:
    """What lies left and right of each bond, both ``[n + 1, D, D]``, the bra's index first."""
    bond = tensors.shape[1]
    edge = jnp.zeros((bond, bond), tensors.dtype).at[0, 0].set(1)

    def grow(left: jax.Array, tensor: jax.Array) -> tuple[jax.Array, jax.Array]:
        left = _pass(left, tensor, tensor)
        return left, left

    left = jax.lax.scan(grow, edge, tensors)[1]
    right = jax.lax.scan(grow, edge, tensors.transpose(0, 3, 2, 1), reverse=True)[1]
    return jnp.concatenate([edge[None], left]), jnp.concatenate([right, edge[None]])


def _pass(left: jax.Array, bra: jax.Array, ket: jax.Array) -> jax.Array:
    """The environment one site further."""
    half = _einsum("xa,asb->xsb", left, ket)
    return _einsum("xsy,xsb->yb", bra.conj(), half)


_einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)


def square_norm(environment: tuple[jax.Array, jax.Array]) -> jax.Array:
    """The squared norm of the tensors, from their environments."""
    return environment[0][-1, 0, 0].real


def string_values(tensors: jax.Array, strings: list[dict[int, int]]) -> jax.Array:
    """Expectation values of products of operators on sites, complex ``[strings]``.

    The sites around a string come from one sweep either way. Strings of about one width are
    measured by one loop over their sites.

    Args:
        tensors: ``[n, D, 2, D]``.
        strings: For each string, the number of the operator on some sites.
    """
    n = tensors.shape[0]
    left, right = environments(tensors)
    operators = jnp.asarray(_operators(), np.result_type(tensors.dtype, np.complex64))

    def measure(string: tuple[jax.Array, jax.Array]) -> jax.Array:
        start, letters = string

        def step(inside: jax.Array, site: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            at, letter = site
            ket = tensors[at].astype(operators.dtype)
            half = _einsum("xa,asb->xsb", inside, ket)
            half = _einsum("ts,xsb->xtb", operators[letter], half)
            return _einsum("xsy,xsb->yb", ket.conj(), half), None

        sites = start + jnp.arange(len(letters), dtype=jnp.int32)
        inside = left[start].astype(operators.dtype)
        inside = jax.lax.scan(step, inside, (sites, letters))[0]
        return jnp.sum(inside * right[start + len(letters)].astype(operators.dtype))

    groups: dict[int, list[int]] = {}
    for i, string in enumerate(strings):
        span = max(string, default=0) - min(string, default=0)
        groups.setdefault(min(1 << span.bit_length(), n), []).append(i)
    for width in sorted(groups, reverse=True):  # Two loops of about one width are rather one.
        if width in groups:
            groups[width] += groups.pop(width // 2, [])
    values = []
    for width, members in groups.items():
        starts = [min(min(strings[i], default=0), n - width) for i in members]
        letters = np.zeros((len(members), width), np.int32)
        for row, (i, start) in enumerate(zip(members, starts, strict=True)):
            for site, letter in strings[i].items():
                letters[row, site - start] = letter
        rows = jnp.asarray(starts, jnp.int32), jnp.asarray(letters)
        values.append(_in_batches(measure, rows))
    order = np.argsort(np.concatenate([np.array(members) for members in groups.values()]))
    norm = square_norm((left, right))
    return jnp.concatenate(values)[order] / norm.astype(operators.dtype)


def _in_batches(function: Any, rows: Any) -> jax.Array:
    """A function of each row; its derivative keeps no more than one batch at a time."""
    function = jax.checkpoint(function)
    if len(rows[0]) <= _BATCH:
        return jax.vmap(function)(rows)
    return jax.lax.map(function, rows, batch_size=_BATCH)


def _operators() -> np.ndarray:
    paulis = [np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])]
    return np.array([*paulis, np.diag([1, -1]), *np.eye(4).reshape(4, 2, 2)])


def mps_amplitudes(tensors: jax.Array, bits: jax.Array) -> jax.Array:
    """Amplitudes of basis states ``[k, n]``."""
    bond = tensors.shape[1]
    edge = jnp.zeros((len(bits), bond), tensors.dtype).at[:, 0].set(1)

    def step(rows: jax.Array, site: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        tensor, bit = site
        both = _einsum("ka,asb->ksb", rows, tensor)
        return jnp.where(bit[:, None] == 1, both[:, 1], both[:, 0]), None

    rows = jax.lax.scan(step, edge, (tensors, bits.T))[0]
    return rows[:, 0] / _norm(tensors).astype(rows.dtype)


def mps_state(tensors: jax.Array) -> jax.Array:
    """All amplitudes ``[2**n]``."""
    rows = tensors[0, 0]
    for tensor in tensors[1:]:
        rows = _einsum("xa,asb->xsb", rows, tensor).reshape(-1, tensor.shape[-1])
    return rows[:, 0] / _norm(tensors).astype(rows.dtype)


def _norm(tensors: jax.Array) -> jax.Array:
    return jnp.sqrt(square_norm(environments(tensors)))


def mps_sample(tensors: jax.Array, key: jax.Array, shots: int) -> jax.Array:
    """Independent draws of all bits, integers ``[shots, n]``, one site after the other.

    Ferris and Vidal, Phys. Rev. B 85, 165146 (2012).
    """
    n, bond = tensors.shape[:2]
    right = environments(tensors)[1][1:]
    draws = jax.random.uniform(key, (n, shots), right.real.dtype)
    edge = jnp.zeros((shots, bond), tensors.dtype).at[:, 0].set(1)

    def step(rows: jax.Array, site: Any) -> tuple[jax.Array, jax.Array]:
        tensor, beyond, draw = site
        both = _einsum("ka,asb->ksb", rows, tensor)
        weights = jnp.sum(_einsum("ksb,xb->ksx", both, beyond) * both.conj(), -1).real
        weights = jnp.maximum(weights, 0)
        ones = draw * jnp.sum(weights, 1) >= weights[:, 0]
        ones &= weights[:, 1] > 0  # What rounding alone would draw cannot happen.
        rows = jnp.where(ones[:, None], both[:, 1], both[:, 0])
        size = jnp.sqrt(jnp.sum(jnp.abs(rows) ** 2, 1, keepdims=True))
        return rows / size.astype(rows.dtype), ones.astype(jnp.int32)

    return jax.lax.scan(step, edge, (tensors, right, draws))[1].T


def schmidt_weights(tensors: jax.Array, cut: int) -> jax.Array:
    """Squares of the Schmidt values between the first ``cut`` sites and the rest, ``[D]``."""
    left, right = (side[cut] for side in environments(tensors))
    if cut > tensors.shape[0] // 2:  # One of them is close to the identity: its root is smooth.
        left, right = right, left
    small = 4 * float(jnp.finfo(left.dtype).eps) * jnp.trace(left)
    root = jnp.linalg.cholesky(left + small * jnp.eye(len(left), dtype=left.dtype))
    # Of left = r r^H and right, r^T right r^* has the same eigenvalues as their product.
    values = jnp.linalg.eigvalsh(_einsum("ai,ab,bj->ij", root, right, root.conj()))
    values = jnp.maximum(values, 0)
    return values / jnp.sum(values)


def entanglement_entropy(tensors: jax.Array, cut: int) -> jax.Array:
    r"""Von Neumann entropy :math:`-\sum_i p_i \ln p_i` of the Schmidt weights, in nats."""
    weights = schmidt_weights(tensors, cut)
    positive = weights > jnp.finfo(weights.dtype).eps
    return -jnp.sum(jnp.where(positive, weights * jnp.log(jnp.where(positive, weights, 1)), 0))
