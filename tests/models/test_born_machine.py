"""The machines against dense algebra, the measured gradient against the exact one, the tiny run."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.flatten_util import ravel_pytree
from scipy.linalg import expm

from models import born_machine
from models.born_machine.loss import loss, measured_mmd
from models.born_machine.task import machines, problems, returns
from qjax.nn import count_parameters
from qjax.train import Workspace, bit_kernel, mmd

TINY = born_machine.VARIANTS["tiny"]


def born(n=3, layers=2, seed=0):
    return born_machine.BornMachine(n, layers, rngs=nnx.Rngs(params=seed))


def test_a_circuit_gives_the_probabilities_of_its_matrices():
    model = born()
    y, z = np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]).astype(complex)

    def acting(matrices):
        return np.kron(
            np.kron(*(matrices.get(q, np.eye(2)) for q in (0, 1))), matrices.get(2, np.eye(2))
        )

    state = np.eye(8)[0].astype(complex)
    layers = zip(np.asarray(model.rotations[...]), np.asarray(model.couplings[...]), strict=True)
    for angles, couplings in layers:
        for q in range(3):
            turn = expm(-0.5j * angles[q, 1] * z) @ expm(-0.5j * angles[q, 0] * y)
            state = acting({q: turn}) @ state
        for angle, (a, b) in zip(couplings, itertools.combinations(range(3), 2), strict=True):
            state = expm(-0.5j * angle * acting({a: z, b: z})) @ state
    for q, angle in enumerate(np.asarray(model.last[...])):
        state = acting({q: expm(-0.5j * angle * y)}) @ state
    np.testing.assert_allclose(model(), abs(state) ** 2, atol=1e-5)


def test_the_rival_sums_its_hidden_units_out():
    model = born_machine.RestrictedBoltzmannMachine(3, 15, rngs=nnx.Rngs(params=1))
    assert count_parameters(model) == 15
    model.visible[...] = jnp.array([0.3, -0.2, 0.5])
    a, b, w = (np.asarray(p[...], float) for p in (model.visible, model.hidden, model.weights))
    weights = [
        sum(np.exp(a @ x + b @ h + x @ w @ h) for h in itertools.product((0, 1), repeat=len(b)))
        for x in np.array(list(itertools.product((0, 1), repeat=3)))
    ]
    np.testing.assert_allclose(model(), np.array(weights) / sum(weights), rtol=1e-5)


def test_the_measured_gradient_is_the_exact_one_on_average():
    model, kernel = born(2, 1), bit_kernel(2, [1.0])
    target = jnp.array([0.5, 0.0, 0.0, 0.5])
    graph, params = nnx.split(model)
    exact = jax.value_and_grad(lambda p: mmd(target, nnx.merge(graph, p)(), kernel))

    @jax.jit
    @jax.vmap
    def measured(key):
        def value(p):
            return measured_mmd(nnx.merge(graph, p), target, kernel, key, 100)

        value, gradient = jax.value_and_grad(value)(params)
        return value, ravel_pytree(gradient)[0]

    values, gradients = measured(jax.random.split(jax.random.key(0), 300))
    value, gradient = exact(params)
    error = np.asarray(gradients.std(0)) / np.sqrt(300)
    assert (error < 0.01).all() and (abs(ravel_pytree(gradient)[0]) > 0.05).any()
    assert (abs(gradients.mean(0) - ravel_pytree(gradient)[0]) < 4 * error + 1e-6).all()
    # A sample's own spread adds the mean of K(x, x) - K(x, x') over its size.
    p = np.asarray(model())
    spread = (1 - p @ kernel(jnp.asarray(p))) / 100
    assert abs(values.mean() - value - spread) < 4 * values.std() / np.sqrt(300)


def test_the_loss_takes_the_one_it_is_told():
    model, problem = born(4, 1), problems(TINY)["bars"]
    batch = jnp.asarray(problem.train, jnp.float32)[None]
    for kind, others in (("kl", "mmd"), ("mmd", "kl")):
        value, metrics = loss(kind, problem.kernel)(model, batch, jax.random.key(0))
        assert set(metrics) == {others, "total_variation"}
        other = loss(others, problem.kernel)(model, batch, None)[1][kind]
        np.testing.assert_allclose(value, other, rtol=1e-6)


def test_the_problems_are_distributions():
    for problem in problems(TINY).values():
        for part in (problem.train, problem.valid, problem.test):
            assert part.shape == (2**problem.n,)
            np.testing.assert_allclose(part.sum(), 1)
    assert np.count_nonzero(problems(TINY)["bars"].train) == 6
    assert [len(part) for part in returns()] == [20_000] * 3


def test_the_tiny_variant_from_end_to_end(tmp_path):
    run = Workspace(tmp_path / "run", TINY)
    born_machine.train(TINY, run)
    results = born_machine.evaluate(TINY, run)
    assert results == born_machine.evaluate(TINY, run)
    assert born_machine.METRIC in results
    assert results["parameters"] == 2 * (4 * 2 + 6) + 4
    assert abs(results["rbm_bars_parameters"] - results["parameters"]) <= 3
    untrained = np.asarray(machines(TINY, 4)["born"]())
    target = problems(TINY)["bars"].test
    before = abs(untrained - target).sum() / 2
    assert results["bars_tv_by_mmd"] < before
    assert results["bars_valid_by_mmd"] > 6 / 16
    assert results["kl"] == results["bars_kl_by_mmd"]
    assert 0 < results["student_t_returns_kl"] < 0.1
    images = np.array(list(itertools.product((0, 1), repeat=4)), np.float32)
    p = born_machine.predict(TINY, run, images)["probability"]
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(abs(p - target).sum() / 2, results["bars_tv_by_mmd"], atol=1e-5)
    drawn = {path.name for path in run.path.glob("*.png")}
    assert {"bars_drawn_mmd.png", "returns.png", "returns_tails.png"} < drawn
    assert born_machine.features(TINY) == 4
    sizes = [circuit.n_qubits for circuit, _ in born_machine.circuits(TINY).values()]
    assert sizes == [4, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": 5, "columns": 5}, "Arguments `rows` and `columns` must have a product of 2 to"),
        ({"losses": ("kl", "kl")}, "Argument `losses` must name at least one and none twice"),
        ({"return_qubits": 17}, "Argument `return_qubits` must be at most 16, but is 17"),
        ({"shots": -1}, "Argument `shots` must be at least 0, but is -1"),
    ],
)
def test_bad_settings(options, message):
    with pytest.raises(ValueError, match=message):
        born_machine.Config(**options)
