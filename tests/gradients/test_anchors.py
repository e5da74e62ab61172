"""States kept on the way of a long loop, from which undoing starts anew."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from tests.programs import random_unitary

N = 6
RING = [*range(1, N), 0]


def energy(weights, gradient, x=None):
    def layer(circuit, w):
        return circuit.ry(w[0], range(N)).rz(w[1], range(N)).cx(range(N), RING)

    circuit = qjax.Circuit(N).ry(0.3 if x is None else x, range(N)).repeat(layer, weights)
    return qjax.expectation(circuit, qjax.Z(0) @ qjax.X(3), gradient=gradient)


def weights(layers):
    return jnp.asarray(np.random.default_rng(0).normal(size=(layers, 2, N)), jnp.float32)


@pytest.mark.parametrize(("layers", "anchors"), [(5, 3), (48, 1), (67, 3), (101, 100)])
def test_the_gradient_is_the_same(layers, anchors):
    w, gradient = weights(layers), qjax.Adjoint(anchors=anchors)
    expected = jax.grad(energy)(w, qjax.Backprop())
    np.testing.assert_allclose(jax.grad(energy)(w, gradient), expected, atol=2e-5)


def test_under_vmap_and_in_second_derivatives():
    w, v = weights(40), weights(80)[40:]
    xs = jnp.asarray([0.1, 0.7], jnp.float32)

    def product(gradient):
        batched = lambda w: jnp.sum(jax.vmap(lambda x: energy(w, gradient, x))(xs) ** 2)  # noqa: E731
        return jax.jvp(jax.grad(batched), (w,), (v,))

    for found, expected in zip(
        product(qjax.Adjoint(anchors=2)), product(qjax.Backprop()), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=3e-4)


def test_a_loop_that_runs_backwards():
    def value(w, gradient):
        circuit = qjax.Circuit(3).repeat(lambda c, w: c.ry(w, range(3)).cx([0, 1], [1, 2]), w)
        circuit = qjax.Circuit(3).h(range(3)) + circuit.inverse()
        return qjax.expectation(circuit, qjax.X(0) @ qjax.Z(2), gradient=gradient)

    w = weights(70)[:, 0, :3]
    expected = jax.grad(value)(w, qjax.Backprop())
    np.testing.assert_allclose(jax.grad(value)(w, qjax.Adjoint(anchors=3)), expected, atol=2e-5)


def kept(layers, anchors):
    """Number of values that the forward pass keeps for the backward pass."""
    gradient = qjax.Adjoint(anchors=anchors)
    _, pull_back = jax.vjp(lambda w: energy(w, gradient), weights(layers))
    return sum(leaf.size for leaf in jax.tree.leaves(pull_back))


def test_what_is_kept_is_the_anchors():
    state = 2 ** (N + 1)
    assert [kept(160, k) - kept(160, 0) for k in (1, 3, 9, 50)] == [state * k for k in (1, 3, 9, 9)]
    assert kept(10, 4) == kept(10, 0)
    engine = qjax.Statevector()
    program = jax.eval_shape(
        lambda w: engine.stages(qjax.Circuit(N).repeat(lambda c, w: c.rx(w, range(N)), w)).program,
        jax.ShapeDtypeStruct((160, N), jnp.float32),
    )
    assert [qjax.Adjoint(anchors=k).kept(program) for k in (0, 1, 3, 50)] == [0, 1, 3, 9]


def drift(anchors):
    """Relative error of a gradient through 1,000 rounds of a matrix given to five digits."""
    matrix = random_unitary(np.random.default_rng(1), 2).round(5)

    def value(w, gradient):
        def layer(c, w):
            return c.unitary(jnp.asarray(matrix, jnp.complex64), [0, 1]).ry(w, range(3)).cz(1, 2)

        circuit = qjax.Circuit(3).repeat(layer, w)
        return qjax.expectation(circuit, qjax.Z(0), gradient=gradient)

    w = jnp.asarray(np.random.default_rng(2).normal(size=(1000, 3)), jnp.float32)
    expected = jax.grad(value)(w, qjax.Backprop())
    found = jax.grad(value)(w, qjax.Adjoint(anchors=anchors))
    return float(jnp.linalg.norm(found - expected) / jnp.linalg.norm(expected))


def test_anchors_end_the_drift_of_matrices_of_few_digits():
    without, few, many = (drift(anchors) for anchors in (0, 4, 64))
    assert without > 4e-4
    assert few < 0.5 * without and many < 1e-4


def test_bad_input():
    with pytest.raises(TypeError, match="`anchors` must be an integer"):
        qjax.Adjoint(anchors=1.5)
    with pytest.raises(ValueError, match="`anchors` must be at least 0"):
        qjax.Adjoint(anchors=-1)
