"""Gibbs states of Hamiltonians of a dozen qubits, exactly, with exact derivatives."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax import PauliSum


def gibbs_state(hamiltonian: PauliSum, beta: Any = 1.0, n_qubits: int | None = None) -> jax.Array:
    r"""Returns the thermal state of a Hamiltonian.

    .. math:: \rho = \frac{e^{-\beta H}}{\operatorname{Tr} e^{-\beta H}}

    Its derivatives, first and forward or reverse, are exact where energies coincide too. The matrix
    is diagonalised: time :math:`8^n`, memory :math:`4^n`.

    Args:
        hamiltonian: A sum of Pauli strings, possibly with traced coefficients.
        beta: Inverse temperature, a scalar, possibly traced.
        n_qubits: Number n of qubits; by default as many as the Hamiltonian acts on.

    Returns:
        ``[2**n, 2**n]``: real where every string has an even number of Y, else complex.

    Example:
        >>> import qjax
        >>> from models.boltzmann import gibbs_state
        >>> gibbs_state(-1.0 * qjax.Z(0), beta=0.5).round(4).tolist()
        [[0.7311, 0.0], [0.0, 0.2689]]
    """
    return thermal(beta * matrix(hamiltonian, n_qubits))[0]


def matrix(observable: PauliSum, n_qubits: int | None = None) -> jax.Array:
    """The matrix of a sum of Pauli strings, ``[2**n, 2**n]``, qubit 0 the most significant bit.

    A string maps basis state b to b ^ x with a sign of the bits that b has in common with z: one
    entry a column. Strings with one x are added up, and all of them are written at once.
    """
    n = observable.n_qubits if n_qubits is None else n_qubits
    if n < max(1, observable.n_qubits):
        raise ValueError(
            f"Argument `n_qubits` must be at least {max(1, observable.n_qubits)}, but is {n}."
        )
    columns = np.arange(2**n)
    # Words have bit q for qubit q; an index has its first qubit first.
    x, z = (
        np.array([int(f"{mask:0{n}b}"[::-1], 2) for mask in masks])
        for masks in zip(*observable.words, strict=True)
    )
    odd = np.bitwise_count(x & z)
    phases = np.array([1, 1j, -1, -1j])[odd % 4]
    factors = phases[:, None] * (1 - 2.0 * (np.bitwise_count(z[:, None] & columns) % 2))
    if not np.any(factors.imag):
        factors = factors.real
    coefficients = jnp.asarray(observable.coefficients)
    dtype = jnp.promote_types(jnp.float32, coefficients.dtype)
    kind = jnp.promote_types(dtype, jnp.complex64) if np.iscomplexobj(factors) else dtype
    entries = coefficients.astype(kind)[:, None] * jnp.asarray(factors, kind)
    flips, owner = np.unique(x, return_inverse=True)
    entries = jax.ops.segment_sum(entries, owner.reshape(-1), num_segments=len(flips))
    rows = flips[:, None] ^ columns
    empty = jnp.zeros((2**n, 2**n), kind)
    return empty.at[rows, columns[None]].set(entries, unique_indices=True)


@jax.custom_jvp
def thermal(h: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The Gibbs state of a Hermitian matrix at temperature 1, and the logarithm of its trace."""
    state, log_partition, _, _ = _diagonalised(h)
    return state, log_partition


@thermal.defjvp
def _thermal_jvp(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> Any:
    r"""Daleckii and Krein: in the eigenbasis, d exp(A) is dA times divided differences of exp.

    Differentiating the eigenvectors instead would divide by differences of energies.
    """
    (h,), (dh,) = primals, tangents
    state, log_partition, levels, vectors = _diagonalised(h)
    gaps = jnp.abs(levels[:, None] - levels[None])
    # (e^a - e^b) / (a - b) with the larger of e^a and e^b in front; 1 - gap / 2 where they meet.
    near = gaps < 1e-3
    ratios = jnp.where(near, 1 - gaps / 2, -jnp.expm1(-gaps) / jnp.where(near, 1, gaps))
    top = jnp.maximum(levels[:, None], levels[None])
    differences = jnp.exp(top - jax.nn.logsumexp(levels)) * ratios
    adjoint = vectors.conj().T
    turned = _product(adjoint, dh, vectors)
    moved = _product(vectors, differences.astype(turned.dtype) * -turned, adjoint)
    d_log = -jnp.sum(state.T * dh).real
    return (state, log_partition), (moved - d_log.astype(state.dtype) * state, d_log)


def _diagonalised(h: jax.Array) -> tuple[jax.Array, ...]:
    """State, logarithm of the trace, eigenvalues of -h and eigenvectors."""
    energies, vectors = jnp.linalg.eigh(h)
    levels = -energies
    weights = jax.nn.softmax(levels).astype(vectors.dtype)
    state = _product(vectors * weights[None], vectors.conj().T)
    return state, jax.nn.logsumexp(levels), levels, vectors


def _product(*matrices: jax.Array) -> jax.Array:
    return jnp.linalg.multi_dot(matrices, precision="highest")
