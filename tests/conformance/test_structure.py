"""What a circuit's own operations mean: broadcast calls, inverse, `+` and `repeat`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import qjax
from tests import oracle, programs
from tests.conformance.tables import ENGINES, GRADIENTS, over
from tests.programs import GATES

LAYERS = 4


def layer(circuit, weights, matrix):
    """Appends one layer that holds an angle, a matrix and fixed gates."""
    n = circuit.n_qubits
    circuit = circuit.ry(weights[:, 0], range(n)).rz(weights[:, 1], range(n))
    return circuit.unitary(matrix, [2, 0]).cx(range(n), [*range(1, n), 0]).s(1)


def unrolled_ops(weights, matrices):
    """Returns the operations of all layers, for the oracle."""
    n = weights.shape[1]
    ops = []
    for w, matrix in zip(weights, matrices, strict=True):
        ops += [("ry", (w[qubit, 0],), (qubit,)) for qubit in range(n)]
        ops += [("rz", (w[qubit, 1],), (qubit,)) for qubit in range(n)]
        ops += [("unitary", (matrix,), (2, 0))]
        ops += [("cx", (), (qubit, (qubit + 1) % n)) for qubit in range(n)]
        ops += [("s", (), (1,))]
    return ops


def drawn(n=3):
    rng = np.random.default_rng(4)
    weights = rng.uniform(-3, 3, (LAYERS, n, 2))
    return weights, np.stack([programs.random_unitary(rng, 2) for _ in range(LAYERS)])


@over(ENGINES, "engine")
@given(data=st.data())
def test_broadcast_calls_and_single_calls_agree(engine, data):
    program = data.draw(programs.programs(salt=engine.name, max_qubits=5))
    with engine.precision():
        single = qjax.statevector(programs.to_circuit(program), engine=engine.value)
        broadcast = qjax.statevector(programs.to_broadcast_circuit(program), engine=engine.value)
        engine.check([single, broadcast], [oracle.statevector(*program)] * 2)


def test_a_broadcast_call_is_one_leaf():
    circuit = qjax.Circuit(4).rx(jnp.ones(4), range(4)).cx([0, 1], [2, 3]).h(range(4))
    assert len(jax.tree.leaves(circuit)) == 1


@over(ENGINES, "engine")
@over(GATES, "name")
def test_inverse_of_a_gate(name, engine):
    program = programs.Program(4, [programs.random_op(np.random.default_rng(9), name, 4)])
    with engine.precision():
        inverse = programs.to_circuit(program).inverse()
        expected = oracle.unitary(*program).conj().T
        engine.check(qjax.unitary(inverse, engine=engine.value), expected)


@over(ENGINES, "engine")
@given(data=st.data())
def test_inverse_undoes_a_circuit(engine, data):
    program = data.draw(programs.programs(salt=engine.name, max_qubits=6))
    with engine.precision():
        circuit = programs.to_broadcast_circuit(program)
        engine.check(
            qjax.unitary(circuit + circuit.inverse(), engine=engine.value), np.eye(2**program.n)
        )


@given(program=programs.programs(max_qubits=5))
def test_plus_is_concatenation(program):
    half = len(program.ops) // 2
    first = programs.to_circuit(programs.Program(program.n, program.ops[:half]))
    second = programs.to_circuit(programs.Program(program.n, program.ops[half:]))
    ENGINES[0].check(qjax.statevector(first + second), oracle.statevector(*program))


@over(ENGINES, "engine")
@over(GRADIENTS, "gradient")
def test_repeat_is_the_loop_unrolled(engine, gradient):
    """Value and derivatives in stacked angles and matrices, and the inverse of a repeat."""
    weights, matrices = drawn()
    terms = [(0.8, {0: "Z", 2: "X"}), (-0.5, {1: "Y"})]
    argnums = (0, 1) if gradient.matrices else (0,)

    def value(weights, matrices):
        circuit = qjax.Circuit(3).h(range(3))
        circuit = circuit.repeat(lambda c, x: layer(c, *x), (weights, matrices)).t([0, 1])
        observable = programs.to_observable(terms)
        return qjax.expectation(circuit, observable, engine=engine.value, gradient=gradient.value)

    with engine.precision():
        if gradient.matrices:
            run = jax.jit(jax.value_and_grad(value, argnums))
            actual = run(jnp.asarray(weights), jnp.asarray(matrices))
        else:
            run = jax.jit(jax.value_and_grad(lambda w: value(w, matrices), argnums))
            actual = run(jnp.asarray(weights))
    head = [("h", (), (qubit,)) for qubit in range(3)]
    ops = [*head, *unrolled_ops(weights, matrices), ("t", (), (0,)), ("t", (), (1,))]
    slopes = oracle.gradient(3, ops, terms)
    angles = [slot[0] for (name, *_), slot in zip(ops, slopes, strict=True) if name in ("ry", "rz")]
    blocks = [slot[0] for (name, *_), slot in zip(ops, slopes, strict=True) if name == "unitary"]
    in_weights = np.array(angles).reshape(LAYERS, 2, 3).transpose(0, 2, 1)
    expected = (in_weights, np.stack(blocks))[: len(argnums)]
    engine.check(actual, (oracle.expectation(3, ops, terms), expected))


@over(ENGINES, "engine")
def test_inverse_and_sum_of_repeats(engine):
    weights, matrices = drawn()
    ops = unrolled_ops(weights, matrices)
    with engine.precision():
        circuit = qjax.Circuit(3).repeat(
            lambda c, x: layer(c, *x), (jnp.asarray(weights), jnp.asarray(matrices))
        )
        engine.check(qjax.unitary(circuit, engine=engine.value), oracle.unitary(3, ops))
        both = circuit + circuit.inverse()
        engine.check(qjax.unitary(both, engine=engine.value), np.eye(8))


def test_repeats_nest_and_take_a_length():
    angles = np.random.default_rng(1).uniform(-3, 3, (2, 3))

    def inner(circuit, angle):
        return circuit.rx(angle, 0).cx(0, 1)

    nested = qjax.Circuit(2).repeat(
        lambda c, row: c.repeat(inner, row).h(1), jnp.asarray(angles, jnp.float32)
    )
    ops = []
    for row in angles:
        for angle in row:
            ops += [("rx", (angle,), (0,)), ("cx", (), (0, 1))]
        ops.append(("h", (), (1,)))
    ENGINES[0].check(qjax.statevector(nested), oracle.statevector(2, ops))

    bare = qjax.Circuit(2).repeat(lambda c, _: c.sx(0).cx(0, 1), None, length=5)
    ops = [("sx", (), (0,)), ("cx", (), (0, 1))] * 5
    ENGINES[0].check(qjax.statevector(bare), oracle.statevector(2, ops))


def test_repeat_of_nothing_is_nothing():
    circuit = qjax.Circuit(2).h(0).repeat(lambda c, w: c.rx(w, 0), jnp.zeros(0))
    ENGINES[0].check(qjax.statevector(circuit), oracle.statevector(2, [("h", (), (0,))]))


@pytest.mark.parametrize("n", [1, 2, 8])
def test_an_empty_circuit_is_the_identity(n):
    ENGINES[0].check(qjax.unitary(qjax.Circuit(n)), np.eye(2**n))


def test_a_gate_of_the_user(make_key):
    matrix = programs.random_unitary(np.random.default_rng(6), 2)
    circuit = qjax.Circuit(3).h(0).apply(qjax.Gate("mine", matrix=matrix), 2, 0)
    ops = [("h", (), (0,)), ("unitary", (matrix,), (2, 0))]
    ENGINES[0].check(qjax.statevector(circuit), oracle.statevector(3, ops))
    ENGINES[0].check(qjax.unitary(circuit.inverse()), oracle.unitary(3, ops).conj().T)
