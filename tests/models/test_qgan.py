"""The game's two gradients, the generators, and the tiny variant from end to end."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy import stats

from models import qgan
from models.qgan.model import loss, optimizer
from models.qgan.task import gan, kolmogorov_smirnov, prices
from qjax.data import grid_distribution
from qjax.nn import count_parameters
from qjax.train import Workspace, fit

TINY = qgan.VARIANTS["tiny"]
EXACT = qgan.Config(qubits=2, depth=1, shots=0, examples=40)
BATCH = jnp.array([0, 0, 1, 3, 3, 3])


def test_the_circuit_is_ry_and_cz_from_the_uniform_state():
    generator = gan("quantum", EXACT).generator
    assert generator.circuit().count_ops() == {"h": 2, "ry": 4, "cz": 1}
    angles = np.asarray(generator.angles[...])[..., 0]
    state = np.full(4, 0.5)

    def turned(state, angles):
        first, second = (
            np.array([[np.cos(t / 2), -np.sin(t / 2)], [np.sin(t / 2), np.cos(t / 2)]])
            for t in angles
        )
        return np.kron(first, second) @ state

    state = turned(turned(state, angles[0]) * [1, 1, 1, -1], angles[1])
    np.testing.assert_allclose(generator(), state**2, atol=1e-6)


def test_measured_frequencies_are_those_of_the_circuit():
    for player in ("quantum", "classical"):
        generator = gan(player, TINY).generator
        frequencies = generator.measured(jax.random.key(0), 20_000)
        np.testing.assert_allclose(frequencies.sum(), 1, rtol=1e-6)
        np.testing.assert_allclose(frequencies, generator(), atol=0.02)


@pytest.mark.parametrize("player", ["quantum", "classical"])
def test_each_player_feels_its_own_loss(player):
    model = gan(player, EXACT)
    graph, params = nnx.split(model)
    grid = jnp.linspace(-1.0, 1.0, 4)

    def parts(params, other):
        """The two losses as in the paper, generator of one and discriminator of the other."""
        model, judge = nnx.merge(graph, params), nnx.merge(graph, other)
        p, d = model.generator(), jax.nn.sigmoid(judge.logits(grid))
        slopes = jax.vmap(jax.grad(lambda x: judge.logits(x[None])[0]))(grid)
        real = jnp.array([2.0, 1.0, 0.0, 3.0]) / 6
        judged = -real @ jnp.log(d) - p @ jnp.log(1 - d) + EXACT.penalty * real @ slopes**2
        return judged, -p @ jnp.log(d)

    @jax.jit
    def gradients(params):
        mine = jax.grad(lambda p: loss(EXACT)(nnx.merge(graph, p), BATCH, None)[0])
        return (
            mine(params),
            jax.grad(lambda p: parts(p, params)[1])(params),
            jax.grad(lambda p: parts(params, p)[0])(params),
        )

    gradient, generator, judge = gradients(params)
    for name, known in (("generator", generator), ("discriminator", judge)):
        mine, theirs = (jax.tree.leaves(g[name]) for g in (gradient, known))
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
        assert max(float(abs(a).max()) for a in mine) > 1e-3
    value, metrics = loss(EXACT)(model, BATCH, None)
    np.testing.assert_allclose(value, sum(parts(params, params)), rtol=1e-5)
    known = stats.entropy([2, 1, 0, 3], model.generator())
    np.testing.assert_allclose(metrics["relative_entropy"], known, rtol=1e-4)


def test_each_player_has_its_rate():
    config = qgan.Config(discriminator_rate=0.25)
    params = nnx.state(gan("quantum", config), nnx.Param)
    ones = jax.tree.map(jnp.ones_like, params)
    players = optimizer(config, 0.5)
    updates, _ = jax.jit(players.update)(ones, jax.jit(players.init)(params), params)
    for name, rate in (("generator", 0.5), ("discriminator", 0.25)):
        for leaf in jax.tree.leaves(updates[name]):
            np.testing.assert_allclose(leaf, -rate, rtol=1e-4)


def test_prices_follow_their_distribution():
    data = prices("log_normal", qgan.Config())
    assert (len(data.train), len(data.valid)) == (20_000, 5000)
    _, p = grid_distribution("log_normal", 8)
    np.testing.assert_allclose(np.bincount(data.train, minlength=8) / 20_000, p, atol=0.015)
    assert kolmogorov_smirnov(np.array([0.5, 0.5, 0]), np.array([0, 0.5, 0.5])) == 0.5


def test_a_game_goes_on_where_it_was_stopped(tmp_path):
    config = qgan.Config(qubits=2, depth=1, shots=20, examples=40)

    def play(run_dir, epochs):
        model = gan("classical", config)
        options = {"batch_size": 20, "seed": 0, "run_dir": run_dir, "progress": False}
        data = prices("bimodal", config)
        fit(model, optimizer(config, 0.1), loss(config), data, epochs=epochs, **options)
        return jax.tree.leaves(nnx.state(model))

    play(tmp_path / "stopped", 2)
    whole, resumed = play(tmp_path / "whole", 4), play(tmp_path / "stopped", 4)
    for a, b in zip(whole, resumed, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_tiny_variant_from_end_to_end(tmp_path):
    run = Workspace(tmp_path / "run", TINY)
    qgan.train(TINY, run)
    results = qgan.evaluate(TINY, run)
    assert qgan.METRIC in results
    assert results["parameters"] == 12 == results["classical_parameters"]
    _, target = grid_distribution("triangular", 8)
    for player, prefix in (("quantum", ""), ("classical", "classical_")):
        model = run.restore(f"triangular_{player}", gan(player, TINY))
        p = np.asarray(model.generator())
        known = stats.entropy(target, p)
        np.testing.assert_allclose(
            results[f"{prefix}triangular_relative_entropy"], known, rtol=1e-3, atol=1e-6
        )
        before = stats.entropy(target, np.asarray(gan(player, TINY).generator()))
        assert known < before
    assert {"triangular_learnt.png", "triangular_game.png"} < {p.name for p in run.path.iterdir()}
    assert [circuit.n_qubits for circuit, _ in qgan.circuits(TINY).values()] == [3]
    assert count_parameters(gan("quantum", TINY).generator) == 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"qubits": 13}, "Argument `qubits` must be at most 12, but is 13"),
        ({"generator_rate": 0.0}, "Argument `generator_rate` must be above 0, but is 0.0"),
        ({"distributions": ()}, "Argument `distributions` must name at least one"),
    ],
)
def test_bad_settings(options, message):
    with pytest.raises(ValueError, match=message):
        qgan.Config(**options)
