"""What a run's folder holds, and what it refuses."""

import io
import json
import signal
import types

import numpy as np
import optax
import pytest
from flax import nnx
from matplotlib.figure import Figure
from rich.console import Console

from qjax.train import (
    CheckpointError,
    RunFolderError,
    Stopped,
    Workspace,
    cross_entropy,
    fit_many,
    read_run,
)
from tests.train.small import Classifier, plain, same
from tests.train.test_resume import Interrupting


def fitted(folder, data, model):
    run = Workspace(folder, {"seed": 0, "sizes": (1, 2)}, model="small")
    run.fit(
        "net",
        model,
        optax.adam(0.03),
        cross_entropy,
        data,
        epochs=3,
        batch_size=8,
        seed=0,
        progress=False,
    )
    return run


def test_the_best_variables_come_back(data, tmp_path):
    model = Classifier()
    run = fitted(tmp_path, data, model)
    assert same(run.restore("net", Classifier(seed=1)), model)
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "net" / "history.csv").is_file()
    with pytest.raises(CheckpointError, match="belongs to another run"):
        run.restore("net", plain())
    with pytest.raises(CheckpointError, match="train the run to its end first"):
        run.restore("other", Classifier())


def test_many_models_stop_and_go_on_in_a_folder_of_their_own(data, tmp_path):
    options = {"seeds": [0, 1], "epochs": 3, "batch_size": 8}

    def train(file):
        run = Workspace(tmp_path, {"seed": 0}, console=Console(file=file, width=200))
        return run.fit_many("nets", make, optax.adam(0.03), cross_entropy, data, **options)

    def make(rngs):
        return nnx.Linear(3, 2, rngs=rngs)

    with pytest.raises(Stopped):
        train(Interrupting(1, signal.SIGINT))
    runs = train(io.StringIO())
    whole = fit_many(make, optax.adam(0.03), cross_entropy, data, progress=False, **options)
    assert same(runs.model(runs.winner), whole.model(whole.winner))
    assert (tmp_path / "nets.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(CheckpointError, match="setting `seed` is 0 there and 1 here"):
        Workspace(tmp_path, {"seed": 1})


def test_a_folder_belongs_to_its_settings(tmp_path):
    Workspace(tmp_path, {"seed": 0, "sizes": (1, 2)}, model="small")
    assert read_run(tmp_path) == {"model": "small", "config": {"seed": 0, "sizes": [1, 2]}}
    # Nothing was saved under the first settings, so they hold nobody.
    Workspace(tmp_path, {"seed": 2}, model="small")
    run = Workspace(tmp_path, {"seed": 0, "sizes": (1, 2)}, model="small")
    run.save("kernel", matrix=np.zeros(2))
    with pytest.raises(CheckpointError, match="setting `seed` is 0 there and 1 here"):
        Workspace(tmp_path, {"seed": 1, "sizes": (1, 2)}, model="small")
    (tmp_path / "run.json").write_text(json.dumps({"model": "small"}))
    with pytest.raises(CheckpointError, match="is damaged"):
        Workspace(tmp_path, {"seed": 0}, model="small")
    with pytest.raises(CheckpointError, match="is not the folder of a run"):
        read_run(tmp_path / "nowhere")


def test_arrays_are_whole_or_absent(tmp_path, monkeypatch):
    run = Workspace(tmp_path, types.MappingProxyType({}))
    assert not run.has("kernel")
    run.save("kernel", matrix=np.arange(6).reshape(2, 3), scale=1.5)
    assert run.has("kernel")
    found = run.load("kernel")
    np.testing.assert_array_equal(found["matrix"], np.arange(6).reshape(2, 3))
    assert found["scale"] == 1.5

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        with pytest.raises(RunFolderError, match="No space left on device"):
            run.save("kernel", matrix=np.zeros(1))
    assert run.load("kernel")["scale"] == 1.5
    assert not list(tmp_path.glob(".*.part"))
    (tmp_path / "kernel.npz").write_bytes(b"PK")
    with pytest.raises(CheckpointError, match="is damaged"):
        run.load("kernel")
    with pytest.raises(CheckpointError, match="train the run to its end first"):
        run.load("other")


def test_figures(tmp_path):
    run = Workspace(tmp_path, {})
    run.figure("empty", Figure())
    assert (tmp_path / "empty.png").read_bytes().startswith(b"\x89PNG")
