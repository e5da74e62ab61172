"""Excitations on states of a sector, and the energy of the result, differentiable."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np


class Rotations(NamedTuple):
    """A product of exp(angle G), the first row acting first.

    Attributes:
        partners: Integers ``[rotations, dim]``: (G psi)[b] = signs[b] psi[partners[b]].
        signs: 1, -1, or 0 where G is 0, ``[rotations, dim]``.
        owners: Position of each one's parameter, ``[rotations]``.
    """

    partners: Any
    signs: Any
    owners: Any

    def padded(self, length: int) -> Rotations:
        """With rotations by nothing at the end: products of many lengths then compile once."""
        more = length - len(self.owners)
        still = np.tile(np.arange(self.partners.shape[1], dtype=np.int32), (more, 1))
        return Rotations(
            np.concatenate([self.partners, still]),
            np.concatenate([self.signs, np.zeros_like(still, np.int8)]),
            np.concatenate([self.owners, np.zeros(more, self.owners.dtype)]),
        )

    def rows(self, rows: np.ndarray, owners: np.ndarray) -> Rotations:
        """Some of them in another order."""
        return Rotations(self.partners[rows], self.signs[rows], owners)


class Matrix(NamedTuple):
    """A real symmetric sparse matrix: column and value of the k-th entry of each row.

    Attributes:
        columns: Integers ``[entries, dim]``.
        values: Real ``[entries, dim]``.
    """

    columns: Any
    values: Any

    @classmethod
    def of(cls, matrix: Any) -> Matrix:
        """From a ``scipy.sparse.csr_array``; rows are filled up with zeros."""
        counts = np.diff(matrix.indptr)
        dim, width = len(counts), int(counts.max(initial=1))
        columns = np.tile(np.arange(dim, dtype=np.int32), (width, 1))
        values = np.zeros((width, dim))
        rows = np.repeat(np.arange(dim), counts)
        slots = np.arange(len(rows)) - np.repeat(matrix.indptr[:-1], counts)
        columns[slots, rows], values[slots, rows] = matrix.indices, matrix.data
        return cls(columns, values)


def evolve(state: jax.Array, parameters: jax.Array, rotations: Rotations) -> jax.Array:
    """The state after all rotations.

    Each is orthogonal, so that the derivative keeps the final state only and undoes them one by
    one, as ``qjax.Adjoint`` does.

    Args:
        state: Real ``[dim]``.
        parameters: Real, of the dtype of the state.
        rotations: The rotations.
    """
    return _evolve(state, parameters[rotations.owners], rotations.partners, rotations.signs)


@jax.custom_vjp
def _evolve(state: jax.Array, angles: jax.Array, partners: Any, signs: Any) -> jax.Array:
    def step(state: jax.Array, row: Any) -> tuple[jax.Array, None]:
        return _rotate(state, *row), None

    return jax.lax.scan(step, state, (angles, partners, signs))[0]


def _forward(state: jax.Array, angles: jax.Array, partners: Any, signs: Any) -> Any:
    final = _evolve(state, angles, partners, signs)
    return final, (final, angles, partners, signs)


def _backward(residuals: Any, cotangent: jax.Array) -> Any:
    final, *rows = residuals

    def step(carry: tuple[jax.Array, jax.Array], row: Any) -> Any:
        state, cotangent = carry
        angle, partners, signs = row
        bar = jnp.vdot(cotangent, _generator(state, partners, signs))
        before = (_rotate(x, -angle, partners, signs) for x in (state, cotangent))
        return tuple(before), bar

    (_, cotangent), bars = jax.lax.scan(step, (final, cotangent), tuple(rows), reverse=True)
    return cotangent, bars, None, None


_evolve.defvjp(_forward, _backward)


def _generator(state: jax.Array, partners: jax.Array, signs: jax.Array) -> jax.Array:
    """G applied to a state."""
    return signs.astype(state.dtype) * state[partners]


def _rotate(state: jax.Array, angle: jax.Array, partners: jax.Array, signs: jax.Array) -> jax.Array:
    """exp(angle G): G squared is -1 on all pairs."""
    turned = jnp.sin(angle) * _generator(state, partners, signs)
    return jnp.where(signs == 0, state, jnp.cos(angle) * state + turned)


@jax.custom_jvp
def expectation(state: jax.Array, matrix: Matrix) -> jax.Array:
    """<state| matrix |state> of a real state."""
    return jnp.vdot(state, image(matrix, state))


def _expectation_jvp(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    # The matrix is symmetric: its image serves for the derivative too, without a scatter.
    state, matrix = primals
    towards, change = tangents
    turned = image(matrix, state)
    slope = jnp.zeros_like(turned[0])
    if not isinstance(towards, jax.custom_derivatives.SymbolicZero):
        slope = 2 * jnp.vdot(towards, turned)
    if not isinstance(change.values, jax.custom_derivatives.SymbolicZero):
        slope = slope + jnp.vdot(state, image(Matrix(matrix.columns, change.values), state))
    return jnp.vdot(state, turned), slope


expectation.defjvp(_expectation_jvp, symbolic_zeros=True)


def image(matrix: Matrix, state: jax.Array) -> jax.Array:
    """The matrix times the state."""

    def step(total: jax.Array, entry: Any) -> tuple[jax.Array, None]:
        columns, values = entry
        return total + values * state[columns], None

    # One entry of each row at a time: all at once would be written out before they are added.
    return jax.lax.scan(step, jnp.zeros_like(state), (matrix.columns, matrix.values))[0]


def slopes(state: jax.Array, rotations: Rotations, matrix: Matrix) -> jax.Array:
    """Derivatives of the energy at 0 by the angle of each rotation, were it appended."""
    turned = image(matrix, state)

    def one(row: tuple[jax.Array, jax.Array]) -> jax.Array:
        return 2 * jnp.vdot(turned, _generator(state, *row))

    return jax.lax.map(one, (rotations.partners, rotations.signs))
