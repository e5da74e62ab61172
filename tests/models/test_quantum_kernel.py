"""The kernels of the model against their definitions, and the tiny variant from end to end."""

import dataclasses

import jax
import numpy as np
import pytest
from sklearn.svm import SVC

import qjax
from models.quantum_kernel import VARIANTS, Config, evaluate, features, predict, train
from models.quantum_kernel.data import load, prepare
from models.quantum_kernel.kernels import KERNELS, choose
from models.quantum_kernel.model import align, feature_map, trained_map
from qjax import data
from qjax.train import CheckpointError, Workspace


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    config = VARIANTS["tiny"]
    run = Workspace(tmp_path_factory.mktemp("runs") / "run", config)
    train(config, run)
    return config, run


def test_published_score(trained):
    numbers = evaluate(*trained)
    assert numbers["test_accuracy"] == 1.0
    assert numbers["fidelity_grid_accuracy"] > numbers["rbf_grid_accuracy"]
    assert {"projected_accuracy", "aligned_accuracy", "baseline_accuracy", "parameters"} <= set(
        numbers
    )


def test_machine_is_that_of_scikit_learn(trained):
    config, run = trained
    task = load(config)
    states = np.array([np.asarray(qjax.statevector(feature_map(2)(x))) for x in task.train.inputs])
    others = np.array([np.asarray(qjax.statevector(feature_map(2)(x))) for x in task.test.inputs])
    machine = SVC(kernel="precomputed").fit(
        np.abs(states.conj() @ states.T) ** 2, task.train.labels
    )
    expected = machine.decision_function(np.abs(others.conj() @ states.T) ** 2)
    found = predict(config, run, task.test.inputs)
    np.testing.assert_allclose(found["decision"], expected, atol=1e-3)
    np.testing.assert_array_equal(found["label"], task.test.labels)
    assert evaluate(config, run)["parameters"] == len(machine.support_) + 1


def test_figures_are_left(trained):
    for name in ("kernels", "regions"):
        assert (trained[1].path / f"{name}.png").stat().st_size > 10_000


def test_trained_map_begins_at_the_published_one():
    x = np.array([0.3, 1.1], np.float32)
    zero, one = np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32)
    ours = trained_map({"tilt": zero, "turn": zero, "scale": one}, x)
    overlap = np.vdot(qjax.statevector(ours), qjax.statevector(feature_map(2)(x)))
    np.testing.assert_allclose(abs(overlap), 1, atol=1e-6)


def test_training_aligns():
    config = Config(steps=40, batch_size=40, learning_rate=0.1)
    found = align(config, 1.0, *load(config).train)
    # The batch is the whole set, so the curve is that of one function.
    assert found["curve"][-1] > found["curve"][0] + 0.05
    assert jax.tree.map(np.shape, {k: found[k] for k in ("tilt", "scale")}) == {
        "tilt": (2, 2),
        "scale": (2, 2),
    }


def test_biopsies_become_components():
    config = Config(dataset="breast_cancer", components=3)
    task, split = load(config), data.breast_cancer()
    assert task.train.inputs.shape == (455, 3) and features(config) == 30
    np.testing.assert_allclose(np.cov(task.train.inputs.T), np.eye(3), atol=1e-2)
    rows = prepare(task.mean, task.matrix, split.test.inputs)
    np.testing.assert_allclose(rows, task.test.inputs)


def test_choice_by_folds():
    config = Config(bandwidths=(1e-3, 1.0))
    settings, _ = choose(config, KERNELS["fidelity"], load(config).train)
    assert settings["bandwidth"] == 1.0  # The other kernel is all ones.


@pytest.mark.parametrize(
    "change, match",
    [
        ({"dataset": "other"}, "`dataset` must be one of"),
        ({"costs": ()}, "`costs` must hold numbers above 0"),
        ({"steps": 0}, "`steps` must be at least 1"),
    ],
)
def test_bad_settings(change, match):
    with pytest.raises(ValueError, match=match):
        dataclasses.replace(Config(), **change)


def test_nothing_trained_is_said(tmp_path):
    with pytest.raises(CheckpointError, match="train the run to its end"):
        evaluate(Config(), Workspace(tmp_path / "empty", Config()))
