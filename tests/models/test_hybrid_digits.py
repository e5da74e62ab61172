"""The tiny variant from end to end, through the command and through a signal."""

import dataclasses
import io
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from rich.console import Console

from models.hybrid_digits import (
    VARIANTS,
    Config,
    classical_twin,
    evaluate,
    hybrid,
    predict,
    train,
)
from models.hybrid_digits.augment import askew
from qjax.nn import count_parameters
from qjax.train import CheckpointError, Stopped, Workspace

TINY = VARIANTS["tiny"]
FIGURES = ("circuit.png", "confusion.png", "curves.png")


class Interrupting(io.StringIO):
    """A log that sends this process SIGINT at the first line that an epoch writes."""

    sent = False

    def write(self, text):
        if "epoch 1/" in text and not self.sent:
            self.sent = True
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Returns a tiny run, stopped after the first of its two epochs and resumed, and its log."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    with pytest.raises(Stopped) as stopped:
        train(TINY, Workspace(folder, TINY, console=Console(file=Interrupting())))
    assert stopped.value.signal == signal.SIGINT
    # Other settings in the meantime are refused.
    with pytest.raises(CheckpointError, match="setting `layers` is 4 there and 3 here"):
        Workspace(folder, dataclasses.replace(TINY, layers=3))
    log = io.StringIO()
    run = Workspace(folder, TINY, console=Console(file=log, width=100))
    train(TINY, run)
    return run, log.getvalue()


def test_an_interrupted_run_resumes(finished):
    _, log = finished
    assert log.startswith("hybrid: resuming after epoch 1 of 2")
    assert "epoch 2/2" in log


def test_a_run_leaves_what_it_promises(finished):
    run, _ = finished
    for name in FIGURES:
        assert (run.path / name).read_bytes().startswith(b"\x89PNG")
    found = evaluate(TINY, run)
    for name, prefix in (("hybrid", ""), ("classical", "classical_")):
        assert 0 < found[f"{prefix}test_accuracy"] < 1
        assert found[f"{prefix}parameters"] == 601
        assert 0 < found[f"{prefix}seconds_a_step"] < found[f"{prefix}seconds_to_first_step"]
        assert (run.path / name / "checkpoints" / "latest" / "2").is_dir()
        assert list((run.path / name / "checkpoints" / "best").iterdir())
    columns = predict(TINY, run, np.zeros((3, 64), np.float32))
    assert columns["label"].shape == columns["probability"].shape == (3,)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_twin_has_as_many_parameters(variant):
    config = VARIANTS[variant]
    counts = {
        make.__name__: count_parameters(nnx.eval_shape(lambda make=make: make(config)))
        for make in (hybrid, classical_twin)
    }
    assert counts["hybrid"] == counts["classical_twin"]


@pytest.mark.parametrize(("qubits", "layers"), [(3, 1), (4, 9), (8, 1), (8, 3), (12, 20)])
def test_the_twin_of_other_sizes_is_close(qubits, layers):
    config = Config(qubits=qubits, layers=layers)
    ours, twins = (
        count_parameters(nnx.eval_shape(lambda make=make: make(config)))
        for make in (hybrid, classical_twin)
    )
    assert abs(ours - twins) <= 0.03 * ours


def test_twins_begin_alike():
    ours, twin = hybrid(TINY), classical_twin(TINY)
    for part in ("conv1", "conv2", "reduce", "norm", "head"):
        jax.tree.map(
            np.testing.assert_array_equal,
            *(nnx.to_pure_dict(nnx.state(getattr(model, part))) for model in (ours, twin)),
        )


def test_the_circuit_is_trained_through_its_reversible_gradient():
    config = dataclasses.replace(TINY, qubits=VARIANTS["default"].qubits)
    program = str(jax.make_jaxpr(hybrid(config).middle)(jnp.zeros(config.qubits)))
    assert "reversible" in program


def test_askew():
    images = np.random.default_rng(0).uniform(size=(6, 8, 8, 1)).astype(np.float32)
    key = jax.random.key(0)
    np.testing.assert_allclose(askew(key, images, bend=0.0, shift=0.0), images, atol=1e-6)
    moved = np.asarray(askew(key, images, bend=0.1, shift=0.7))
    assert moved.shape == images.shape
    assert (np.abs(moved - images).mean((1, 2, 3)) > 0.01).all()
    # A smooth image stays close to itself, and no value leaves its range.
    ramp = np.broadcast_to(np.linspace(0.4, 0.6, 8, dtype=np.float32)[:, None, None], (1, 8, 8, 1))
    inner = np.asarray(askew(key, ramp, bend=0.05, shift=0.5))[:, 2:-2, 2:-2]
    np.testing.assert_allclose(inner, ramp[:, 2:-2, 2:-2], atol=0.05)
