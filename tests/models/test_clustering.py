"""The published number, and the tiny variant from end to end."""

import dataclasses

import numpy as np
import pytest
from sklearn.cluster import SpectralClustering
from sklearn.metrics import normalized_mutual_info_score

import qjax
from models.clustering import VARIANTS, Config, circuits, evaluate, features, predict, train
from models.clustering.model import feature_map, quantum
from models.clustering.task import load
from qjax.train import Workspace


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    config = VARIANTS["tiny"]
    run = Workspace(tmp_path_factory.mktemp("runs") / "run", config)
    train(config, run)
    return config, run


def test_published_number():
    config = Config()
    examples = load(config)[0]
    found = quantum(config, 2, "spectral", "fidelity").fit_predict(examples.inputs)
    score = normalized_mutual_info_score(examples.labels, found)
    np.testing.assert_allclose(score, 0.7287008798015754, rtol=1e-12)


def test_scores_are_of_the_clusters(trained):
    config, run = trained
    examples = load(config)[0]
    embed = feature_map(config.feature_map, config.reps)
    states = np.array([np.asarray(qjax.statevector(embed(x))) for x in examples.inputs])
    method = SpectralClustering(2, affinity="precomputed", n_init=2, random_state=0)
    labels = method.fit_predict(np.abs(states.conj() @ states.T) ** 2)
    numbers = evaluate(config, run)
    assert numbers["nmi"] == pytest.approx(normalized_mutual_info_score(examples.labels, labels))
    assert numbers["baseline_nmi"] == max(
        numbers["rbf_spectral_nmi"], numbers["classical_kmeans_nmi"]
    )


def test_samples_fall_into_their_own_clusters(trained):
    config, run = trained
    found = predict(config, run, load(config)[0].inputs)["cluster"]
    np.testing.assert_array_equal(found, run.load("clusters")["kmeans"])
    for name in ("kernel", "clusters"):
        assert (run.path / f"{name}.png").stat().st_size > 10_000


def test_irises():
    config = VARIANTS["iris"]
    assert load(config)[0].inputs.shape == (150, 4) and features(config) == 4
    assert circuits(config)["feature map"][0].n_qubits == 4


@pytest.mark.parametrize("change", [{"dataset": "other"}, {"points": 1}, {"bandwidth": 0.0}])
def test_bad_settings(change):
    with pytest.raises(ValueError, match=f"`{next(iter(change))}` must be"):
        dataclasses.replace(Config(), **change)
