"""The circuit as a value and as a pytree."""

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.circuit import Repeat


def test_a_broadcast_call_is_one_operation_and_one_leaf():
    circuit = qjax.Circuit(4).rx(np.arange(4.0), range(4)).cx(range(3), range(1, 4))
    assert len(circuit) == 2
    assert [leaf.shape for leaf in jax.tree.leaves(circuit)] == [(4,)]
    assert circuit.count_ops() == {"rx": 4, "cx": 3}


def test_every_method_returns_a_new_circuit():
    empty = qjax.Circuit(2)
    assert len(empty.h(0)) == 1 and len(empty) == 0
    one = empty.rx(0.1, 0)
    a, b = one.rx(0.2, 1), one.rx(0.3, 1)
    assert [jax.tree.leaves(c)[0].tolist() for c in (one, a, b)] == [[0.1], [0.1, 0.2], [0.1, 0.3]]


def test_depth():
    circuit = qjax.Circuit(3).h(range(3)).cx([0, 1], [1, 2])
    assert qjax.Circuit(3).depth() == 0
    assert circuit.depth() == 3
    assert qjax.Circuit(3).repeat(lambda c, _: c + circuit, length=5).depth() == 15


def test_gates_take_names_too():
    by_name = qjax.Circuit(2).rx(theta=0.1, qubits=0).cx(controls=0, targets=1)
    assert by_name.structure == qjax.Circuit(2).rx(0.1, 0).cx(0, 1).structure
    with pytest.raises(TypeError, match="theta"):
        qjax.Circuit(2).rx(angle=0.1, qubits=0)


def test_equal_structures_are_equal_and_hash_alike():
    def make(angle):
        return qjax.Circuit(3).rx(angle, 0).repeat(lambda c, x: c.ry(x, 1), jnp.ones(4))

    assert jax.tree.structure(make(0.1)) == jax.tree.structure(make(0.2))
    assert jax.tree.structure(make(0.1)) != jax.tree.structure(make(0.1).h(0))


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
)
def test_circuits_copy_and_pickle(duplicate):
    circuit = qjax.Circuit(2).rx(0.3, 0).cx(0, 1).unitary(np.eye(2), 1)
    circuit = circuit.pauli_rotation(0.2, "XY", [0, 1])
    same = duplicate(circuit)
    np.testing.assert_allclose(qjax.statevector(same), qjax.statevector(circuit))


def test_circuits_are_differentiated_as_arguments():
    circuit = qjax.Circuit(2).rx(jnp.array([0.3, 0.4]), [0, 1]).ry(0.2, 0)
    slope = jax.grad(lambda c: qjax.expectation(c, qjax.Z(0)))(circuit)
    assert isinstance(slope, qjax.Circuit)
    leaves = [leaf.shape for leaf in jax.tree.leaves(slope)]
    assert leaves == [(2,), (1,)]


def test_a_batch_of_circuits_is_a_circuit_with_batched_leaves():
    batch = jax.vmap(lambda t: qjax.Circuit(2).rx(t, 0).cx(0, 1))(jnp.linspace(0, 1, 5))
    values = jax.vmap(lambda c: qjax.expectation(c, qjax.Z(1)))(batch)
    np.testing.assert_allclose(values, np.cos(np.linspace(0, 1, 5)), atol=1e-6)


def test_repeat_matches_the_loop_and_nests():
    def body(circuit, w):
        inner = circuit.rx(w["a"], range(2)).cx(0, 1)
        return inner.repeat(lambda c, t: c.rz(t, 0).ry(t * w["b"], 1), w["c"])

    xs = {"a": jnp.ones((3, 2)), "b": jnp.arange(3.0), "c": jnp.linspace(0, 1, 12).reshape(3, 4)}
    rolled = qjax.Circuit(2).repeat(body, xs)
    loop = qjax.Circuit(2)
    for i in range(3):
        loop = body(loop, jax.tree.map(lambda x: x[i], xs))  # noqa: B023
    assert isinstance(rolled.structure.items[0], Repeat)
    assert rolled.count_ops() == loop.count_ops()
    np.testing.assert_allclose(qjax.statevector(rolled), qjax.statevector(loop), atol=1e-6)
    back = qjax.statevector(rolled + rolled.inverse())
    np.testing.assert_allclose(back, [1, 0, 0, 0], atol=1e-6)


@pytest.mark.parametrize("length", [0, 1])
def test_repeat_of_no_round_and_of_one(length):
    circuit = qjax.Circuit(2).h(0).repeat(lambda c, x: c.rx(x, 1), jnp.ones(length))
    expected = qjax.Circuit(2).h(0)
    expected = expected.rx(1.0, 1) if length else expected
    np.testing.assert_allclose(qjax.statevector(circuit), qjax.statevector(expected), atol=1e-6)


def test_what_a_body_closes_over_is_differentiated():
    def value(x):
        circuit = qjax.Circuit(1).repeat(lambda c, w: c.rx(w * x, 0), jnp.arange(1.0, 4))
        return qjax.expectation(circuit, qjax.Z(0))

    assert jax.grad(value)(0.1) == pytest.approx(-6 * np.sin(0.6), abs=1e-5)
