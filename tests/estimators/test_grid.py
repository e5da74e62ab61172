"""A grid over folds as one program: what a lane gives is what a fit alone gives."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

from qjax.data import linearly_separable
from qjax.estimators import IQPVariationalClassifier, fit_grid
from qjax.estimators._study_trained import StudyClassifier
from tests import oracle


@dataclasses.dataclass(frozen=True)
class Power:
    """A model that compiles in no time."""

    features: int
    power: int

    def initial(self, key):
        return {"w": jax.random.normal(key(), (self.features,))}

    def decision(self, params, x):
        return jnp.tanh(x**self.power @ params["w"])

    def loss(self, params, x, y):
        return jnp.mean((self.decision(params, x) - y) ** 2)


class PowerClassifier(StudyClassifier):
    def __init__(self, power=1, learning_rate=0.05, max_steps=200, random_state=1):
        self.power = power
        self.learning_rate = learning_rate
        self.max_steps = max_steps
        self.random_state = random_state

    scaling, batch_size, convergence_interval = 1.0, 4, 10

    def _model(self, features):
        return Power(features, self.power)


def test_a_lane_is_a_fit_alone():
    x, y = linearly_separable(2, samples=31, seed=1)
    grid = {"power": [1, 3], "learning_rate": [0.02, 0.1, 0.5]}
    splits = list(StratifiedKFold(3).split(x, y))
    assert len(splits[0][0]) != len(splits[2][0])
    with jax.enable_x64(True), jax.threefry_partitionable(False):
        # Fewer lanes than fits: some wait for others.
        fits = fit_grid(PowerClassifier(), grid, x, y, cv=3, lanes=4)
        train, test = splits[2]
        alone = PowerClassifier(**fits.settings[4]).fit(x[train], y[train])
        scores = [alone.score(x[rows], y[rows]) for rows in (train, test)]
    assert [tuple(s.values()) for s in fits.settings[::3]] == [(0.02, 1), (0.1, 3)]
    lengths = {one.n_iter_ for row in fits.fitted for one in row}
    assert len(lengths) > 3
    lane = fits.fitted[4][2]
    assert lane.get_params() == alone.get_params()
    assert lane.converged_
    np.testing.assert_allclose(lane.loss_curve_, alone.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(lane.params_["w"], alone.params_["w"], rtol=1e-9)
    np.testing.assert_allclose([fits.train_scores[4, 2], fits.test_scores[4, 2]], scores)


def test_circuits_of_all_repeats_and_layers_are_one():
    rng = np.random.default_rng(5)
    x, weights = rng.normal(size=(2, 2)), rng.uniform(0, 6, (1, 2, 3))
    estimator = IQPVariationalClassifier(2, n_layers=1, entangle_every_repeat=False)
    estimator._fitted = estimator._model(2)
    shared = estimator._shared([estimator._fitted, IQPVariationalClassifier(n_layers=2)._model(2)])
    assert shared.model.layers == 2
    params, samples = shared.params({"weights": weights}), shared.samples(x)
    np.testing.assert_array_equal(shared.own(params)["weights"], weights)

    @jax.jit
    def ours(params, samples):
        value, gradient = jax.value_and_grad(shared.model.loss)(params, samples, jnp.ones(2))
        return shared.model.decision(params, samples), value, gradient

    decisions, value, gradient = ours(*jax.tree.map(jnp.float32, (params, samples)))
    expected = []
    for row in x:
        program = []
        for pairs in ([(0, 1)], []):
            program += [op for q in range(2) for op in (("h", (), (q,)), ("rz", (row[q],), (q,)))]
            program += [("rzz", (row[a] * row[b],), (a, b)) for a, b in pairs]
        for q in range(2):
            angles = zip(("rz", "ry", "rz"), weights[0, q], strict=True)
            program += [(gate, (angle,), (q,)) for gate, angle in angles]
        program += [("cz", (), (q, (q + 1) % 2)) for q in range(2)]
        expected.append(oracle.expectation(2, program, [(1, {0: "Z", 1: "Z"})]))
    np.testing.assert_allclose(decisions, expected, atol=2e-6)
    np.testing.assert_allclose(value, np.mean((1 - np.array(expected)) / 2), atol=2e-6)
    # Layers that are not there do not come to be.
    assert not np.any(gradient["weights"][1:]) and not np.any(gradient["there"])
    assert np.abs(gradient["weights"][0]).max() > 1e-3


def test_wide_circuits_keep_their_own_programs():
    estimator = IQPVariationalClassifier(2, n_layers=1)
    estimator._fitted = estimator._model(7)
    assert estimator._shared([estimator._fitted]).model == estimator._fitted


def test_what_is_refused():
    x, y = linearly_separable(2, samples=20)
    with pytest.raises(TypeError, match="Argument `estimator` must be a classifier that has"):
        fit_grid(SVC(), {"C": [1.0]}, x, y)
    with pytest.raises(ValueError, match="Argument `lanes` must be at least 1, but is 0"):
        fit_grid(PowerClassifier(), {"power": [1]}, x, y, lanes=0)
