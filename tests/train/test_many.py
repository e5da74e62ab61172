"""Many runs at once against the same runs one after the other."""

import re
import signal
import types

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from rich.console import Console

from qjax.sharding import collectives, mesh
from qjax.train import (
    CheckpointError,
    NonFiniteError,
    cross_entropy,
    fit,
    fit_many,
    grid,
    k_folds,
)
from tests.train.small import Classifier, compiled_epochs
from tests.train.test_resume import Interrupting

RATES = [0.01, 0.1, 0.03]
SEEDS = [0, 3, 1]


def make(rngs):
    return nnx.Linear(3, 2, rngs=rngs)


def many(data, **options):
    defaults = {
        "make": make,
        "optimizer": optax.adam,
        "loss": cross_entropy,
        "seeds": SEEDS,
        "hyperparameters": {"learning_rate": RATES},
        "epochs": 4,
        "batch_size": 8,
        "progress": False,
    }
    settings = {**defaults, **options}
    first = (settings.pop(name) for name in ("make", "optimizer", "loss"))
    return fit_many(*first, data, **settings)


def one(data, run, *, make=make, loss=cross_entropy, optimizer=optax.adam, **options):
    model = make(nnx.Rngs(SEEDS[run]))
    defaults = {"epochs": 4, "batch_size": 8, "seed": SEEDS[run], "progress": False}
    return fit(model, optimizer(RATES[run]), loss, data, **{**defaults, **options})


def assert_close(mine, other):
    assert mine.best_epoch == other.best_epoch
    for part in ("train", "valid"):
        values, known = getattr(mine.history, part), getattr(other.history, part)
        assert list(values) == list(known)
        for name in known:
            np.testing.assert_allclose(values[name], known[name], rtol=1e-4, atol=1e-5)
    leaves = jax.tree.leaves(mine.best), jax.tree.leaves(other.best)
    for a, b in zip(*leaves, strict=True):
        if not jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


@pytest.fixture(scope="module")
def runs(data):
    """Returns three runs of a linear model."""
    return many(data)


def test_each_is_the_run_that_fit_makes(data, runs):
    assert len(runs) == 3 and runs.history.valid["loss"].shape == (3, 4)
    assert runs.stopped_by is None and not runs.failed_step.any()
    for run in (0, 2):
        assert_close(runs[run], one(data, run))
    best = np.nanmin(runs.history.valid["loss"], axis=1)
    np.testing.assert_allclose(runs.best_value, best, rtol=1e-6)
    assert runs.winner == best.argmin()


def test_a_model_with_statistics_and_random_streams(data):
    def classifier(rngs):
        return Classifier(rngs=rngs)

    # Adam would make large steps of the bias before the normalisation, whose gradient is rounding.
    options = {"optimizer": optax.sgd, "monitor": "accuracy", "maximize": True}
    options["eval_batch_size"] = 8
    runs = many(data, make=classifier, **options)
    assert_close(runs[2], one(data, 2, make=classifier, **options))
    # The best variables give the metric that they were chosen by, statistics included.
    for run, value in enumerate(runs.best_value):
        _, metrics = cross_entropy(runs.model(run), data.valid, None)
        np.testing.assert_allclose(metrics["accuracy"], value, rtol=1e-6)
    assert runs.best_value[runs.winner] == runs.best_value.max()


def test_the_loss_takes_hyperparameters_by_name(data):
    def loss(model, batch, key, weight=0.0):
        value, metrics = cross_entropy(model, batch, key)
        return value + weight * (model.kernel[...] ** 2).sum(), metrics

    weights = [0.0, 0.5, 2.0]
    runs = many(data, loss=loss, hyperparameters={"learning_rate": RATES, "weight": weights})
    assert_close(runs[1], one(data, 1, loss=lambda *given: loss(*given, weight=0.5)))
    assert runs.history.train["loss"][2, 0] > runs.history.train["loss"][0, 0]


def test_one_optimizer_for_all(data):
    runs = many(data, optimizer=optax.adam(RATES[1]), hyperparameters=None)
    assert_close(runs[1], one(data, 1))


