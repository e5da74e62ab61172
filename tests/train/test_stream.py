"""Streamed batches: the same steps as batches in memory, from any position on."""

import types

import numpy as np
import optax
import pytest

from qjax.sharding import mesh
from qjax.train import NonFiniteError, Stream, cross_entropy, fit
from tests.train.small import Classifier, plain, same

STEPS, BATCH = 10, 4


class Source:
    """Batches drawn by their number; files end after seven batches."""

    def __init__(self, data, *, file=7, bad=None):
        self.valid, self.file, self.bad = data.valid, file, bad
        self.asked = []

    def batch(self, number):
        rng = np.random.default_rng(number)
        x = rng.normal(size=(BATCH, 3)).astype(np.float32)
        y = (x.sum(1) > 0).astype(np.int32)
        return (np.full_like(x, np.nan) if number == self.bad else x), y

    def batches(self, first):
        self.asked.append(first)
        end = (first // self.file + 1) * self.file
        return (self.batch(number) for number in range(first, end))

    def data(self, chunk):
        return types.SimpleNamespace(
            train=Stream(self.batches, steps=STEPS, chunk=chunk), valid=self.valid
        )


def run(model, data, *, optimizer=None, **options):
    defaults = {"epochs": 3, "batch_size": BATCH, "seed": 0, "progress": False}
    optimizer = optimizer or optax.adam(0.03)
    return fit(model, optimizer, cross_entropy, data, **{**defaults, **options})


def test_it_takes_the_steps_of_a_plain_loop(data):
    model, source = plain(), Source(data)
    kernel, bias = np.asarray(model.kernel[...], float), np.zeros(2)
    result = run(model, source.data(chunk=4), optimizer=optax.sgd(0.1))
    losses = []
    for number in range(3 * STEPS):
        x, y = source.batch(number)
        shares = np.exp(x @ kernel + bias)
        shares /= shares.sum(1, keepdims=True)
        losses.append(-np.log(shares[np.arange(BATCH), y]).mean())
        slope = (shares - np.eye(2)[y]) / BATCH
        kernel, bias = kernel - 0.1 * x.T @ slope, bias - 0.1 * slope.sum(0)
    np.testing.assert_allclose(model.kernel[...], kernel, rtol=1e-4, atol=1e-6)
    means = np.reshape(losses, (3, STEPS)).mean(1)
    np.testing.assert_allclose(result.history.train["loss"], means, rtol=1e-4)
    right = (data.valid.inputs @ kernel + bias).argmax(1) == data.valid.labels
    np.testing.assert_allclose(result.history.valid["accuracy"][-1], right.mean(), rtol=1e-6)


def test_chunks_and_devices_make_no_difference(data):
    models = [Classifier(), Classifier()]
    for model, chunk, devices in zip(models, (5, 50), (None, mesh(batch=2)), strict=True):
        run(model, Source(data).data(chunk), optimizer=optax.sgd(0.1), mesh=devices)
    kernels = [np.asarray(model.last.kernel[...]) for model in models]
    np.testing.assert_allclose(*kernels, rtol=1e-4, atol=1e-6)
    assert not np.allclose(kernels[0], Classifier().last.kernel[...], atol=1e-3)


def test_python_is_not_in_the_loop(data):
    calls = []

    def loss(model, batch, key):
        calls.append(key is None)
        return cross_entropy(model, batch, key)

    options = {"epochs": 5, "batch_size": BATCH, "seed": 0, "progress": False}
    fit(plain(), optax.adam(0.03), loss, Source(data).data(chunk=5), **options)
    assert calls.count(True) == 1
    assert calls.count(False) <= 2


def test_a_resumed_run_begins_where_it_was(data, tmp_path):
    whole, part = plain(), plain()
    run(whole, Source(data).data(chunk=4))
    first = Source(data)
    run(part, first.data(chunk=4), epochs=1, run_dir=tmp_path)
    assert first.asked[:2] == [0, 7]
    second = Source(data)
    resumed = plain(seed=5)
    run(resumed, second.data(chunk=4), run_dir=tmp_path)
    assert second.asked[0] == STEPS
    assert same(resumed, whole)


def test_a_bad_batch_is_named_by_its_step(data):
    model, before = plain(), plain()
    with pytest.raises(NonFiniteError, match=r"step 18 \(epoch 2, batch 8\)"):
        run(model, Source(data, bad=17).data(chunk=3), mesh=mesh(batch=2))
    short = types.SimpleNamespace(train=Stream(Source(data).batches, steps=17), valid=data.valid)
    run(before, short, epochs=1)
    np.testing.assert_allclose(model.kernel[...], before.kernel[...], rtol=1e-5)
    assert len(model.kernel[...].sharding.device_set) == 1


def test_a_stream_that_fails_ends_the_run(data):
    def broken(first):
        yield Source(data).batch(first)
        raise OSError("no such file")

    def uneven(first):
        yield from (Source(data).batch(first), (np.zeros((3, 3)), np.zeros(3)))

    for batches, error, message in (
        (broken, OSError, "no such file"),
        (uneven, ValueError, r"batches of 4 examples, but batch 1 has leading lengths \[\(3,\)\]"),
        (lambda first: [], ValueError, "has none from 0 on"),
    ):
        stream = types.SimpleNamespace(train=Stream(batches, steps=4), valid=data.valid)
        with pytest.raises(error, match=message):
            run(plain(), stream)


@pytest.mark.parametrize("name", ["steps", "chunk"])
def test_bad_arguments(name):
    with pytest.raises(ValueError, match=f"Argument `{name}` must be at least 1, but is 0"):
        Stream(lambda first: [], **{"steps": 1, name: 0})
