"""The gate table: everything about a gate follows from its row."""

import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.circuit import GATES, Gate

ANGLES = (0.3, -0.8, 1.1)
FLAGS = {"z", "s", "sdg", "t", "tdg", "rz", "p", "cz", "crz", "cp", "rzz"}
MAPS = {"x", "cx", "swap"}


def matrix(gate):
    angles = [jnp.array([a]) for a in ANGLES[: len(gate.parameters)]]
    return np.asarray(gate.matrices(*angles, dtype=jnp.complex64)[0])


@pytest.mark.parametrize("name", GATES)
def test_rows_are_consistent(name):
    gate = GATES[name]
    u = matrix(gate)
    assert u.shape == (2**gate.n_qubits,) * 2
    np.testing.assert_allclose(u.conj().T @ u, np.eye(len(u)), atol=1e-6)
    assert gate.is_diagonal == (name in FLAGS) == np.allclose(u, np.diag(np.diag(u)), atol=1e-6)
    assert (gate.index_map is not None) == (name in MAPS)
    if gate.is_diagonal:
        angles = [jnp.array([a]) for a in ANGLES[: len(gate.parameters)]]
        phases = np.asarray(gate.phases(*angles, dtype=jnp.complex64)[0])
        np.testing.assert_allclose(np.exp(1j * phases), np.diag(u), atol=1e-6)
    assert gate.qasm == name
    np.testing.assert_allclose(matrix(gate.controlled())[len(u) :, len(u) :], u, atol=1e-6)


@pytest.mark.parametrize("name", [n for n, g in GATES.items() if g.generator is not None])
def test_generators_generate(name):
    gate = GATES[name]
    values, vectors = np.linalg.eigh(gate.generator)
    expected = (vectors * np.exp(-1j * ANGLES[0] * values)) @ vectors.conj().T
    np.testing.assert_allclose(matrix(gate), expected, atol=1e-6)


@pytest.mark.parametrize("name", GATES)
def test_inverses_undo(name):
    gate = GATES[name]
    arguments = (*ANGLES[: len(gate.parameters)], *range(gate.n_qubits))
    circuit = qjax.Circuit(gate.n_qubits).apply(gate, *arguments)
    product = qjax.unitary(circuit + circuit.inverse())
    np.testing.assert_allclose(product, np.eye(2**gate.n_qubits), atol=1e-6)


def own_gates():
    """One gate of one's own for each way to define one, with its matrix at 0.3."""
    y = np.array([[0, -1j], [1j, 0]])
    ry = np.array([[np.cos(0.15), -np.sin(0.15)], [np.sin(0.15), np.cos(0.15)]])
    hop = np.zeros((4, 4))
    hop[1, 2] = hop[2, 1] = 1
    hopped = np.eye(4, dtype=complex)
    hopped[1:3, 1:3] = [[np.cos(0.3), -1j * np.sin(0.3)], [-1j * np.sin(0.3), np.cos(0.3)]]

    def function(t):
        c, s = jnp.cos(t / 2), jnp.sin(t / 2)
        return jnp.stack([jnp.stack([c, -s]), jnp.stack([s, c])])

    return {
        "matrix": (Gate("a", matrix=y), y),
        "generator": (Gate("b", generator=hop), hopped),
        "function": (Gate("c", matrix=function, parameters=("t",)), ry),
        "factors": (
            Gate("d", factors=((GATES["h"], ()), (GATES["ry"], (0,))), parameters=("t",)),
            ry @ np.array([[1, 1], [1, -1]]) / np.sqrt(2),
        ),
    }


@pytest.mark.parametrize("kind", own_gates())
def test_a_gate_of_one_s_own_is_one_call(kind):
    gate, expected = own_gates()[kind]
    angles = [0.3] * len(gate.parameters)
    circuit = qjax.Circuit(gate.n_qubits).apply(gate, *angles, *range(gate.n_qubits))
    np.testing.assert_allclose(qjax.unitary(circuit), expected, atol=1e-6)
    np.testing.assert_allclose(qjax.unitary(circuit.inverse()), expected.conj().T, atol=1e-6)
    assert gate not in GATES.values()
