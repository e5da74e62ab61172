"""Compilation as a tested behaviour: its size, and that it happens once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax

N = 12
RING = [(i + 1) % N for i in range(N)]


def value(weights):
    """The layered circuit of the design, 12 qubits."""

    def layer(circuit, w):
        return circuit.ry(w[:, 0], range(N)).rz(w[:, 1], range(N)).cx(range(N), RING)

    circuit = qjax.Circuit(N).ry(0.1, range(N)).repeat(layer, weights)
    return qjax.expectation(circuit, qjax.Z(0))


def count(jaxpr):
    """Equations, those of inner programs included."""
    total = 0
    for eqn in jaxpr.eqns:
        total += 1
        for inner in jax.tree.leaves(eqn.params, is_leaf=lambda p: hasattr(p, "eqns")):
            inner = getattr(inner, "jaxpr", inner)
            total += count(inner) if hasattr(inner, "eqns") else 0
    return total


@pytest.mark.parametrize("function", [value, jax.grad(value)])
def test_the_program_of_5000_layers_is_as_small_as_that_of_17(function):
    """More than 16 rounds are a loop of chunks, and one more for the rest where one is left."""
    depths = (10, 1000, 5000, 5003, 17)
    sizes = [count(jax.make_jaxpr(function)(jnp.ones((k, N, 2))).jaxpr) for k in depths]
    ten, deep, deeper, odd, least = sizes
    assert 20 < ten <= deep == deeper < odd <= least < 2 * ten


def test_a_second_call_compiles_nothing_even_without_jit(compilations):
    def call(theta):
        circuit = qjax.Circuit(3).rx(theta, range(3)).cx([0, 1], [1, 2]).rz(0.3 * theta, 0)
        return qjax.expectation(circuit, 0.5 * qjax.Z(0) + qjax.X(1))

    call(0.1)
    assert compilations
    compilations.clear()
    for theta in (0.2, 0.3):
        call(theta)
    assert not compilations


def test_a_circuit_as_an_argument_compiles_once_for_its_structure(compilations):
    function = jax.jit(qjax.statevector)
    for round_, angle in enumerate((0.1, 0.2, 0.7)):
        function(qjax.Circuit(2).rx(angle, 0).ry([angle, 0.3], [0, 1]).cx(0, 1))
        if round_ == 0:
            assert compilations
            compilations.clear()
    assert not compilations


def test_ten_thousand_literal_gates_are_one_leaf_and_hash_once():
    circuit = qjax.Circuit(10)
    for i in range(10_000):
        circuit = circuit.rx(float(i) if i % 2 else jnp.float32(i), i % 10)
    (leaf,) = jax.tree.leaves(circuit)
    assert leaf.shape == (10_000,)
    again = jax.tree.unflatten(jax.tree.structure(circuit), [leaf])
    assert jax.tree.structure(again) == jax.tree.structure(circuit)
    assert hash(again.structure) == hash(circuit.structure)


def test_a_sum_of_ten_thousand_terms_is_a_few_operations():
    rng = np.random.default_rng(0)
    words = ["".join(word) for word in rng.choice(list("IXYZ"), (10_000, 6))]
    observable = qjax.PauliSum.from_words(rng.normal(size=10_000), words)
    jaxpr = jax.make_jaxpr(qjax.expectation)(qjax.Circuit(6).h(range(6)), observable)
    assert count(jaxpr.jaxpr) < 500
