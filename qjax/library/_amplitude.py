"""Amplitude encoding: a circuit that prepares a given vector.

A vector of up to five qubits is one dense gate, the generalised reflector

    U = I - w w^H / (w^H a),    w = a - b,

which is unitary and takes a to b for any two different vectors of equal norm. With a = -s e_0 and
b = x, s the sign of Re x_0, |w^H a| is at least 1: no division by a small number anywhere.

For more qubits the matrix would be far larger than the state, and the usual tree of uniformly
controlled rotations has no derivative where amplitudes are zero, as in a padded vector. So a is
the uniform vector instead, whose signs follow those of Re x: then w has no small entry, and the
tree that prepares it is smooth. U is a phase in the direction of w: that tree undone, a phase on
the first basis state, the tree again. All of it is diagonals and small gates, O(n 2**n).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit
from qjax.library._checks import check_circuit, numbers

_DENSE_QUBITS = 5
_NORM_TOLERANCE = 1e-4


def amplitude_encoding(circuit: Circuit, x: Any, normalize: bool = True) -> Circuit:
    r"""Appends gates that prepare :math:`\sum_i x_i |i\rangle` from :math:`|0\dots0\rangle`.

    Exact in value and phase, for every vector, and smooth around it: derivatives of every order
    are right also where amplitudes are zero. Up to five qubits it is one ``unitary``; for more it
    is diagonals, small gates and one ``unitary`` on five qubits, never a matrix of the whole
    register. Under ``jit`` a vector that is zero or not finite yields nan.

    Args:
        circuit: A circuit on n qubits, as yet without gates.
        x: Real or complex ``[2**n]``, qubit 0 the most significant bit of the index.
        normalize: Whether any norm is taken and divided by. If not, the norm must be 1; a traced
            vector whose norm is not yields nan. Derivatives are those of x / |x| either way.

    Returns:
        The circuit with the gates appended.

    Raises:
        TypeError: If ``x`` is not numeric.
        ValueError: If ``x`` has another shape, is not finite or zero, or is not of norm 1 where it
            must be.

    References:
        Mottonen et al., "Transformation of quantum states using uniformly controlled rotations",
        arXiv quant-ph/0407010, for the tree.

    Example:
        >>> import qjax
        >>> from qjax.library import amplitude_encoding
        >>> circuit = amplitude_encoding(qjax.Circuit(2), [3, 0, 0, -4j])
        >>> qjax.statevector(circuit).round(4).tolist()
        [(0.6+0j), 0j, 0j, -0.8j]
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    x = numbers(x, "x")
    if x.shape != (2**n,):
        raise ValueError(
            f"Argument `x` must have shape ({2**n},) on {n} qubits, but has shape {x.shape}. Pad "
            "it with zeros, for example with `jnp.pad`, or change the number of qubits."
        )
    unit = _unit(x, normalize)
    if n <= _DENSE_QUBITS:
        return circuit.unitary(_reflector(unit), range(n))
    return _by_tree(circuit, unit)


def _unit(x: Any, normalize: bool) -> jax.Array:
    if not isinstance(x, jax.core.Tracer):
        _check_norm(np.asarray(x), normalize)
        normalize = True
    if isinstance(x, np.ndarray):
        x = jnp.asarray(x / np.max(np.abs(x)))
    largest = jax.lax.stop_gradient(jnp.max(jnp.abs(x)))  # So that no square over- or underflows.
    x = x / largest.astype(x.dtype)
    norm = jnp.sqrt(jnp.sum(_square(x)))
    if not normalize:
        is_unit = jnp.abs(norm * largest - 1) < _NORM_TOLERANCE
        norm = jnp.where(is_unit, norm, jnp.nan)
    return x / norm.astype(x.dtype)


