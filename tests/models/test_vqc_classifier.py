"""The tiny variant from end to end, and both circuits against a dense simulation."""

import dataclasses

import jax
import numpy as np
import pytest
from flax import nnx

import qjax
from models.vqc_classifier import (
    METRIC,
    VARIANTS,
    Config,
    circuits,
    evaluate,
    features,
    predict,
    train,
)
from models.vqc_classifier.model import ENCODINGS, Twin
from models.vqc_classifier.task import TABLES, make
from qjax.data import iris
from qjax.nn import count_parameters
from qjax.train import Workspace
from tests import oracle

TINY = VARIANTS["tiny"]
RING = [(0, 1), (1, 2), (2, 0)]


def test_tiny_learns_reports_and_predicts(tmp_path):
    run = Workspace(tmp_path / "run", TINY)
    train(TINY, run)
    results = evaluate(TINY, run)
    assert results["parameters"] == 2 * 9 + 1 + 3
    assert 22 <= results["baseline_parameters"] < 22 + 8
    assert results["logistic_parameters"] == 15
    assert results[METRIC] > 0.6 and results["logistic_accuracy"] > 0.8
    test = iris().test  # As a user's file has it, in cm.
    columns = predict(TINY, run, test.inputs)
    assert np.mean(columns["label"] == test.labels) == pytest.approx(results[METRIC])
    shares = np.stack([columns[f"p{k}"] for k in range(3)], 1)
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(shares.argmax(1), columns["label"])
    figures = sorted(path.name for path in run.path.glob("*.png"))
    assert figures == ["circuit.png", "confusion.png", "twin.png"]


@pytest.mark.parametrize("size", [4, 13])
def test_uploaded_features_are_angles_of_every_layer(size):
    config = dataclasses.replace(TINY, layers=2)
    rng = np.random.default_rng(size)
    shapes = ENCODINGS["angles"].shapes(config, size)
    per_layer = -(-size // 9)
    assert set(shapes.values()) == {(2 * per_layer, 3, 3)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    x = rng.normal(size=size)
    padded = np.concatenate([np.arctan(x), np.zeros(per_layer * 9 - size)]).reshape(per_layer, 3, 3)
    ops = [("h", (), (q,)) for q in range(3)]
    for block in range(2 * per_layer):
        angles = weights["shifts"][block] + weights["scales"][block] * padded[block % per_layer]
        for k, gate in enumerate(("ry", "rz", "ry")):
            ops += [(gate, (angles[q, k],), (q,)) for q in range(3)]
        ops += [("cz", (), pair) for pair in RING]
    assert_equal_states(ENCODINGS["angles"].build, weights, x, ops)


def test_prepared_features_are_amplitudes():
    config = dataclasses.replace(TINY, encoding="amplitudes", layers=2)
    rng = np.random.default_rng(0)
    shapes = ENCODINGS["amplitudes"].shapes(config, 4)
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    x = rng.normal(size=4)
    initial = np.concatenate([x, np.ones(4)])
    ops = []
    for angles, step in zip(weights["angles"], (1, 2), strict=True):
        for k, gate in enumerate(("rz", "ry", "rz")):
            ops += [(gate, (angles[q, k],), (q,)) for q in range(3)]
        ops += [("cx", (), (q, (q + step) % 3)) for q in range(3)]
    initial = initial / np.linalg.norm(initial)
    assert_equal_states(ENCODINGS["amplitudes"].build, weights, x, ops, initial)


def assert_equal_states(build, weights, x, ops, initial=None):
    state = jax.jit(lambda w, x: qjax.statevector(build(w, x)))(
        jax.tree.map(np.float32, weights), np.float32(x)
    )
    np.testing.assert_allclose(state, oracle.statevector(3, ops, initial), atol=1e-5)


def test_logits_are_scaled_expectation_values():
    model = make(TINY, 1)
    model.scale[...] = 3.0
    model.bias[...] = np.array([0.5, 0.0, -1.0], np.float32)
    x = iris(standardise=True).train.inputs[:5]
    values = np.asarray(model.circuit(x))
    assert np.abs(values).max() <= 1
    np.testing.assert_allclose(model(x), 3 * values + np.array([0.5, 0, -1]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dataset", TABLES)
def test_every_table_has_its_circuit_and_its_twin(dataset):
    config = Config(dataset=dataset)
    table = TABLES[dataset]
    data = table.load()
    assert data.train.inputs.shape[1] == features(config)
    assert set(data.train.labels) == set(range(len(table.classes)))
    circuit, observables = circuits(config)["classifier"]
    assert circuit.n_qubits == 5 and len(observables) == len(table.classes)
    model = make(config, 0)
    sizes = table.features, len(table.classes)
    network = Twin(count_parameters(model), *sizes, rngs=nnx.Rngs(0))
    assert 0 <= count_parameters(network) - count_parameters(model) < sum(sizes) + 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dataset": "mushrooms"}, "`dataset` must be one of breast_cancer, wine, iris"),
        ({"encoding": "none"}, "`encoding` must be one of angles, amplitudes"),
        ({"qubits": 2}, "`qubits` must be at least 3, but is 2"),
        ({"epochs": 0}, "`epochs` must be at least 1"),
        ({"learning_rate": 0.0}, "`learning_rate` must be above 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Config(**settings)


def test_too_few_amplitudes_are_told():
    with pytest.raises(ValueError, match="`qubits` must be at least 5 for 30 amplitudes"):
        make(Config(encoding="amplitudes", qubits=4), 0)
