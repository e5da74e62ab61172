"""The tiny variant from end to end, through the command and through a signal."""

import dataclasses
import io
import json
import pathlib
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from rich.console import Console

from models.hybrid_digits import VARIANTS, Config, classical_twin, hybrid, run
from models.hybrid_digits.__main__ import main
from models.hybrid_digits.augment import askew
from models.hybrid_digits.model import count_parameters
from qjax.train import CheckpointError

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
def interrupted(tmp_path_factory):
    """Returns the folder of a tiny run after the first of its two epochs."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    assert run(TINY, folder, console=Console(file=Interrupting())) == signal.SIGINT
    return folder


@pytest.fixture(scope="module")
def finished(interrupted):
    """Returns the folder of that run, resumed and finished, and what was printed."""
    # Other settings in the meantime are refused.
    with pytest.raises(CheckpointError) as caught:
        run(dataclasses.replace(TINY, layers=3), interrupted)
    log = io.StringIO()
    assert run(TINY, interrupted, console=Console(file=log, width=100)) is None
    return interrupted, log.getvalue(), str(caught.value)


def test_an_interrupted_run_refuses_other_settings_and_resumes(finished):
    folder, log, error = finished
    assert f"Checkpoint `{folder}/hybrid/checkpoints/latest/1` belongs to another run" in error
    assert "setting `layers` is 4 there and 3 here" in error
    assert log.startswith("hybrid: resuming after epoch 1 of 2")
    assert "epoch 2/2" in log and "test accuracy" in log and str(folder) in log


def test_a_run_leaves_what_it_promises(finished):
    folder, *_ = finished
    for name in FIGURES:
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    results = json.loads((folder / "results.json").read_text())
    assert Config(**results["config"] | {"channels": tuple(results["config"]["channels"])}) == TINY
    assert {"python", "jax", "flax", "optax", "qjax"} <= set(results["versions"])
    for name, model in results["models"].items():
        assert 0 < model["test_accuracy"] < 1
        assert model["parameters"] == 601
        assert 0 < model["seconds_a_step"] < model["seconds_to_first_step"]
        assert (folder / name / "checkpoints" / "latest" / "2").is_dir()
        assert list((folder / name / "checkpoints" / "best").iterdir())


def test_a_finished_run_is_told_and_not_run_again(finished, capsys):
    folder, *_ = finished
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    assert main(["--variant", "tiny", "--run-dir", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "is finished; --restart begins it anew" in shown and "test accuracy" in shown
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before


def test_finished_results_of_other_settings_are_not_touched(finished, capsys):
    folder, *_ = finished
    assert main(["--variant", "tiny", "--run-dir", str(folder), "--epochs", "3"]) == 2
    error = capsys.readouterr().err
    assert f"Results `{folder}/results.json` are of another run: epochs is 2 there" in error
    assert "--restart" in error and "Traceback" not in error


def test_restart_moves_the_old_run_aside(tmp_path, capsys, monkeypatch):
    old = tmp_path / "run"
    old.mkdir()
    (old / "results.json").write_text("precious")
    (tmp_path / "run-1").mkdir()
    monkeypatch.setattr("models.hybrid_digits.task.train", lambda *args: int(signal.SIGTERM))
    assert main(["--run-dir", str(old), "--restart"]) == 128 + signal.SIGTERM
    assert (tmp_path / "run-2" / "results.json").read_text() == "precious"
    assert not old.exists()
    assert "run-2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--qubits", "2"], "Argument `qubits` must be at least 3, but is 2"),
        (["--epochs", "0"], "Argument `epochs` must be at least 1, but is 0"),
        (["--learning-rate", "nan"], "Argument `learning_rate` must be above 0"),
        (["--layers", "many"], "many"),
        (["--variant", "huge"], "huge"),
        (["--qubit", "4"], "--qubit"),
    ],
)
def test_bad_options(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        raise SystemExit(main(arguments))
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert message in " ".join(error.replace("│", " ").split()) and "Traceback" not in error


def test_bad_folders(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["--variant", "tiny", "--run-dir", str(tmp_path / "file")]) == 2
    assert "Argument `run_dir` must be a folder that can be written" in capsys.readouterr().err
    (tmp_path / "results.json").write_text("{")
    assert main(["--variant", "tiny", "--run-dir", str(tmp_path)]) == 2
    assert f"Results `{tmp_path}/results.json` cannot be read" in capsys.readouterr().err


def test_help_shows_each_field_and_the_variants_own_defaults(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--variant", "tiny", "--help"])
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for field in dataclasses.fields(Config):
        assert f"--{field.name.replace('_', '-')}" in shown
    assert "Qubits of the quantum layer. (default: 5)" in shown


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
    program = str(jax.make_jaxpr(hybrid(TINY).middle)(jnp.zeros(TINY.qubits)))
    assert "custom_vjp_call" in program


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


def test_every_model_folder_has_the_same_files():
    folders = [path.parent for path in pathlib.Path("models").glob("*/config.py")]
    assert folders
    for folder in folders:
        for name in ("__init__.py", "__main__.py", "model.py", "task.py", "README.md"):
            assert (folder / name).is_file(), folder / name
