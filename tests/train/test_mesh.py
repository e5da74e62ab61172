"""One run over a mesh of devices: the numbers of one device, and a share of its work."""

import re
import types

import jax
import numpy as np
import optax
import pytest
from flax import nnx

import qjax
from qjax.data import Examples
from qjax.nn import QuantumLayer
from qjax.sharding import Axes, collectives, mesh
from qjax.train import CheckpointError, cross_entropy
from tests.train.small import compiled_epochs, plain, run

QUBITS, BATCH = 2, 64
ROWS = BATCH + 30


def pair(weights, x):
    return qjax.Circuit(2).ry(x, [0, 1]).cx(0, 1).rx(weights, [0, 1]).cx(1, 0)


class Hybrid(nnx.Module):
    """A quantum layer between two classical ones, and a random stream."""

    def __init__(self):
        rngs = nnx.Rngs(0)
        observables = [qjax.Z(0), qjax.Z(1)]
        self.first = nnx.Linear(3, QUBITS, rngs=rngs)
        self.quantum = QuantumLayer(pair, (QUBITS,), observables, rngs=rngs)
        self.drop = nnx.Dropout(0.2, rngs=rngs)
        self.last = nnx.Linear(QUBITS, 2, rngs=rngs)

    def __call__(self, x):
        return self.last(self.drop(self.quantum(self.first(x))))


def noisy(model, batch, key):
    """Augments with a number for each input."""
    if key is not None:
        noise = 0.1 * jax.random.normal(key, batch.inputs.shape)
        batch = batch._replace(inputs=batch.inputs + noise)
    return cross_entropy(model, batch, key)


def close(mine, other, *, epochs=None, **tolerance):
    for part in ("train", "valid"):
        values, known = getattr(mine.history, part), getattr(other.history, part)
        for name in known:
            np.testing.assert_allclose(values[name], known[name][:epochs], **tolerance)


@pytest.fixture(scope="module")
def fits():
    """Returns run, model and compiled epoch of the same 50 steps on one device and on eight."""
    x = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
    examples = Examples(x, (x[:, 0] > 0).astype(np.int32))
    # One step an epoch, so that the history has each step's loss. In validation neither the
    # batches nor what is left of them at the end divide by eight.
    data = types.SimpleNamespace(train=examples, valid=Examples(x[:21], examples.labels[:21]))
    options = {"batch_size": BATCH, "epochs": 50, "eval_batch_size": 9, "loss": noisy}
    results = []
    with pytest.MonkeyPatch.context() as patch:
        made = compiled_epochs(patch)
        for devices in ({}, {"mesh": mesh(data=8), "axes": Axes(batch="data")}):
            model = Hybrid()
            result = run(model, data, **options, **devices)
            (compiled,) = made
            made.clear()
            results.append((result, model, compiled))
    return results


def test_eight_devices_have_the_losses_of_one(fits):
    (one, model, _), (eight, other, _) = fits
    assert one.history.train["loss"].shape == (50,)
    assert np.ptp(one.history.train["loss"]) > 0.1  # It goes somewhere.
    close(eight, one, rtol=0, atol=1e-5)
    assert eight.best_epoch == one.best_epoch
    # The caller gets ordinary arrays back.
    leaves = (jax.tree.leaves(nnx.state(m, nnx.Param)) for m in (other, model))
    for a, b in zip(*leaves, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
        assert len(a.sharding.device_set) == 1
    assert all(len(a.sharding.device_set) == 1 for a in jax.tree.leaves(eight.best))


def largest(compiled):
    """Returns the elements of an epoch's largest floating-point array but for the data itself."""
    shapes = re.findall(r"\b(?:f32|c64)\[([\d,]+)\]", compiled.as_text())
    sizes = {int(np.prod([int(n) for n in shape.split(",")])) for shape in shapes}
    return max(sizes - {ROWS * 3})  # Every device has all rows.


def test_the_work_is_split(fits):
    one, eight = (compiled for _, _, compiled in fits)
    assert largest(one) >= BATCH * 2**QUBITS  # The states of all examples.
    assert largest(eight) <= largest(one) / 8
    one_bytes, eight_bytes = (c.memory_analysis().temp_size_in_bytes for c in (one, eight))
    assert eight_bytes < one_bytes / 3
    # All that is sent are sums: of the gradient, or that of a block in place of its angles', of the
    # loss and of the accuracy.
    sent = collectives(eight)
    assert not collectives(one)
    assert {(each.kind, each.group, each.count) for each in sent} == {("all-reduce", 8, 1)}
    trained = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(Hybrid(), nnx.Param)))
    assert (
        trained - QUBITS < sum(each.bytes for each in sent) / 4 <= trained + 2 + 4 ** (QUBITS + 1)
    )


def test_parts_over_devices_and_then_on_one_take_the_steps_of_the_whole(data, tmp_path):
    options = {"optimizer": optax.sgd(0.1), "eval_batch_size": 6}
    whole, parts = plain(), plain()
    expected = run(whole, data, **options)
    options |= {"accumulate": 4, "run_dir": tmp_path, "patience": 50}
    for epochs, devices in ((3, mesh(batch=2)), (8, None)):
        resumed = run(parts, data, epochs=epochs, mesh=devices, **options)
        close(resumed, expected, rtol=1e-5, epochs=epochs)
    np.testing.assert_allclose(parts.kernel[...], whole.kernel[...], rtol=1e-4, atol=1e-6)
    assert not np.allclose(whole.kernel[...], plain().kernel[...], atol=1e-2)
    with pytest.raises(CheckpointError, match="setting `accumulate` is 4 there and 2 here"):
        run(parts, data, **{**options, "accumulate": 2})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accumulate": 0}, "`accumulate` must be a positive integer, but is 0"),
        ({"accumulate": 3}, "`batch_size` must be a multiple of `accumulate`, 3, but is 8"),
        ({"sizes": {"data": 2}}, r"`mesh` must have an axis `batch` .*, but has `data` \(2\)"),
        ({"sizes": {"batch": 3}}, "`batch_size` must be a multiple of the 3 devices of mesh axis"),
        (
            {"sizes": {"batch": 4}, "accumulate": 4},
            "`batch_size` / `accumulate` must be a multiple of the 4 devices .* but is 2",
        ),
        ({"sizes": {"batch": 2}, "axes": Axes(batch="data")}, "`axes` must name axes of the mesh"),
    ],
)
def test_bad_arguments(data, options, message):
    options = dict(options)
    if sizes := options.pop("sizes", None):
        options["mesh"] = mesh(**sizes)
    with pytest.raises(ValueError, match=message):
        run(plain(), data, **options)
