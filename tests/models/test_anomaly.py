"""The tiny detectors from end to end, and their scores against matrices in NumPy."""

import dataclasses
import io

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from rich.console import Console
from scipy.stats import rankdata
from sklearn.datasets import load_breast_cancer
from sklearn.svm import OneClassSVM

from models.anomaly import VARIANTS, circuits, evaluate, features, predict, train
from models.anomaly.data import TASKS, scaled, scaler_of
from models.anomaly.detectors import quantum_kernel
from models.anomaly.model import (
    DenseAutoencoder,
    QuantumAutoencoder,
    angles,
    hidden_width,
)
from models.anomaly.task import METHODS
from qjax import amplitude
from qjax.data import Examples, Split, intrusion
from qjax.nn import count_parameters
from qjax.train import CheckpointError, Workspace
from tests import oracle

TINY = VARIANTS["tiny"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Returns the workspace of a tiny run, its results and what it printed."""
    log = io.StringIO()
    run = Workspace(tmp_path_factory.mktemp("run"), TINY, console=Console(file=log, width=100))
    train(TINY, run)
    return run, evaluate(TINY, run), log.getvalue()


def area(labels, scores):
    """Returns the area under the curve from the ranks of the positive examples."""
    positive = labels.sum()
    ranks = rankdata(scores)[labels].sum() - positive * (positive + 1) / 2
    return ranks / positive / (~labels).sum()


def test_a_run_reports_the_areas_of_every_detector(finished):
    run, results, log = finished
    for name in TINY.data:
        assert (run.path / f"{name}_roc.png").read_bytes().startswith(b"\x89PNG")
        raw, scores = TASKS[name].load(), run.load(f"{name}_scores")
        labels = raw.test.labels > 0
        for method in METHODS:
            known = area(labels, scores[method][len(raw.valid.labels) :])
            assert known > 0.6
            assert results[f"{name}_{method}_auc"] == pytest.approx(known)
            assert f"{METHODS[method]} {known:.3f}" in log
        assert 0 <= results[f"{name}_false_alarms"] < 0.15
    assert results["test_auc"] == results["intrusion_quantum_autoencoder_auc"]
    assert results["baseline_auc"] == results["intrusion_autoencoder_auc"]
    assert results["parameters"] == 3 * 4


def test_predict_gives_the_scores_and_the_alarms_that_were_reported(finished):
    run, results, _ = finished
    test = intrusion().test
    columns = predict(TINY, run, test.inputs)
    saved = run.load("intrusion_scores")["quantum_autoencoder"][-len(test.labels) :]
    np.testing.assert_allclose(columns["score"], saved, atol=1e-5)
    alarms = columns["anomaly"][test.labels == 0].mean()
    assert alarms == pytest.approx(results["intrusion_false_alarms"], abs=0.005)
    with pytest.raises(ValueError, match="finite features of at least 0"):
        predict(TINY, run, -test.inputs)


def test_a_finished_run_trains_nothing_again(finished, monkeypatch):
    run, *_ = finished
    monkeypatch.setattr(run, "fit", None)
    train(TINY, run)


def test_an_empty_folder_cannot_be_evaluated(tmp_path):
    with pytest.raises(CheckpointError, match="train the run to its end"):
        evaluate(TINY, Workspace(tmp_path, TINY))


def program(x, weights=()):
    """Returns the operations that load angles `[uploads, 4]` and encode them."""
    ring, bricks = ((0, 1), (1, 2), (2, 3), (3, 0)), ((0, 1), (2, 3), (1, 2))
    operations = []
    for layers, pairs in ((x, ring), (weights, bricks)):
        for layer in layers:
            operations += [("ry", (float(a),), (i,)) for i, a in enumerate(layer)]
            operations += [("cx", (), pair) for pair in pairs]
    return operations


def test_the_score_is_the_infidelity_of_the_trash():
    model = QuantumAutoencoder(4, 2, 3, rngs=nnx.Rngs(0))
    x = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    weights = np.asarray(model.weights[...])[..., 0]
    known = [
        1 - oracle.density_matrix(4, program(row.reshape(2, 4), weights), (0, 1))[0, 0].real
        for row in x
    ]
    np.testing.assert_allclose(model(jnp.asarray(x)), known, atol=1e-5)


def test_no_encoder_beats_the_largest_eigenvalues(finished):
    """What the trash loses on average is at least what a subspace of its size leaves out."""
    run, *_ = finished
    train = intrusion().train.inputs
    x = angles(scaled(scaler_of(train), train), TINY.qubits, TINY.scale)
    model = QuantumAutoencoder(TINY.qubits, TINY.trash, TINY.layers, rngs=nnx.Rngs(0))
    before = float(model(jnp.asarray(x)).mean())
    after = float(run.restore("intrusion_quantum_autoencoder", model)(jnp.asarray(x)).mean())
    states = np.stack([oracle.statevector(4, program(row.reshape(3, 4))) for row in x[:200]])
    kept = np.linalg.eigvalsh(states.T @ states.conj() / len(states))[-8:].sum()
    assert 1 - kept - 0.02 < after < before


def test_angles_stay_within_half_a_turn_and_fill_the_last_upload():
    bent = angles(np.array([[0.0, 0.1, -100.0]]), 2, 0.5)
    np.testing.assert_allclose(bent, [[0, 0.05, -np.pi, 0]], atol=1e-4)


def test_the_kernel_detector_is_an_svm_on_fidelities():
    random = np.random.default_rng(1)
    train, valid, test = (random.normal(size=(n, 4)).astype(np.float32) for n in (30, 12, 9))
    valid[::2] += 2
    labels = (np.arange(12) % 2 == 0).astype(np.int32)
    data = Split(
        Examples(train, np.zeros(30, np.int32)), Examples(valid, labels), Examples(test, labels[:9])
    )
    config = dataclasses.replace(TINY, scales=(0.4,))
    states = [
        np.stack([oracle.statevector(4, program(row[None])) for row in angles(x, 4, 0.4)])
        for x in (train, test)
    ]
    kernels = [np.abs(s @ states[0].conj().T) ** 2 for s in states]
    svm = OneClassSVM(kernel="precomputed", nu=config.nu).fit(kernels[0])
    _, scores = quantum_kernel(config, data)
    np.testing.assert_allclose(scores, -svm.decision_function(kernels[1]), atol=1e-3)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", TASKS)
def test_the_dense_autoencoder_is_as_close_in_size_as_whole_widths_allow(variant, name):
    config, width = VARIANTS[variant], TASKS[name].features
    target = config.layers * config.qubits
    hidden = hidden_width(target, width)
    counts = {
        h: count_parameters(
            nnx.eval_shape(lambda h=h: DenseAutoencoder(width, h, rngs=nnx.Rngs(0)))
        )
        for h in (hidden - 1, hidden, hidden + 1)
        if h > 0
    }
    assert min(counts, key=lambda h: abs(counts[h] - target)) == hidden


def test_the_biopsies():
    inputs, labels = load_breast_cancer(return_X_y=True)
    parts = TASKS["breast_cancer"].load()
    malignant = {tuple(row) for row in inputs[labels == 0].astype(np.float32)}
    assert parts.train.labels.max() == 0 and len(parts.train.labels) > 150
    for part in (parts.train, parts.valid, parts.test):
        known = [tuple(row) in malignant for row in part.inputs]
        np.testing.assert_array_equal(part.labels, known)


def test_the_circuits_that_explain_shows():
    shown = circuits(TINY)
    kernel, _ = shown["kernel"]
    train = intrusion().train.inputs
    x = angles(scaled(scaler_of(train), train[:2]), 4, TINY.scale).reshape(2, 3, 4)
    states = [oracle.statevector(4, program(row)) for row in x]
    value = abs(complex(amplitude(kernel, "0000"))) ** 2
    assert value == pytest.approx(abs(np.vdot(*states)) ** 2, abs=1e-5)
    assert shown["autoencoder"][0].n_qubits == 4 and features(TINY) == 12


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data": ("cats",)}, "Argument `data` must be among intrusion, breast_cancer"),
        ({"trash": 4}, "Argument `qubits` must be at least 5, but is 4"),
        ({"nu": 1.5}, "Argument `nu` must be at most 1, but is 1.5"),
        ({"scales": ()}, "Argument `scales` must have numbers above 0"),
        ({"scale": 0.0}, "Argument `scale` must be above 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **settings)
