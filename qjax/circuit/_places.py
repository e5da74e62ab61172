"""What follows from a gate about the places of its qubits."""

from __future__ import annotations

import functools

import numpy as np

from qjax.circuit._gate import Gate


@functools.cache
def mixing(gate: Gate) -> tuple[bool, ...]:
    """For each qubit of a gate, whether the gate can change its value: may not commute with Z."""
    if gate.is_diagonal:
        return (False,) * gate.n_qubits
    if gate.pauli:
        return tuple(letter in "XY" for letter in gate.pauli)
    if gate.factors:
        return tuple(any(m) for m in zip(*(mixing(g) for g, _ in gate.factors), strict=True))
    known = gate.matrix if gate.generator is None else gate.generator
    if not isinstance(known, np.ndarray):
        return tuple(place >= gate.n_controls for place in range(gate.n_qubits))
    flips = functools.reduce(np.bitwise_or, np.bitwise_xor(*np.nonzero(np.abs(known) > 1e-9)), 0)
    return tuple(bool(flips >> (gate.n_qubits - 1 - p) & 1) for p in range(gate.n_qubits))


@functools.cache
def is_symmetric(gate: Gate) -> bool:
    """Whether a gate on two qubits stays as it is where they change places."""
    if gate.n_qubits != 2:
        return False
    if gate.pauli:
        return len(set(gate.pauli)) == 1
    if gate.factors:
        return all(is_symmetric(factor) for factor, _ in gate.factors)
    known = gate.matrix if gate.generator is None else gate.generator
    swap = np.array([0, 2, 1, 3])
    return isinstance(known, np.ndarray) and np.allclose(known[swap][:, swap], known)
