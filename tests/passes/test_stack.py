"""Circuits without repetition: blocks of one size in one loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import qjax
from qjax.engines import _lower
from qjax.passes import stack
from tests import oracle

N = 7
NAMES = {"rx": 1, "ry": 1, "rz": 1, "h": 1, "cx": 2, "rzz": 2, "crx": 2, "u": 1, "ccx": 3}
ANGLES = {"rx": 1, "ry": 1, "rz": 1, "rzz": 1, "crx": 1, "u": 3}
REAL = ("ry", "h", "cx", "ccx")


def operations(seed, count, names=tuple(NAMES)):
    rng = np.random.default_rng(seed)
    gates = []
    for _ in range(count):
        name = str(rng.choice(names))
        qubits = tuple(int(q) for q in rng.choice(N, NAMES[name], replace=False))
        gates.append((name, tuple(rng.uniform(-3, 3, ANGLES.get(name, 0))), qubits))
    return gates


def build(gates, scale=1.0):
    circuit = qjax.Circuit(N)
    for name, angles, qubits in gates:
        circuit = getattr(circuit, name)(*(scale * a for a in angles), *qubits)
    return circuit


def low(monkeypatch):
    monkeypatch.setattr(_lower, "_STACK_STEPS", 3)


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(3, 5))
def test_the_product_of_the_blocks_is_the_circuit(seed, count, k):
    gates = operations(seed, count)
    circuit = build(gates)
    blocks = stack(circuit.structure.items, circuit.leaves, N, k, jnp.complex64)
    again = qjax.Circuit(N)
    for qubits, matrix in zip(blocks.qubits, blocks.matrices, strict=True):
        assert len(qubits) == k
        again = again.unitary(np.asarray(matrix), list(qubits))
    expected = oracle.statevector(N, gates)
    np.testing.assert_allclose(qjax.statevector(again), expected, atol=3e-5)


@pytest.mark.parametrize("names", [tuple(NAMES), REAL], ids=["complex", "real"])
def test_values_and_gradients_are_those_of_the_gates(monkeypatch, names):
    gates = operations(7, 30, names)
    observable = qjax.Z(0) @ qjax.X(2) + 0.5 * qjax.Y(1) - qjax.X(4)

    def energy(scale):
        return qjax.expectation(build(gates, scale), observable)

    plain = jax.value_and_grad(energy)(1.1)
    low(monkeypatch)
    jax.clear_caches()
    program = jax.eval_shape(lambda s: qjax.Statevector().stages(build(gates, s)).program, 1.1)
    assert [type(step).__name__ for step in program.steps].count("Rounds") == 1
    assert len(program.order) == N + (names != REAL)
    scales = jnp.linspace(0.5, 1.1, 3)
    stacked = jax.value_and_grad(energy)(1.1)
    batched = jax.vmap(jax.value_and_grad(energy))(scales)
    np.testing.assert_allclose(stacked, plain, atol=2e-4)
    np.testing.assert_allclose([row[-1] for row in batched], plain, atol=2e-4)
    jax.clear_caches()


def test_a_stack_inside_a_loop_and_its_inverse(monkeypatch):
    gates = operations(3, 25)
    xs = jnp.linspace(0.2, 1.0, 18)  # More rounds than one chunk.

    def state(xs):
        circuit = qjax.Circuit(N).repeat(lambda c, x: c + build(gates, x), xs)
        return qjax.statevector(circuit + circuit.inverse())

    low(monkeypatch)
    jax.clear_caches()
    final = state(xs)
    assert abs(final[0] - 1) < 1e-3
    slope = jax.grad(lambda xs: jnp.abs(state(xs)[0]) ** 2)(xs)
    np.testing.assert_allclose(slope, 0, atol=1e-2)
    jax.clear_caches()


def test_the_program_does_not_grow_with_the_number_of_gates():
    def size(count):
        circuit = build(operations(1, count))
        return len(jax.eval_shape(lambda: qjax.Statevector().stages(circuit).program).steps)

    assert size(600) == size(1200) <= 3


def test_uses_that_share_one_number_each_have_its_matrix():
    """The only number of a circuit is one row, however many gates use it."""
    circuit = qjax.Circuit(3).ry(0.4, range(3)).h(0).cx(0, 1)
    ops = [("ry", (0.4,), (q,)) for q in range(3)] + [("h", (), (0,)), ("cx", (), (0, 1))]
    blocks = stack(circuit.structure.items, circuit.leaves, 3, 2, jnp.complex64)
    state = np.eye(8)[0].reshape(2, 2, 2)
    for qubits, matrix in zip(blocks.qubits, blocks.matrices, strict=True):
        state = oracle.apply(state, np.asarray(matrix), qubits)
    np.testing.assert_allclose(state.reshape(-1), oracle.statevector(3, ops), atol=1e-6)
