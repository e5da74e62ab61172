"""Every engine and gradient lowers for GPU and TPU, on machines that have neither."""

import jax
import jax.numpy as jnp
import pytest

import qjax

N = 6
RING = [(i + 1) % N for i in range(N)]


def value(weights, gradient):
    """A circuit that takes every kind of step."""

    def layer(circuit, w):
        return circuit.u(w[0], w[1], w[2], range(N)).cx(range(N), RING)

    circuit = qjax.Circuit(N).h(range(N)).repeat(layer, weights)
    circuit = circuit.rzz(weights[0, 0, 1:], range(N - 1), range(1, N))
    circuit = circuit.pauli_rotation(weights[0, 0, 0], "XYZXYZ", range(N))
    observable = sum(qjax.X(i) @ qjax.Z((i + 1) % N) for i in range(N))
    return qjax.expectation(circuit, [observable, qjax.Y(0)], gradient=gradient)


@pytest.mark.parametrize("gradient", [qjax.Adjoint(), qjax.Backprop()])
def test_lowers_for_cuda_and_tpu(gradient):
    function = jax.jit(jax.vmap(jax.jacrev(lambda w: value(w, gradient))))
    exported = jax.export.export(function, platforms=["cuda", "tpu"])(jnp.ones((2, 3, 3, N)))
    assert set(exported.platforms) == {"cuda", "tpu"}
    # Matrix products of states must not be rounded to TF32 or bfloat16.
    text = exported.mlir_module()
    products = [line for line in text.splitlines() if "stablehlo.dot_general" in line]
    real = [line for line in products if "complex" not in line]
    assert real and all("HIGHEST" in line for line in real)


@pytest.mark.parametrize("engine", [qjax.TensorNetwork(progress=False), qjax.MPS(max_bond=4)])
def test_other_engines_lower_too(engine):
    def energy(angles):
        circuit = qjax.Circuit(N).h(range(N)).rzz(angles[0], range(N - 1), range(1, N))
        return qjax.expectation(circuit.rx(angles[1], range(N)), qjax.Z(2), engine=engine)

    function = jax.jit(jax.vmap(jax.grad(energy)))
    exported = jax.export.export(function, platforms=["cuda", "tpu"])(jnp.ones((2, 2)))
    assert set(exported.platforms) == {"cuda", "tpu"}
    products = [x for x in exported.mlir_module().splitlines() if "stablehlo.dot_general" in x]
    assert all("HIGHEST" in line for line in products)