def test_a_run_that_fails_leaves_the_others_alone(data, runs):
    def loss(model, batch, key, bad=100.0):
        value, metrics = cross_entropy(model, batch, key)
        # The logarithm of a number that falls below 0 in the second epoch.
        return value + 0 * jnp.log(bad - model.steps[...]), metrics

    class Counting(nnx.Module):
        def __init__(self, *, rngs):
            self.linear = make(rngs)
            self.steps = nnx.BatchStat(jnp.float32(0))

        def __call__(self, x):
            self.steps[...] += 1
            return self.linear(x)

    def counting(rngs):
        return Counting(rngs=rngs)

    bad = [100.0, 7.5, 100.0]
    hyperparameters = {"learning_rate": RATES, "bad": bad}
    mixed = many(data, make=counting, loss=loss, hyperparameters=hyperparameters)
    assert list(mixed.failed_step) == [0, 8, 0]
    for run in (0, 2):
        np.testing.assert_allclose(
            mixed.history.valid["loss"][run], runs.history.valid["loss"][run], rtol=1e-5
        )
    assert np.isfinite(mixed.history.valid["loss"][1, 0])
    assert np.isnan(mixed.history.valid["loss"][1, 1:]).all() and mixed.best_epoch[1] == 1
    with pytest.raises(NonFiniteError) as caught:
        one(data, 1, make=counting, loss=lambda *given: loss(*given, bad=7.5))
    assert caught.value.step == 8


def test_all_runs_may_fail(data):
    runs = many(data, hyperparameters={"learning_rate": [np.nan] * 3})
    assert list(runs.failed_step) == [1, 1, 1] and list(runs.best_epoch) == [0, 0, 0]
    assert runs.winner == -1 and np.isnan(runs.history.train["loss"]).all()
    fresh = make(nnx.Rngs(SEEDS[2])).kernel
    np.testing.assert_array_equal(runs.model(2).kernel[...], fresh[...])


def test_folds_choose_the_examples_of_a_run(data):
    folds = k_folds(len(data.train.labels), 3, seed=0)
    runs = many(data, folds=folds)
    parts = [type(data.train)(*(a[part[1]] for a in data.train)) for part in folds]
    assert_close(runs[1], one(types.SimpleNamespace(train=parts[0], valid=parts[1]), 1))
    assert not np.isclose(runs.best_value[0], runs.best_value[2])


def test_each_example_is_validated_once_and_never_learnt_from_then():
    folds = k_folds(23, 4, seed=1)
    assert folds.valid.shape == (4, 5) and folds.train.shape == (4, 18)
    assert len(set(folds.valid.ravel())) == 20
    for train, valid in zip(*folds, strict=True):
        assert sorted([*train, *valid]) == list(range(23))
    with pytest.raises(ValueError, match="Argument `k` must be between 2 and 3, but is 4"):
        k_folds(3, 4, seed=0)


def test_runs_in_parts_are_the_same_runs_compiled_once(data, runs):
    calls = []

    def loss(model, batch, key):
        calls.append(key is None)
        return cross_entropy(model, batch, key)

    parts = many(data, loss=loss, runs_at_once=2)
    assert parts.history.seconds.shape == (3, 4)
    for run in range(3):
        assert_close(parts[run], runs[run])
    assert calls.count(True) == 1  # Traced once for validation,
    assert calls.count(False) <= 2  # and for all steps of all runs.


def test_runs_go_on_where_they_were(data, runs, tmp_path):
    folder = {"run_dir": tmp_path, "runs_at_once": 2}
    whole = many(data, runs_at_once=2, epochs=6)
    many(data, epochs=3, **folder)
    resumed = many(data, epochs=6, **folder)
    np.testing.assert_array_equal(resumed.history.valid["loss"], whole.history.valid["loss"])
    for a, b in zip(jax.tree.leaves(resumed.best), jax.tree.leaves(whole.best), strict=True):
        np.testing.assert_array_equal(a, b)
    again = many(data, epochs=6, **folder)
    np.testing.assert_array_equal(again.best_value, whole.best_value)
    with pytest.raises(CheckpointError, match=r"belongs to another run: setting `runs` is"):
        many(data, epochs=6, seeds=[0, 3, 2], **folder)


