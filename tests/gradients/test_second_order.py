"""Hessian-vector products: exact, and in a fixed number of states."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from tests import oracle, programs
from tests.conformance.tables import ENGINES, TRANSFORMS, over
from tests.programs import Program

DOUBLE = ENGINES[1]
N = 10
OBSERVABLE = qjax.Z(0) @ qjax.X(3) + 0.3 * sum(qjax.X(i) @ qjax.Y(i + 1) for i in range(N - 1))


def layered(weights):
    """Two angles a layer, so that the parameters are small beside the state even at depth 1000."""
    ring = [(i + 1) % N for i in range(N)]

    def layer(circuit, w):
        return circuit.ry(w[0], range(N)).cx(range(N), ring).rzz(w[1], range(N), ring)

    return qjax.Circuit(N).h(range(N)).repeat(layer, weights)


def weights(layers, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=(layers, 2)), jnp.float32)


def by_backprop(build, observable, parameters, tangent, engine=None):
    """JAX's own second derivative, which shares no rule with the reversible one."""

    def energy(p):
        return qjax.expectation(build(p), observable, engine=engine, gradient=qjax.Backprop())

    pair = jax.jvp(jax.value_and_grad(energy), (parameters,), (tangent,))
    return *pair[0], pair[1][1]


@over(["jit", "vmap"], "transform")
def test_every_gate_against_backprop_and_against_differences_of_the_oracle(transform):
    rng = np.random.default_rng(7)
    ops = [op for op in programs.every_gate(rng, 4).ops if op[0] != "unitary"]
    program, terms = Program(4, ops), programs.random_terms(rng, 4, 3)
    observable = programs.to_observable(terms)

    def build(numbers):
        return programs.to_circuit(programs.with_numbers(program, numbers))

    def draw():
        point = programs.numbers(programs.redrawn(rng, program))
        return jax.tree.map(np.asarray, (point, programs.numbers(programs.redrawn(rng, program))))

    points = [draw(), draw()]
    with DOUBLE.precision():
        products = TRANSFORMS[transform](
            lambda p: qjax.hessian_vector_product(build, observable, *p, engine=DOUBLE.value),
            [jax.tree.map(jnp.asarray, p) for p in points],
        )
        for (point, tangent), results in zip(points, products, strict=True):
            DOUBLE.check(results, by_backprop(build, observable, point, tangent, DOUBLE.value))

            slopes = []
            for step in (1e-5, -1e-5):
                moved = jax.tree.map(lambda p, v, h=step: p + h * v, point, tangent)
                ops = programs.with_numbers(program, moved).ops
                slopes.append(oracle.gradient(4, ops, terms))
            differences = jax.tree.map(lambda up, down: (up - down) / 2e-5, *slopes)
            got = jax.tree.leaves(results[2])
            for a, b in zip(got, jax.tree.leaves(differences), strict=True):
                np.testing.assert_allclose(a, b, atol=1e-6)


def test_it_is_the_hessian_times_the_vector_of_a_layered_circuit():
    w, v = weights(3), weights(3, seed=1)
    hessian = jax.hessian(lambda w: qjax.expectation(layered(w), OBSERVABLE))(w)
    product = qjax.hessian_vector_product(layered, OBSERVABLE, w, v)[2]
    np.testing.assert_allclose(product, jnp.einsum("abcd,cd->ab", hessian, v), atol=1e-4)


def temporary_bytes(function, layers):
    return jax.jit(function).lower(weights(layers)).compile().memory_analysis().temp_size_in_bytes


def test_memory_does_not_grow_with_depth_and_through_backprop_it_does():
    state = 2**N * 8

    def growth(product, depths):
        used = [temporary_bytes(lambda w: product(layered, OBSERVABLE, w, w), d) for d in depths]
        return (used[1] - used[0]) / state

    assert growth(qjax.hessian_vector_product, (10, 1000)) < 8  # 1000 layers' angles are a state.
    assert growth(by_backprop, (10, 100)) > 90


def test_bad_input_is_refused_by_name():
    w = weights(2)
    with pytest.raises(ValueError, match=r"Argument `tangent` must have shape \(2, 2\)"):
        qjax.hessian_vector_product(layered, OBSERVABLE, w, w[0])
    with pytest.raises(ValueError, match="Argument `tangent` must have the structure"):
        qjax.hessian_vector_product(layered, OBSERVABLE, w, (w,))
    with pytest.raises(TypeError, match="Argument `observable`"):
        qjax.hessian_vector_product(layered, [OBSERVABLE], w, w)
