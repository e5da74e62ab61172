"""That the reversible gradient is the one taken, not only that its number is right."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax

N = 8


def energy(weights, gradient):
    """A layered circuit of 8 qubits, or as many as there are weights for."""
    n = weights.shape[-1]

    def layer(circuit, w):
        ring = [(i + 1) % n for i in range(n)]
        return circuit.ry(w[0], range(n)).rz(w[1], range(n)).cx(range(n), ring)

    circuit = qjax.Circuit(n).h(range(n)).repeat(layer, weights)
    return qjax.expectation(circuit, qjax.Z(0) @ qjax.X(3), gradient=gradient)


def weights(layers):
    return jnp.asarray(np.random.default_rng(0).normal(size=(layers, 2, N)), jnp.float32)


def kept(layers, gradient):
    """Sizes of the arrays that the forward pass keeps for the backward pass."""
    _, pull_back = jax.vjp(lambda w: energy(w, gradient), weights(layers))
    return [leaf.size for leaf in jax.tree.leaves(pull_back)]


@pytest.mark.parametrize("gradient", [None, qjax.Adjoint()])
def test_the_default_takes_the_reversible_path(gradient):
    jaxpr = str(jax.make_jaxpr(lambda w: energy(w, gradient))(weights(3)))
    assert "custom_vjp_call" in jaxpr
    assert "reversible" in jaxpr


@pytest.mark.parametrize(("qubits", "layers"), [(4, 16), (4, 17), (6, 3), (7, 3)])
def test_small_and_shallow_circuits_keep_their_states(qubits, layers):
    angles = weights(layers)[..., :qubits]
    path = str(jax.make_jaxpr(lambda w: energy(w, qjax.Adjoint()))(angles))
    assert ("reversible" in path) == (qubits > 6 or layers > 16)
    gradients = (jax.grad(energy)(angles, g) for g in (qjax.Adjoint(), qjax.ParameterShift()))
    np.testing.assert_allclose(*gradients, atol=1e-5)


def test_backprop_takes_the_ordinary_path():
    assert "custom_vjp_call" not in str(
        jax.make_jaxpr(lambda w: energy(w, qjax.Backprop()))(weights(3))
    )


def test_what_adjoint_keeps_does_not_grow_with_depth():
    # Fewer than 17 rounds are one chunk, whose blocks are kept.
    shallow, deep = (kept(layers, qjax.Adjoint()) for layers in (32, 512))
    extra = 480 * 2 * N  # The angles themselves: they are arguments, and kept once or twice.
    assert sum(deep) - sum(shallow) <= 2 * extra
    assert sum(shallow) < 4 * 2**N + 2 * 32 * 2 * N


def test_what_backprop_keeps_does_grow():
    shallow, deep = (kept(layers, qjax.Backprop()) for layers in (4, 64))
    assert sum(deep) - sum(shallow) >= 60 * 2**N


def test_forward_mode_through_adjoint_is_refused_and_through_backprop_is_right():
    w = weights(2)
    with pytest.raises(TypeError, match="custom_vjp"):
        jax.jvp(lambda w: energy(w, qjax.Adjoint()), (w,), (w,))
    _, tangent = jax.jvp(lambda w: energy(w, qjax.Backprop()), (w,), (w,))
    expected = jnp.vdot(jax.grad(energy)(w, qjax.Adjoint()), w)
    np.testing.assert_allclose(tangent, expected, atol=1e-5)


def test_second_derivatives_through_adjoint_match_backprop():
    w = weights(2)
    v = weights(4)[2:]

    def product(gradient):
        return jax.jvp(jax.grad(lambda w: energy(w, gradient)), (w,), (v,))[1]

    np.testing.assert_allclose(product(qjax.Adjoint()), product(qjax.Backprop()), atol=1e-5)


def test_second_derivatives_in_the_entries_of_a_matrix_match_backprop():
    """The inverse that undoes a block must be differentiated as an inverse, not as a transpose."""
    rng = np.random.default_rng(1)
    u = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]
    parts = jnp.asarray(np.stack([u.real, u.imag]), jnp.float32)
    v = jnp.asarray(rng.normal(size=(2, 4, 4)), jnp.float32)

    def value(parts, gradient):
        matrix = jax.lax.complex(parts[0], parts[1])
        circuit = qjax.Circuit(3).h(range(3)).unitary(matrix, [0, 1]).ry(0.3, 1).cx(1, 2)
        circuit = circuit.unitary(matrix, [1, 2])
        return qjax.expectation(circuit, qjax.Z(2) + qjax.X(0) @ qjax.Y(1), gradient=gradient)

    def product(gradient):
        return jax.jvp(jax.grad(lambda p: value(p, gradient)), (parts,), (v,))[1]

    np.testing.assert_allclose(product(qjax.Adjoint()), product(qjax.Backprop()), atol=1e-4)
