"""What scikit-learn's checks do not see: numbers, searches, saved estimators, bad parameters."""

import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import qjax
from qjax.estimators import (
    QuantumFeatureMap,
    QuantumKernelClassifier,
    QuantumKernelClustering,
    VQCClassifier,
    VQCRegressor,
    fidelity_kernel,
    projected_kernel,
)
from qjax.estimators._encoding import Encoding, Slots
from qjax.estimators._kmeans import kernel_kmeans
from tests import oracle

X = np.random.default_rng(0).normal(size=(30, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
# As in `test_conventions`, so that the same programs are run.
SMALL = {"n_qubits": 5, "layers": 1, "learning_rate": 0.1}


def embed(x):
    return qjax.Circuit(2).ry(x[:2], range(2)).cx(0, 1).rz(x[2:], range(2))


def test_features_are_cyclic_over_qubits_and_rows():
    slots = Slots(features=5, qubits=2)
    angles = slots(np.arange(5.0)[None])
    assert slots.rows == 3 and angles.tolist() == [[0, 1, 2, 3, 4, 0]]
    circuit = Encoding("angle", qubits=2, rows=3, reps=2)(angles[0])
    by_hand = qjax.Circuit(2)
    for row in 2 * [[0.0, 1.0], [2.0, 3.0], [4.0, 0.0]]:
        by_hand = by_hand.ry(row, range(2)).cz(0, 1)
    np.testing.assert_allclose(qjax.statevector(circuit), qjax.statevector(by_hand), atol=1e-6)


def test_kernel_classifier_is_a_machine_over_the_kernel():
    model = QuantumKernelClassifier(feature_map=embed, bandwidth=0.5, C=3.0).fit(X[:20], Y[:20])
    machine = SVC(kernel="precomputed", C=3.0)
    machine.fit(fidelity_kernel(embed, 0.5 * X[:20]), Y[:20])
    rows = fidelity_kernel(embed, 0.5 * X[20:], 0.5 * X[:20])
    expected = machine.decision_function(rows)
    np.testing.assert_allclose(model.decision_function(X[20:]), expected, atol=1e-5)
    np.testing.assert_array_equal(model.predict(X[20:]), machine.predict(rows))


def test_projected_kernel_at_scale_is_the_rbf_kernel_of_the_feature_map():
    model = QuantumKernelClassifier("projected", feature_map=embed, bandwidth=1.0).fit(X, Y)
    features = QuantumFeatureMap(embed, bandwidth=1.0).fit_transform(X)
    ours = projected_kernel(embed, X, gamma=model.gamma_)
    gamma = 1 / (features.shape[1] * features.var())
    np.testing.assert_allclose(ours, rbf_kernel(features, gamma=gamma), atol=1e-5)


def test_probabilities_follow_the_decision():
    model = QuantumKernelClassifier(feature_map=embed, probability=True).fit(X, Y)
    shares = model.predict_proba(X)
    np.testing.assert_allclose(shares.sum(1), 1)
    assert (np.diff(shares[model.decision_function(X).argsort(), 1]) >= -1e-9).all()
    assert not hasattr(QuantumKernelClassifier(), "predict_proba")


def test_a_classifier_learns_the_iris():
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = make_pipeline(StandardScaler(), VQCClassifier(**SMALL, epochs=40, random_state=0))
    assert model.fit(x, names).score(x, names) > 0.93
    assert np.diff(model[-1].loss_curve_)[:5].max() < 0


def test_a_regressor_learns_a_wave():
    x = np.linspace(-1.5, 1.5, 60)[:, None]
    y = 100 + 5 * np.sin(3 * x[:, 0])  # Symmetric about its mean.
    model = VQCRegressor(n_qubits=2, layers=3, epochs=60, random_state=0).fit(x, y)
    assert model.score(x, y) > 0.95
    np.testing.assert_allclose(model.predict(x[:3]), by_oracle(model, x[:3], 100, y.std()), 1e-4)


def by_oracle(model, x, mean, deviation):
    """The regressor from its trained numbers; its one feature goes to both qubits."""
    p, targets = model.params_, []
    for (feature,) in x:
        program = []
        for scale, shift, turn in zip(p["scale"], p["shift"], p["turn"], strict=True):
            program += [("ry", (scale[q] * feature + shift[q],), (q,)) for q in range(2)]
            program += [("rz", (turn[q],), (q,)) for q in range(2)] + [("cx", (), (0, 1))]
        z = [oracle.expectation(2, program, [(1.0, {q: "Z"})]) for q in range(2)]
        targets.append(mean + deviation * (z @ p["readout"] + p["bias"])[0])
    return targets


def test_same_state_same_numbers():
    def fit(seed):
        return VQCClassifier(**SMALL, epochs=2, random_state=seed).fit(X, Y)

    np.testing.assert_array_equal(fit(1).predict_proba(X), fit(1).predict_proba(X))
    assert not np.allclose(fit(1).predict_proba(X), fit(2).predict_proba(X))


@pytest.mark.parametrize(
    "model",
    [
        VQCClassifier(**SMALL, epochs=1, random_state=0),
        QuantumKernelClassifier(feature_map=embed),
        QuantumKernelClustering(method="kmeans", n_qubits=5, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_saved_and_cloned(model, tmp_path):
    fitted = clone(model).fit(X, Y)
    joblib.dump(fitted, tmp_path / "model.joblib")
    for copy in (joblib.load(tmp_path / "model.joblib"), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(copy.predict(X), fitted.predict(X))


def test_grid_search_in_a_pipeline(compilations):
    pipeline = make_pipeline(StandardScaler(), QuantumKernelClassifier(n_qubits=5))
    grid = {f"quantumkernelclassifier__{name}": v for name, v in {"C": [1, 10]}.items()}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, Y)
    assert search.best_score_ > 0.3
    compilations.clear()
    GridSearchCV(pipeline, grid, cv=3).fit(X, Y)
    assert not compilations  # All folds and settings run what is compiled already.


def test_kernel_kmeans_is_kmeans_for_a_linear_kernel():
    """The sum of squares is that of the clusters' means, and no single move makes it smaller."""

    def squares(labels):
        return sum(((X[labels == k] - X[labels == k].mean(0)) ** 2).sum() for k in range(3))

    labels, inertia = kernel_kmeans(X @ X.T, 3, np.random.RandomState(0), starts=5, rounds=100)
    assert sorted(set(labels)) == [0, 1, 2]
    np.testing.assert_allclose(inertia, squares(labels))
    means = np.array([X[labels == k].mean(0) for k in range(3)])
    nearest = ((X[:, None] - means) ** 2).sum(-1).argmin(1)
    np.testing.assert_array_equal(nearest, labels)


def test_kmeans_predicts_its_own_labels():
    model = QuantumKernelClustering(3, method="kmeans", n_qubits=5, random_state=0).fit(X)
    np.testing.assert_array_equal(model.predict(X), model.labels_)
    assert not hasattr(QuantumKernelClustering(), "predict")


def test_names_of_features():
    names = QuantumFeatureMap(n_qubits=5, observables="z").fit(X).get_feature_names_out()
    assert names.tolist() == [f"quantumfeaturemap{q}" for q in range(5)]


@pytest.mark.parametrize(
    "model, match",
    [
        (QuantumKernelClassifier("other"), "`kernel` must be one of"),
        (QuantumKernelClassifier(feature_map="other"), "`feature_map` must be one of"),
        (QuantumKernelClassifier(C=0), "`C` must be above 0"),
        (QuantumKernelClassifier(gamma="other"), "`gamma` must be one of"),
        (QuantumKernelClassifier(bandwidth=-1), "`bandwidth` must be above 0"),
        (QuantumKernelClassifier(n_qubits=0), "`n_qubits` must be at least 1"),
        (QuantumKernelClassifier(reps=1.5), "`reps` must be an integer"),
        (QuantumFeatureMap(observables="w"), "`observables` must be one of"),
        (QuantumKernelClustering(method="other"), "`method` must be one of"),
        (QuantumKernelClustering(31), "`n_clusters` must be at most n_samples = 30"),
        (VQCClassifier(layers=0), "`layers` must be at least 1"),
        (VQCRegressor(learning_rate="fast"), "`learning_rate` must be a number"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_bad_parameters(model, match):
    with pytest.raises((TypeError, ValueError), match=match):
        model.fit(X, Y)


def test_one_class_is_refused():
    for model in (QuantumKernelClassifier(), VQCClassifier()):
        with pytest.raises(ValueError, match="at least two classes"):
            model.fit(X, np.zeros(30))


def test_a_diverging_loss_is_named():
    model = VQCRegressor(n_qubits=2, layers=3, epochs=3, learning_rate=1e30, random_state=0)
    with pytest.raises(FloatingPointError, match="try a smaller `learning_rate`"):
        model.fit(X[:, :1], X[:, 0])