def _check_norm(x: np.ndarray, normalize: bool) -> None:
    if not np.all(np.isfinite(x)):
        raise ValueError("Argument `x` must be finite, but has inf or nan.")
    if not np.any(x):
        raise ValueError("Argument `x` must not be the zero vector, but is.")
    if normalize:
        return
    with np.errstate(over="ignore"):
        norm = np.linalg.norm(x.astype(complex))
    if not abs(norm - 1) < _NORM_TOLERANCE:
        raise ValueError(
            f"Argument `x` must have norm 1, but has norm {norm:.6g}. Pass `normalize=True` to "
            "divide by it."
        )


def _square(x: jax.Array) -> jax.Array:
    """|x|**2, with a derivative everywhere."""
    return x.real**2 + x.imag**2 if jnp.iscomplexobj(x) else x**2


def _sign(x: jax.Array) -> jax.Array:
    """1 or -1, real and without derivative; 1 at 0."""
    return jnp.where(x.real >= 0, 1, -1).astype(x.real.dtype)


def _reflector(x: jax.Array) -> jax.Array:
    """A unitary whose first column is the unit vector x."""
    sign = _sign(x[0]).astype(x.dtype)
    w = x.at[0].add(sign)
    outer = w[:, None] * w.conj()[None, :]
    return sign * (outer / (1 + sign * x[0].conj()) - jnp.eye(len(x), dtype=x.dtype))


def _by_tree(circuit: Circuit, x: jax.Array) -> Circuit:
    """Appends -s U s, s the signs of Re x, after Hadamards: U is built for the vector s x."""
    n, top = circuit.n_qubits, range(_DENSE_QUBITS)
    sign = _sign(x)
    w = sign.astype(x.dtype) * x + 2 ** (-n / 2)  # Real parts are at least 2**(-n/2).
    # U multiplies w by 1 - |w|**2 / (w^H a), which is the phase -(w^H a)^* / (w^H a).
    reflection = jnp.pi - 2 * _angle(jnp.sum(w.conj()))
    tables, root = _tree(_square(w))
    last = jnp.where(sign > 0, jnp.pi, 0).astype(sign.dtype)

    circuit = circuit.h(range(n))
    if jnp.iscomplexobj(x):
        circuit = circuit.diagonal(-_angle(w), range(n))
        last = last + _angle(w)
    for q in range(n - 1, top.stop - 1, -1):
        circuit = _multiplexed_ry(circuit, -tables[q], q)
    circuit = circuit.unitary(root, top)  # Real and symmetric, so its own inverse.
    circuit = circuit.diagonal(jnp.pad(reflection[None], (0, 2**n - 1)), range(n))
    circuit = circuit.unitary(root, top)
    for q in range(top.stop, n):
        circuit = _multiplexed_ry(circuit, tables[q], q)
    return circuit.diagonal(last, range(n))


def _angle(x: jax.Array) -> jax.Array:
    return jnp.arctan2(x.imag, x.real)


def _tree(squares: jax.Array) -> tuple[dict[int, jax.Array], jax.Array]:
    """What prepares positive amplitudes from |0...0>, given their squares.

    Returns:
        For each qubit q after the first five, angles ``[2**(q + 1)]`` of RZ on it, controlled on
        the qubits before it; and the matrix on the first five.
    """
    tables = {}
    while len(squares) > 2**_DENSE_QUBITS:
        halves = squares.reshape(-1, 2)
        amplitudes = jnp.sqrt(halves)
        half_angle = jnp.arctan2(amplitudes[:, 1], amplitudes[:, 0])
        q = len(squares).bit_length() - 2
        tables[q] = jnp.stack([-half_angle, half_angle], 1).reshape(-1)
        squares = jnp.sum(halves, 1)
    return tables, _reflector(jnp.sqrt(squares / jnp.sum(squares)))


def _multiplexed_ry(circuit: Circuit, phases: jax.Array, q: int) -> Circuit:
    """RY on a qubit, controlled on all before it: RZ between gates that turn Y into Z."""
    return circuit.sdg(q).h(q).diagonal(phases, range(q + 1)).h(q).s(q)