def test_runs_are_spread_over_devices_and_go_on_elsewhere(data, runs, tmp_path, monkeypatch):
    options, programs = {"accumulate": 2, "run_dir": tmp_path}, compiled_epochs(monkeypatch)
    # Three runs on four devices: one of them is computed twice.
    for epochs, devices in ((2, mesh(ensemble=4, batch=2)), (4, mesh(ensemble=2))):
        spread = many(data, epochs=epochs, mesh=devices, **options)
        assert len(spread) == 3 and spread.history.valid["loss"].shape == (3, epochs)
    # One run on each device, then two; such runs have nothing to tell each other.
    shapes = [set(re.findall(r"f32\[(\d+),3,2\]", program.as_text())) for program in programs]
    assert shapes == [{"1"}, {"2"}] and not collectives(programs[1])
    for run in range(3):
        assert_close(spread[run], runs[run])
    assert len(spread.model(1).kernel[...].sharding.device_set) == 1
    with pytest.raises(CheckpointError, match="setting `accumulate` is 2 there and nothing here"):
        many(data, run_dir=tmp_path)


def test_a_signal_stops_after_the_epoch(data, tmp_path):
    console = Console(file=Interrupting(2, signal.SIGINT), width=200)
    folder = {"run_dir": tmp_path, "runs_at_once": 2}
    stopped = many(data, progress=console, **folder)
    assert stopped.stopped_by == signal.SIGINT
    assert "stopped after epoch 2 of 4; the same call goes on" in console.file.getvalue()
    assert np.isfinite(stopped.history.valid["loss"][:2, :2]).all()
    assert list(stopped.best_epoch > 0) == [True, True, False]  # The second part had not begun.
    whole = many(data, runs_at_once=2)
    resumed = many(data, **folder)
    np.testing.assert_array_equal(resumed.history.valid["loss"], whole.history.valid["loss"])


def test_a_grid_has_every_combination():
    runs = grid(seed=range(2), learning_rate=[0.1, 0.2, 0.3])
    assert runs["seed"].dtype == int
    pairs = set(zip(runs["seed"], runs["learning_rate"], strict=True))
    assert pairs == {(s, r) for s in (0, 1) for r in (0.1, 0.2, 0.3)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": [0.5, 1, 2]}, r"`seeds` must be integers of shape \(runs,\)"),
        ({"seeds": []}, "`seeds` must be integers"),
        ({"hyperparameters": {"learning_rate": [0.1]}}, r"'learning_rate' has shape \(1,\)"),
        ({"hyperparameters": {"rate": RATES}}, "neither takes 'rate'"),
        ({"folds": k_folds(40, 2, seed=0)}, r"`folds.train` has shape \(2, 20\)"),
        ({"epochs": 0}, "`epochs` must be a positive integer, but is 0"),
        ({"runs_at_once": 0}, "`runs_at_once` must be a positive integer"),
        ({"mesh": mesh(batch=3)}, "`batch_size` must be a multiple of the 3 devices"),
        ({"mesh": mesh(data=3)}, "`mesh` must have an axis `batch`"),
        ({"batch_size": 41}, "`batch_size` must be at most the 40 training examples"),
        ({"monitor": "recall"}, "`monitor` must be one of the loss's metrics"),
    ],
)
def test_bad_arguments(data, options, message):
    with pytest.raises(ValueError, match=message):
        many(data, **options)


def test_examples_and_folds_that_do_not_fit_are_refused(data):
    def train(examples, folds=None):
        options = {"seeds": [0, 1], "epochs": 1, "batch_size": 4, "progress": False}
        fit_many(make, optax.adam(0.1), cross_entropy, examples, folds=folds, **options)

    short = data.train._replace(labels=data.train.labels[:8])
    with pytest.raises(ValueError, match="`data.train` must have arrays of one leading length"):
        train(types.SimpleNamespace(train=short, valid=data.valid))
    with pytest.raises(ValueError, match="`folds` must have indices from 0 to 39"):
        train(data, k_folds(100, 2, seed=0))
