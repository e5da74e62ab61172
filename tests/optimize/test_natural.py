"""Quantum natural gradient: solves with the metric, and needs fewer steps."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import qjax
from qjax.optimize import quantum_natural_gradient
from tests import oracle

N = 6
HAMILTONIAN = qjax.library.transverse_field_ising(N)


def build(w, x=0.0):
    """The ground state's own ansatz: layers of exp(-i ZZ) and exp(-i X)."""

    def layer(circuit, w):
        return circuit.rzz(w[0], range(N - 1), range(1, N)).rx(w[1], range(N))

    return qjax.Circuit(N).h(range(N)).rz(x, range(N)).repeat(layer, w)


def energy(w):
    return qjax.expectation(build(w), HAMILTONIAN)


def start():
    return 0.1 + 0.01 * jnp.arange(6.0).reshape(3, 2)


def solved(metric, slope, damping):
    """The same by a dense solver."""
    flat = np.asarray(slope, np.float64).reshape(-1)
    return np.linalg.solve(np.asarray(metric, np.float64) + damping * np.eye(len(flat)), flat)


@pytest.mark.parametrize("damping", [1e-2, 1.0])
def test_it_equals_a_dense_solve(damping):
    natural = quantum_natural_gradient(build, damping=damping, tolerance=1e-7)
    w, slope = start(), jax.grad(energy)(start())
    update, _ = jax.jit(natural.update)(slope, natural.init(w), w)
    expected = solved(qjax.metric_tensor(build, w), slope, damping)
    np.testing.assert_allclose(update.reshape(-1), expected, rtol=1e-3)


def test_inputs_average_the_metric_through_a_chain():
    xs = jnp.array([0.2, 0.7])
    natural = quantum_natural_gradient(build, damping=0.1, tolerance=1e-7)
    optimizer = optax.chain(natural, optax.scale_by_learning_rate(0.5))
    w, slope = start(), jax.grad(energy)(start())
    update, _ = optimizer.update(slope, optimizer.init(w), w, inputs=xs)
    metric = sum(qjax.metric_tensor(lambda w, x=x: build(w, x), w) for x in xs) / 2
    np.testing.assert_allclose(
        update.reshape(-1), -0.5 * solved(metric, slope, 0.1), rtol=1e-3, atol=1e-5
    )


def energies(first, steps, rate):
    """Energies along a descent."""
    optimizer = optax.chain(first, optax.scale_by_learning_rate(rate))

    def step(carry, _):
        w, state = carry
        value, slope = jax.value_and_grad(energy)(w)
        update, state = optimizer.update(slope, state, w)
        return (optax.apply_updates(w, update), state), value

    carry = (start(), optimizer.init(start()))
    return jax.lax.scan(step, carry, length=steps)[1]


def test_it_reaches_a_ground_energy_in_fewer_steps_than_any_rate_of_plain_descent():
    words = ["I" * i + "ZZ" + "I" * (N - 2 - i) for i in range(N - 1)]
    words += ["I" * i + "X" + "I" * (N - 1 - i) for i in range(N)]
    ground = np.linalg.eigvalsh(-sum(map(oracle.pauli_string, words)))[0]
    natural = energies(quantum_natural_gradient(build, damping=1e-2), 15, 0.05)
    assert ground - 1e-4 < natural.min() < 0.99 * ground
    rates = jnp.array([0.01, 0.02, 0.05, 0.1, 0.2])
    plain = jax.vmap(functools.partial(energies, optax.identity(), 45))(rates)
    assert plain.min() > 0.99 * ground


def test_bad_input_is_refused_by_name():
    with pytest.raises(ValueError, match="Argument `damping` must be at least 0, but is -1"):
        quantum_natural_gradient(build, damping=-1)
    with pytest.raises(ValueError, match="Argument `max_iterations` must be at least 1"):
        quantum_natural_gradient(build, max_iterations=0)
    natural = quantum_natural_gradient(build)
    with pytest.raises(ValueError, match="Argument `params` must be given"):
        natural.update(start(), natural.init(start()))
