"""Circuits among JAX's other transforms: as arguments, nested, in scans, differentiated twice."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from tests import oracle, programs
from tests.conformance.tables import ENGINES, GRADIENTS, over

N = 3
TERMS = [(0.7, {0: "Z"}), (0.4, {1: "X", 2: "Y"})]
SINGLE, DOUBLE = ENGINES


def build(angles):
    """Returns a circuit of `[2, 3]` angles, with a scan in it."""
    circuit = qjax.Circuit(N).h(range(N)).crx(angles[0, 0], 0, 2)
    return circuit.repeat(lambda c, row: c.ry(row, range(N)).cx([0, 1], [1, 2]), angles)


def ops(angles):
    program = [("h", (), (qubit,)) for qubit in range(N)] + [("crx", (angles[0, 0],), (0, 2))]
    for row in angles:
        program += [("ry", (row[qubit],), (qubit,)) for qubit in range(N)]
        program += [("cx", (), (0, 1)), ("cx", (), (1, 2))]
    return program


def oracle_gradient(angles):
    slopes = oracle.gradient(N, ops(angles), TERMS)
    total = np.array([slots[0] for slots in slopes if slots])
    in_angles = total[1:].reshape(angles.shape).copy()
    in_angles[0, 0] += total[0]
    return in_angles


def oracle_hessian_product(angles, direction):
    """Differentiates the oracle's exact gradient by central differences of the sixth order."""
    weights = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
    step = 1e-2
    return sum(
        weight
        * (
            oracle_gradient(angles + k * step * direction)
            - oracle_gradient(angles - k * step * direction)
        )
        / step
        for k, weight in weights.items()
    )


def value(gradient, engine=SINGLE):
    observable = programs.to_observable(TERMS)
    return lambda angles: qjax.expectation(
        build(angles), observable, gradient=gradient.value, engine=engine.value
    )


def angles(*shape):
    return np.random.default_rng(13).uniform(-3, 3, (*shape, 2, N))


@over(GRADIENTS, "gradient")
def test_circuit_as_an_argument(gradient):
    """Through jit, vmap and grad; the gradient is a circuit of the same structure."""
    observable = programs.to_observable(TERMS)
    batch = angles(3)

    @jax.jit
    @jax.vmap
    @jax.grad
    def slope(circuit):
        return qjax.expectation(circuit, observable, gradient=gradient.value)

    circuits = jax.vmap(build)(jnp.asarray(batch))
    slopes = slope(circuits)
    assert jax.tree.structure(slopes) == jax.tree.structure(circuits)

    # The chain rule from the circuit's leaves back to the angles gives the usual gradient.
    _, pull = jax.vjp(lambda a: jax.vmap(build)(a), jnp.asarray(batch))
    SINGLE.check(pull(slopes)[0], np.stack([oracle_gradient(a) for a in batch]))


def test_circuit_out_of_jit():
    circuit = jax.jit(build)(jnp.asarray(angles()))
    SINGLE.check(qjax.statevector(circuit), oracle.statevector(N, ops(angles())))


@over(GRADIENTS, "gradient")
def test_nested_vmap(gradient):
    batch = angles(2, 3)
    run = jax.jit(jax.vmap(jax.vmap(jax.grad(value(gradient)))))
    expected = np.stack([[oracle_gradient(a) for a in row] for row in batch])
    SINGLE.check(run(jnp.asarray(batch)), expected)


@over(GRADIENTS, "gradient")
def test_some_arguments_batched(gradient):
    """Weights shared by a batch of inputs: the gradient sums over the batch."""
    weights, inputs = angles()[0], angles(2)[:, 0]

    def loss(weights, inputs):
        def one(x):
            circuit = qjax.Circuit(N).rx(x, range(N)).cx(0, 1).ry(weights, range(N))
            observable = programs.to_observable(TERMS)
            return qjax.expectation(circuit, observable, gradient=gradient.value)

        return jnp.sum(jax.vmap(one)(inputs))

    expected = 0
    for x in inputs:
        program = [("rx", (x[q],), (q,)) for q in range(N)] + [("cx", (), (0, 1))]
        program += [("ry", (weights[q],), (q,)) for q in range(N)]
        slopes = oracle.gradient(N, program, TERMS)[-N:]
        expected = expected + np.array([slot[0] for slot in slopes])
    actual = jax.jit(jax.grad(loss))(jnp.asarray(weights), jnp.asarray(inputs))
    SINGLE.check(actual, expected)


