"""Matrix product states of fixed bond dimension: gates on neighbours, in one scan.

Sites left of the centre are isometries from the left, those right of it from the right. A gate on
two sites keeps the one further from the centre an isometry: the new basis of the bond between them.
The nearer one absorbs the rest, and nothing is divided by a small singular value.

Hastings, J. Math. Phys. 50, 095207 (2009).
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

# Falls off with the number of bonds between a gate and a basis vector kept for its derivative.
_DECAY, _LEAST = 0.5, 0.1


class Mps(NamedTuple):
    """A matrix product state on n sites, bonds padded with zeros to dimension D.

    Attributes:
        tensors: ``[n, D, 2, D]``: left bond, site, right bond.
        weights: ``[n, D, D]``: the Schmidt values of the bond on the centre's side of a site, as a
            matrix on that bond; the identity at the centre itself.
        slots: ``[n + 2, D]``, row i + 1 for site i: how much each basis vector of that bond is
            needed; 0 where there is none. One more row for either end of the chain.
        discarded: Sum of the weights that truncations have discarded.
    """

    tensors: jax.Array
    weights: jax.Array
    slots: jax.Array
    discarded: jax.Array


def product_mps(vectors: jax.Array, bond: int) -> Mps:
    """The product of the vectors ``[n, 2]``, with bonds of dimension ``bond``."""
    n, dtype = vectors.shape[0], vectors.dtype
    real = jnp.finfo(dtype).dtype
    tensors = jnp.zeros((n, bond, 2, bond), dtype).at[:, 0, :, 0].set(vectors)
    weights = jnp.zeros((n, bond, bond), dtype).at[:, 0, 0].set(1)
    weights = weights.at[n // 2].set(jnp.eye(bond, dtype=dtype))
    slots = jnp.zeros((n + 2, bond), real).at[:, 0].set(1)
    return Mps(tensors, weights, slots, jnp.zeros((), real))


def evolve_mps(state: Mps, sites: np.ndarray, gates: jax.Array, cutoff: float = 0.0) -> Mps:
    """Applies gates to neighbouring sites, one after the other.

    Memory of a derivative grows with gates times the square of the bond dimension, and its time,
    as that of the gates themselves, does not grow with the number of sites.

    Args:
        state: The state.
        sites: For each gate the left one of its two sites, ``[gates]``.
        gates: ``[gates, 4, 4]``, the left site most significant.
        cutoff: Schmidt values whose square is below it are discarded.
    """
    here, logged = (_rows(np.asarray(sites), len(state.tensors), log) for log in (False, True))
    return _run(state, gates, here, logged, cutoff)


class _Rows(NamedTuple):
    """For each gate, the rows of the arrays that it reads and writes, ``[gates]``.

    The outer site is the one further from the centre. Left of the centre all is seen in a mirror,
    so that it is on the right.
    """

    left: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    weight: np.ndarray
    beyond: np.ndarray
    new_inner: np.ndarray
    new_outer: np.ndarray
    new_weight: np.ndarray
    new_slot: np.ndarray


def _rows(sites: np.ndarray, n: int, log: bool) -> _Rows:
    """Where each site is: in its own row, or in a log that each gate appends to."""
    sites, gates = sites.astype(np.int32), np.arange(len(sites), dtype=np.int32)
    left = sites < n // 2
    inner, outer = np.where(left, sites + 1, sites), np.where(left, sites, sites + 1)
    beyond = np.where(left, sites, sites + 3)
    if not log:
        return _Rows(left, inner, outer, inner, beyond, inner, outer, outer, outer + 1)
    # Two tensors a gate, but one weight and one row of slots.
    after = [n + 2 * gates, n + 2 * gates + 1, n + gates, n + 2 + gates]
    at = [np.arange(n), np.arange(n), np.arange(n + 2)]
    reads = np.zeros((4, len(sites)), np.int32)
    for i, (a, b, c) in enumerate(zip(inner, outer, beyond, strict=True)):
        reads[:, i] = at[0][a], at[0][b], at[1][a], at[2][c]
        at[0][a], at[0][b], at[1][b], at[2][b + 1] = (row[i] for row in after)
    return _Rows(left, *reads, *after)


def _apply(state: Mps, gates: jax.Array, rows: _Rows, cutoff: float) -> Mps:
    """Runs the gates on arrays in which the rows say what is where."""

    def step(state: Mps, step: tuple[jax.Array, Any]) -> tuple[Mps, None]:
        tensors, weights, slots, discarded = state
        gate, row = step
        inner, outer, weight, slot, lost = _split(
            _mirrored(row.left, _read(tensors, row.inner)),
            _mirrored(row.left, _read(tensors, row.outer)),
            _read(weights, row.weight),
            _read(slots, row.beyond),
            _turned(row.left, gate),
            cutoff,
        )
        tensors = _write(tensors, row.new_inner, _mirrored(row.left, inner))
        tensors = _write(tensors, row.new_outer, _mirrored(row.left, outer))
        weights = _write(weights, row.new_weight, weight)
        slots = _write(slots, row.new_slot, slot)
        return Mps(tensors, weights, slots, discarded + lost), None

    return jax.lax.scan(step, state, (gates, rows))[0]


def _read(array: jax.Array, row: jax.Array) -> jax.Array:
    return jax.lax.dynamic_index_in_dim(array, row, keepdims=False)


def _write(array: jax.Array, row: jax.Array, value: jax.Array) -> jax.Array:
    return jax.lax.dynamic_update_index_in_dim(array, value, row, 0)


def _mirrored(left: jax.Array, tensor: jax.Array) -> jax.Array:
    return jnp.where(left, tensor.transpose(2, 1, 0), tensor)


def _turned(left: jax.Array, gate: jax.Array) -> jax.Array:
    gate = gate.reshape(2, 2, 2, 2)
    return jnp.where(left, gate.transpose(1, 0, 3, 2), gate)


@functools.partial(jax.custom_vjp, nondiff_argnums=(4,))
def _run(state: Mps, gates: jax.Array, here: _Rows, logged: _Rows, cutoff: float) -> Mps:
    return _apply(state, gates, here, cutoff)


def _run_forward(
    state: Mps, gates: jax.Array, here: _Rows, logged: _Rows, cutoff: float
) -> tuple[Mps, tuple[Any, ...]]:
    """Keeps every tensor that was ever there, in a log."""
    count = len(gates)
    start = Mps(
        _longer(state.tensors, 2 * count),
        _longer(state.weights, count),
        _longer(state.slots, count),
        state.discarded,
    )
    log = _apply(start, gates, logged, cutoff)

    def last(array: jax.Array, n: int, *written: tuple[Any, Any]) -> jax.Array:
        rows = jnp.arange(n, dtype=jnp.int32)
        for row, logged_row in written:
            rows = rows.at[row].max(logged_row)  # Rows of the log grow with time.
        return array[rows]

    tensors = (here.new_inner, logged.new_inner), (here.new_outer, logged.new_outer)
    after = Mps(
        last(log.tensors, len(state.tensors), *tensors),
        last(log.weights, len(state.weights), (here.new_weight, logged.new_weight)),
        last(log.slots, len(state.slots), (here.new_slot, logged.new_slot)),
        log.discarded,
    )
    return after, (log, gates, here, logged)


def _longer(array: jax.Array, by: int) -> jax.Array:
    return jnp.concatenate([array, jnp.zeros((by, *array.shape[1:]), array.dtype)])


def _run_backward(cutoff: float, kept: Any, cotangent: Mps) -> tuple[Any, ...]:
    """Reads and writes the cotangent only where a gate acts; JAX's own rule would copy it all."""
    log, gates, here, logged = kept

    def step(carry: tuple[jax.Array, jax.Array], step: Any) -> tuple[Any, jax.Array]:
        tensors, weights = carry
        gate, row, old = step
        beyond = _read(log.slots, old.beyond)

        def local(inner: Any, outer: Any, weight: Any, gate: Any) -> tuple[jax.Array, ...]:
            return _split(inner, outer, weight, beyond, _turned(row.left, gate), cutoff)[:3]

        pull = jax.vjp(
            local,
            _mirrored(row.left, _read(log.tensors, old.inner)),
            _mirrored(row.left, _read(log.tensors, old.outer)),
            _read(log.weights, old.weight),
            gate,
        )[1]
        after = (
            _mirrored(row.left, _read(tensors, row.inner)),
            _mirrored(row.left, _read(tensors, row.outer)),
            _read(weights, row.outer),
        )
        inner, outer, weight, gate = pull(after)
        tensors = _write(tensors, row.inner, _mirrored(row.left, inner))
        tensors = _write(tensors, row.outer, _mirrored(row.left, outer))
        weight = weight + _read(weights, row.inner)
        weights = _write(weights, row.outer, jnp.zeros_like(weight))
        return (tensors, _write(weights, row.inner, weight)), gate

    carry = cotangent.tensors, cotangent.weights
    carry, change = jax.lax.scan(step, carry, (gates, here, logged), reverse=True)
    rest = jnp.zeros_like(cotangent.slots), jnp.zeros_like(cotangent.discarded)
    return Mps(*carry, *rest), change, None, None


