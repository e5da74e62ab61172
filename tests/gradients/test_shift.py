"""The parameter-shift rule."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.gradients import shift_rule


@pytest.mark.parametrize("frequencies", [(1.0,), (0.5, 1.0), (1.0, 2.0, 3.0), (0.3, 1.0, 1.7)])
def test_the_rule_is_exact_for_its_frequencies(frequencies):
    shifts, weights = shift_rule(frequencies)
    for omega in frequencies:
        for wave, slope in ((np.sin, omega), (np.cos, 0.0)):
            differences = wave(omega * shifts) - wave(-omega * shifts)
            assert np.sum(weights * differences) == pytest.approx(slope, abs=1e-9)


def test_a_gate_of_one_s_own_is_shifted_by_its_spectrum():
    generator = np.diag([0.0, 0.3, 1.0, 1.7])
    gate = qjax.Gate("phases", generator=generator)

    def value(theta, gradient):
        circuit = qjax.Circuit(2).h([0, 1]).apply(gate, theta, 0, 1).h([0, 1])
        return qjax.expectation(circuit, qjax.Z(0), gradient=gradient)

    slopes = [jax.grad(value)(0.4, g) for g in (qjax.ParameterShift(), qjax.Backprop())]
    np.testing.assert_allclose(*slopes, atol=1e-5)


def test_an_angle_shared_by_many_uses_and_rounds():
    def value(theta, gradient):
        circuit = qjax.Circuit(3).rx(theta, range(3)).cx([0, 1], [1, 2])
        circuit = circuit.repeat(
            lambda c, s: c.ry(s * theta, range(3)).cz(0, 2), jnp.arange(1.0, 4)
        )
        return qjax.expectation(circuit, [qjax.Z(0), qjax.X(2)], gradient=gradient)

    slopes = [jax.jacrev(value)(0.4, g) for g in (qjax.ParameterShift(chunk=3), qjax.Adjoint())]
    np.testing.assert_allclose(*slopes, atol=1e-5)


def test_a_verb_without_a_rule_is_refused_by_name():
    with pytest.raises(ValueError, match="`statevector`.*Adjoint"):
        qjax.statevector(qjax.Circuit(1), gradient=qjax.ParameterShift())


def test_a_matrix_may_be_traced_but_not_differentiated():
    def value(matrix, theta):
        circuit = qjax.Circuit(1).unitary(matrix, 0).rx(theta, 0)
        return qjax.expectation(circuit, qjax.Z(0), gradient=qjax.ParameterShift())

    slope = jax.jit(jax.grad(value, argnums=1))(jnp.eye(2), 0.3)
    assert slope == pytest.approx(-np.sin(0.3), abs=1e-6)
    with pytest.raises(ValueError, match="`ParameterShift` does not support.*Adjoint"):
        jax.grad(value)(jnp.eye(2), 0.3)


def test_forward_mode_and_second_derivatives():
    def value(theta, gradient):
        circuit = qjax.Circuit(2).rx(theta, [0, 1]).crz(theta[0], 0, 1).ry(theta[1], 1)
        return qjax.expectation(circuit, [qjax.Z(1), qjax.X(0)], gradient=gradient)

    theta, v = jnp.array([0.3, 0.8]), jnp.array([1.0, -0.5])

    def derivatives(gradient):
        f = functools.partial(value, gradient=gradient)
        forward = jax.jvp(f, (theta,), (v,))[1]
        product = jax.jvp(jax.jacrev(f), (theta,), (v,))[1]
        return [forward, product, jax.hessian(f)(theta)]

    expected = derivatives(qjax.Backprop())
    for a, b in zip(derivatives(qjax.ParameterShift()), expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