@over(GRADIENTS, "gradient")
def test_gradient_inside_a_scan(gradient):
    """Gradient descent as one `lax.scan`, as a training loop compiled whole."""

    def step(current, _):
        return current - 0.1 * jax.grad(value(gradient))(current), None

    actual, _ = jax.jit(lambda start: jax.lax.scan(step, start, length=3))(jnp.asarray(angles()))
    expected = angles()
    for _ in range(3):
        expected = expected - 0.1 * oracle_gradient(expected)
    SINGLE.check(actual, expected)


@over(GRADIENTS, "gradient")
def test_gradient_of_a_scan(gradient):
    """The expectation inside a scan that is itself differentiated."""

    def total(batch):
        return jax.lax.scan(lambda s, a: (s + value(gradient)(a), None), 0.0, batch)[0]

    batch = angles(2)
    actual = jax.jit(jax.grad(total))(jnp.asarray(batch))
    SINGLE.check(actual, np.stack([oracle_gradient(a) for a in batch]))


@over(GRADIENTS, "gradient")
def test_inside_another_custom_vjp(gradient):
    @jax.custom_vjp
    def doubled(a):
        return 2 * value(gradient)(a)

    def forward(a):
        result, pull = jax.vjp(value(gradient), a)
        return 2 * result, pull

    doubled.defvjp(forward, lambda pull, cotangent: pull(2 * cotangent))
    actual = jax.jit(jax.grad(doubled))(jnp.asarray(angles()))
    SINGLE.check(actual, 2 * oracle_gradient(angles()))


def right_or_refused(required, run, *arguments):
    """Returns the result; or None where it is refused, may be, and the refusal says by whom."""
    try:
        return run(*map(jnp.asarray, arguments))
    except (NotImplementedError, TypeError, ValueError) as error:
        assert not required
        # JAX itself refuses forward mode through a custom reverse rule, in these words.
        assert "Backprop" in str(error) or "custom_vjp" in str(error)
        return None


@over(ENGINES, "engine")
@over(GRADIENTS, "gradient")
def test_hessian_vector_product(gradient, engine):
    """Forward over reverse."""
    direction = np.random.default_rng(17).normal(size=(2, N))
    slope = jax.grad(value(gradient, engine))
    with engine.precision():
        run = jax.jit(lambda a, v: jax.jvp(slope, (a,), (v,))[1])
        actual = right_or_refused(gradient.hessian, run, angles(), direction)
    if actual is not None:
        expected = oracle_hessian_product(angles(), direction)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=100 * engine.tolerance)


@over(GRADIENTS, "gradient")
def test_reverse_over_reverse(gradient):
    direction = np.random.default_rng(17).normal(size=(2, N))
    slope = jax.grad(value(gradient))
    run = jax.jit(jax.grad(lambda a, v: jnp.vdot(slope(a), v)))
    actual = right_or_refused(gradient.hessian, run, angles(), direction)
    if actual is not None:
        expected = oracle_hessian_product(angles(), direction)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-4)


@over(GRADIENTS, "gradient")
def test_forward_mode(gradient):
    direction = np.random.default_rng(19).normal(size=(2, N))
    run = jax.jit(lambda a, v: jax.jvp(value(gradient), (a,), (v,))[1])
    actual = right_or_refused(gradient.forward, run, angles(), direction)
    if actual is not None:
        SINGLE.check(actual, np.sum(oracle_gradient(angles()) * direction))


@over(GRADIENTS, "gradient")
def test_a_list_of_observables_differentiates_row_by_row(gradient):
    observables = [programs.to_observable([term]) for term in TERMS]

    def rows(a):
        return qjax.expectation(build(a), observables, gradient=gradient.value)

    actual = jax.jit(jax.jacrev(rows))(jnp.asarray(angles()))
    whole = sum(np.asarray(row) for row in actual)
    assert actual.shape == (2, 2, N)
    SINGLE.check(whole, oracle_gradient(angles()))


@over(["adjoint", "backprop"], "name")
def test_gradient_through_the_state(name):
    """A loss on the statevector itself, whose cotangent is complex."""
    gradient = next(row for row in GRADIENTS if row.name == name)
    target = oracle.statevector(N, [("u", (0.3, 0.4, 0.5), (1,)), ("h", (), (0,))])

    def loss(a):
        state = qjax.statevector(build(a), gradient=gradient.value)
        overlap = jnp.vdot(jnp.asarray(target, jnp.complex64), state)
        return jnp.abs(overlap) ** 2

    def oracle_loss(a):
        return np.abs(np.vdot(target, oracle.statevector(N, ops(a)))) ** 2

    actual = np.asarray(jax.grad(loss)(jnp.asarray(angles())))
    for index in np.ndindex(2, N):
        step = np.zeros((2, N))
        step[index] = 1e-5
        slope = (oracle_loss(angles() + step) - oracle_loss(angles() - step)) / 2e-5
        assert actual[index] == pytest.approx(slope, abs=1e-5)