_run.defvjp(_run_forward, _run_backward)


def _split(
    inner: jax.Array,
    outer: jax.Array,
    weight: jax.Array,
    beyond: jax.Array,
    gate: jax.Array,
    cutoff: float,
) -> tuple[jax.Array, ...]:
    """A gate on two sites, the outer one on the right, and the bond between them truncated.

    Args:
        inner: ``[D, 2, D]``.
        outer: ``[D, 2, D]``, an isometry from the right.
        weight: ``[D, D]``, which makes the left bond of ``inner`` orthonormal.
        beyond: ``[D]``, the slots of the right bond of ``outer``.
        gate: ``[2, 2, 2, 2]``, rows first.
        cutoff: As for `evolve_mps`.

    Returns:
        The new inner and outer, the weight and the slots of the bond between them, and how much is
        discarded.
    """
    bond = inner.shape[0]
    einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)
    pair = einsum("asb,btr->astr", inner, outer)
    pair = einsum("uvst,astr->auvr", gate, pair).reshape(2 * bond, 2 * bond)
    theta = einsum("xa,asy->xsy", weight, pair.reshape(bond, 2, -1)).reshape(pair.shape)
    outer, values = bond_basis(theta, jnp.tile(beyond, 2), cutoff)
    seen = _times(theta, outer.conj().T)
    fixed = jax.lax.stop_gradient(seen)
    size = jnp.sqrt(jnp.sum(jnp.abs(fixed) ** 2))
    # What is kept, in an orthonormal basis from the other side: close to the diagonal of Schmidt
    # values. Its derivative is a full matrix, because that of the rows leaves out turns among them.
    weight = _times(jnp.linalg.qr(fixed)[0].conj().T, seen) / size.astype(fixed.dtype)
    total = jnp.sum(jnp.abs(jax.lax.stop_gradient(theta)) ** 2)
    inner = _times(pair, outer.conj().T) * (jnp.sqrt(total) / size).astype(fixed.dtype)
    slots = jnp.clip(_DECAY * values / jnp.sqrt(jnp.finfo(values.dtype).eps), _LEAST, 1)
    slots = jnp.where(values > 0, slots, 0)
    lost = jax.lax.stop_gradient(theta - _times(seen, outer))
    discarded = jnp.sum(jnp.abs(lost) ** 2) / total
    shape = (bond, 2, bond)
    return inner.reshape(shape), outer.reshape(shape), weight, slots, discarded


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def bond_basis(theta: jax.Array, floor: jax.Array, cutoff: float) -> tuple[jax.Array, jax.Array]:
    r"""Orthonormal rows that hold as much as possible of the rows of a matrix.

    They are the first right singular vectors of :math:`\theta` stacked on
    :math:`\sqrt\epsilon\,\mathrm{diag}(f)`. The floor :math:`f` weighs nothing in the state. It
    decides which vectors fill a bond that the state leaves empty: those that other angles would
    reach, without which the derivative at a product state would miss what they do.

    The derivative leaves out turns of the vectors among themselves, on which nothing depends, so
    Schmidt values that coincide do no harm.

    Args:
        theta: ``[2D, 2D]``, of norm 1.
        floor: Non-negative ``[2D]``.
        cutoff: Rows that hold less than this are zero.

    Returns:
        Rows ``[D, 2D]``, and the singular value of each ``[D]``, that of the floor included; both
        are 0 where there is no row.
    """
    rows, values, kept = _bases(theta, floor, cutoff)
    half = theta.shape[0] // 2
    return jnp.where(kept[:, None], rows, 0)[:half], jnp.where(kept, values, 0)[:half]


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def _bases(theta: jax.Array, floor: jax.Array, cutoff: float) -> tuple[jax.Array, ...]:
    """All right singular vectors, their values, and which of them are kept."""
    eps = jnp.finfo(floor.dtype).eps
    stacked = jnp.concatenate([theta, jnp.diag(jnp.sqrt(eps) * floor).astype(theta.dtype)])
    _, values, rows = jnp.linalg.svd(jnp.linalg.qr(stacked, mode="r"))
    kept = (jnp.arange(len(values)) < len(values) // 2) & (values > 16 * eps)
    if cutoff:
        seen = _times(theta, rows.conj().T)
        kept &= jnp.sum(jnp.abs(seen) ** 2, 0) >= cutoff
    return rows, values, kept


@_bases.defjvp
def _no_second_derivative(*_: Any) -> Any:
    raise NotImplementedError(
        "Engine `MPS` has first derivatives only, but a second one is asked for. Use "
        "`engine=qjax.Statevector()` or `gradient=qjax.ParameterShift()`."
    )


@bond_basis.defjvp
def _bond_basis_jvp(cutoff: float, primals: Any, tangents: Any) -> Any:
    theta, floor = primals
    change, _ = tangents
    rows, values, kept = _bases(theta, floor, cutoff)
    half = theta.shape[0] // 2
    eps = jnp.finfo(values.dtype).eps
    seen, moved = _times(theta, rows.conj().T), _times(change, rows.conj().T)
    # Entry (j, i) of the change of theta^H theta, j discarded and i kept.
    turn = _times(seen.conj().T, moved[:, :half]) + _times(moved.conj().T, seen[:, :half])
    squares = values**2
    gap = squares[None, :half] - squares[:, None]
    # What only fills the bond stays as it is.
    turns = (gap > eps) & kept[None, :half] & ~kept[:, None] & (squares[None, :half] > 4 * eps)
    turn = turn * jnp.where(turns, 1 / jnp.where(turns, gap, 1), 0).astype(theta.dtype)
    turned = _times(turn.conj().T, rows)
    primal = jnp.where(kept[:, None], rows, 0)[:half], jnp.where(kept, values, 0)[:half]
    return primal, (turned, jnp.zeros_like(primal[1]))


def _times(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)
