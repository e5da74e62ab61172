"""Samples: exact where the outcome is certain, and distributed as the oracle says elsewhere."""

import jax
import jax.numpy as jnp
import numpy as np

import qjax
from tests import oracle, programs
from tests.conformance.tables import ENGINES, over

SHOTS = 8192


@over(ENGINES, "engine")
def test_basis_states_are_certain(engine, make_key):
    bits = [1, 0, 0, 1, 1]
    circuit = qjax.Circuit(5).x([qubit for qubit, bit in enumerate(bits) if bit])
    with engine.precision():
        everything = qjax.sample(circuit, make_key(), 50, engine=engine.value)
        some = qjax.sample(circuit, make_key(), 50, qubits=[4, 1, 3], engine=engine.value)
    np.testing.assert_array_equal(everything, np.tile(bits, (50, 1)))
    np.testing.assert_array_equal(some, np.tile([1, 0, 1], (50, 1)))


@over(ENGINES, "engine")
@over(["all", "some"], "which")
def test_frequencies(engine, which, make_key):
    program = programs.every_gate(np.random.default_rng(8), 4)
    qubits = {"all": None, "some": [3, 0, 1]}[which]
    with engine.precision():
        circuit = programs.to_circuit(program)
        shots = np.asarray(qjax.sample(circuit, make_key(), SHOTS, qubits, engine=engine.value))
    width = shots.shape[1]
    counts = np.bincount(shots @ (1 << np.arange(width)[::-1]), minlength=2**width)
    expected = oracle.probabilities(*program, qubits)
    # Five standard deviations of a binomial count: a fixed key makes this all or nothing.
    slack = 5 * np.sqrt(expected * (1 - expected) / SHOTS) + 1e-3
    assert np.all(np.abs(counts / SHOTS - expected) < slack)


def test_the_key_decides(make_key):
    circuit = qjax.Circuit(6).h(range(6))
    first, second = make_key(), make_key()
    run = jax.jit(lambda key: qjax.sample(circuit, key, 64))
    np.testing.assert_array_equal(run(first), qjax.sample(circuit, first, 64))
    assert np.any(run(first) != run(second))


def test_a_batch_of_keys_and_angles(make_key):
    angles = jnp.array([0.0, jnp.pi])
    keys = jax.random.split(make_key(), 2)

    @jax.jit
    @jax.vmap
    def run(key, angle):
        return qjax.sample(qjax.Circuit(2).rx(angle, 1), key, 20)

    shots = np.asarray(run(keys, angles))
    np.testing.assert_array_equal(shots[0], np.zeros((20, 2)))
    np.testing.assert_array_equal(shots[1], np.tile([0, 1], (20, 1)))
