"""Precision is the engine's, and needs no option but JAX's own x64 switch."""

import jax
import jax.numpy as jnp
import pytest

import qjax

SINGLE, DOUBLE = qjax.Statevector(), qjax.Statevector(dtype=jnp.complex128)


@pytest.mark.parametrize("x64", [False, True])
def test_single_precision_unless_the_engine_says_otherwise(x64):
    with jax.enable_x64(x64):
        circuit = qjax.Circuit(2).rx(0.3, 0)
        for engine in (None, SINGLE):
            assert qjax.statevector(circuit, engine=engine).dtype == jnp.complex64
            assert qjax.expectation(circuit, qjax.Z(0), engine=engine).dtype == jnp.float32


def test_double_precision():
    with jax.enable_x64(True):
        circuit = qjax.Circuit(2).rx(0.3, 0)
        assert qjax.statevector(circuit, engine=DOUBLE).dtype == jnp.complex128
        assert qjax.expectation(circuit, qjax.Z(0), engine=DOUBLE).dtype == jnp.float64


def test_double_precision_without_the_switch_is_refused():
    with pytest.raises(ValueError, match="jax_enable_x64"):
        qjax.statevector(qjax.Circuit(1), engine=DOUBLE)


@pytest.mark.parametrize("angle", [jnp.float16, jnp.float32, jnp.int32])
def test_gradients_keep_the_dtype_of_the_angle(angle):
    def value(theta):
        return qjax.expectation(qjax.Circuit(1).rx(theta, 0), qjax.Z(0))

    theta = jnp.asarray(1, angle)
    assert value(theta) == pytest.approx(0.5403023, abs=1e-3)
    if jnp.issubdtype(angle, jnp.floating):
        assert jax.grad(value)(theta).dtype == angle
