"""What one run does, without interruption."""

import re
import threading
import types

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from rich.console import Console

from qjax.train import cross_entropy, fit
from tests.train.small import Classifier, plain, run, same


class Weights(nnx.Module):
    """A vector."""

    def __init__(self, length):
        self.w = nnx.Param(jnp.zeros(length))


def test_it_learns_and_tells_so(data):
    model = Classifier()
    result = run(model, data, epochs=30, monitor="accuracy", maximize=True)
    assert result.history.train["loss"].shape == result.history.seconds.shape == (30,)
    assert list(result.history.valid) == ["loss", "accuracy"]
    assert result.history.train["loss"][-1] < 0.5 * result.history.train["loss"][0]
    assert result.stopped_by is None
    assert 0 < result.timings.step_seconds < result.timings.first_step_seconds
    best = result.history.valid["accuracy"].argmax()
    assert result.best_epoch == best + 1
    # The best variables give the metric that they were chosen by, statistics included.
    nnx.update(model, result.best)
    model.eval()
    _, metrics = cross_entropy(model, data.valid, None)
    np.testing.assert_allclose(metrics["accuracy"], result.history.valid["accuracy"][best])


def test_it_is_plain_gradient_descent(data):
    def loss(model, batch, key):
        return jnp.mean((batch.inputs @ model.w[...] - batch.labels) ** 2)

    model = Weights(3)
    fit(model, optax.sgd(0.1), loss, data, epochs=5, batch_size=40, seed=0, progress=False)
    w = np.zeros(3)
    for _ in range(5):
        error = data.train.inputs @ w - data.train.labels
        w -= 0.1 * 2 / 40 * data.train.inputs.T @ error
    np.testing.assert_allclose(model.w[...], w, atol=1e-6)


def test_an_epoch_shows_each_example_once_in_a_fresh_order():
    part = np.arange(12)
    data = types.SimpleNamespace(train=part, valid=part)

    def loss(model, batch, key):
        # Position 3 in a row of steps, so that the weights tell the order afterwards.
        seen = jax.nn.one_hot(batch, 12).sum(0)
        return -(seen * model.w[...]).sum()

    orders = []
    for epochs in (1, 2):
        model = Weights(12)
        # Step t has the rate t: a weight is the number of the step that saw its example.
        rate = optax.sgd(lambda count: count + 1.0)
        fit(model, rate, loss, data, epochs=epochs, batch_size=1, seed=0, progress=False)
        orders.append(np.asarray(model.w[...]))
    first, second = orders[0], orders[1] - orders[0]
    assert sorted(first) == list(range(1, 13))
    assert sorted(second) == list(range(13, 25))
    assert list(second - 12) != list(first) != list(range(1, 13))


def test_keys_are_fresh_in_training_and_none_in_validation():
    data = types.SimpleNamespace(train=np.zeros(8), valid=np.zeros(3))

    def loss(model, batch, key):
        draw = jnp.float32(-1.0) if key is None else jax.random.uniform(key)
        return 0.0 * model.w[...].sum(), {"draw": draw, "square": draw**2}

    result = fit(Weights(1), optax.sgd(0.1), loss, data, epochs=3, batch_size=2, seed=0,
                 progress=False)  # fmt: skip
    train, valid = result.history.train, result.history.valid
    assert (train["square"] - train["draw"] ** 2 > 1e-3).all()  # Not one key for all steps.
    assert len(set(train["draw"])) == 3
    assert (valid["draw"] == -1).all()


def test_validation_weighs_batches_by_their_size(data):
    small = run(plain(), data, epochs=2, eval_batch_size=8)  # 21 examples: 8 + 8 + 5.
    large = run(plain(), data, epochs=2)
    for name, values in large.history.valid.items():
        np.testing.assert_allclose(small.history.valid[name], values, rtol=1e-5)


def test_python_is_not_in_the_loop(data):
    calls = []

    def loss(model, batch, key):
        calls.append(key is None)
        return cross_entropy(model, batch, key)

    fit(plain(), optax.adam(0.03), loss, data, epochs=9, batch_size=8, seed=0, progress=False)
    assert calls.count(True) == 1  # Traced once for validation,
    assert calls.count(False) <= 2  # and for all 45 steps.


def test_same_seed_same_bits_other_seed_other_bits(data):
    models = [plain() for _ in range(3)]
    for model, seed in zip(models, (0, 0, 1), strict=True):
        run(model, data, seed=seed)
    assert same(models[0], models[1])
    assert not same(models[0], models[2])


def test_the_caller_keeps_its_arrays(data):
    model = plain()
    arrays = jax.tree.leaves(nnx.state(model))
    run(model, data, epochs=1)
    for array, fresh in zip(arrays, jax.tree.leaves(nnx.state(plain())), strict=True):
        np.testing.assert_array_equal(array, fresh)


def test_only_the_trainable_move(data):
    model = Classifier()
    run(model, data, trainable=nnx.All(nnx.Param, nnx.PathContains("last")))
    fresh = Classifier()
    np.testing.assert_array_equal(model.first.kernel[...], fresh.first.kernel[...])
    assert not np.array_equal(model.last.kernel[...], fresh.last.kernel[...])


def test_progress_in_a_log(data, tmp_path):
    with open(tmp_path / "log", "w") as file:
        run(plain(), data, epochs=20, label="demo", progress=Console(file=file))
    lines = (tmp_path / "log").read_text().splitlines()
    assert [line.split()[2] for line in lines] == ["1/20", *(f"{k}/20" for k in range(2, 21, 2))]
    number = r"0\.\d{4}"
    assert re.fullmatch(
        f"demo: epoch 20/20  loss {number} valid {number}  accuracy {number} valid {number}"
        r"  \d+ steps/s",
        lines[-1],
    )


def test_progress_on_a_terminal(data, tmp_path):
    with open(tmp_path / "log", "w") as file:
        console = Console(file=file, force_terminal=True, width=120)
        run(plain(), data, epochs=3, progress=console)
    shown = (tmp_path / "log").read_text()
    assert "3/3" in shown and "accuracy" in shown and "steps/s" in shown


def test_quiet_means_quiet(data, capfd):
    run(plain(), data, epochs=2)
    assert capfd.readouterr().out == ""


def test_outside_the_main_thread(data):
    results = []
    thread = threading.Thread(target=lambda: results.append(run(plain(), data, epochs=2)))
    thread.start()
    thread.join()
    assert len(results[0].history.seconds) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "Argument `epochs` must be a positive integer, but is 0"),
        ({"batch_size": 2.0}, "Argument `batch_size` must be a positive integer"),
        ({"batch_size": 41}, "Argument `batch_size` must be at most the 40 training examples"),
        ({"eval_batch_size": -1}, "Argument `eval_batch_size` must be a positive integer"),
        ({"monitor": "f1"}, r"Argument `monitor` must be one of .*'accuracy'.*, but is 'f1'"),
    ],
)
def test_bad_arguments(data, change, message):
    with pytest.raises(ValueError, match=message):
        run(plain(), data, **change)


@pytest.mark.parametrize("bad", [(np.zeros((3, 2)), np.zeros(4)), np.zeros(()), np.zeros((0, 2))])
def test_bad_data(bad):
    data = types.SimpleNamespace(train=np.zeros((4, 3)), valid=bad)
    with pytest.raises(ValueError, match=r"Argument `data\.valid` must have arrays of one leading"):
        run(plain(), data)
