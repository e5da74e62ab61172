"""Trained classifiers of the study: models against the simulator, training against a plain loop."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.linalg
from sklearn.exceptions import ConvergenceWarning

from qjax.data import linearly_separable
from qjax.estimators import (
    CircuitCentricClassifier,
    DataReuploadingClassifier,
    DressedQuantumCircuitClassifier,
    IQPVariationalClassifier,
    QuantumBoltzmannMachine,
    QuantumMetricLearner,
    SeparableVariationalClassifier,
    TreeTensorClassifier,
)
from qjax.estimators._boltzmann import thermal_mean
from qjax.estimators._study_trained import StudyClassifier
from tests import oracle


def rot(angles, q):
    """RZ, RY, RZ."""
    return [(name, (angle,), (q,)) for name, angle in zip(("rz", "ry", "rz"), angles, strict=True)]


def entangling(weights, gate):
    layers, n, _ = weights.shape
    program = []
    for layer in range(layers):
        program += [op for q in range(n) for op in rot(weights[layer, q], q)]
        step = layer % (n - 1) + 1
        program += [(gate, (), (q, (q + step) % n)) for q in range(n)]
    return program


def z(n, program, letters):
    return oracle.expectation(n, program, [(1, letters)])


def iqp(params, x):
    program = []
    for pairs in ([(0, 1), (0, 2), (1, 2)], []):
        program += [op for q in range(3) for op in (("h", (), (q,)), ("rz", (x[q],), (q,)))]
        program += [("rzz", (x[a] * x[b],), (a, b)) for a, b in pairs]
    return z(3, program + entangling(params["weights"], "cz"), {0: "Z", 1: "Z"})


def reuploading(params, x):
    x = x.reshape(3, 3)
    omegas, thetas = params["omegas"].reshape(-1, 3, 3), params["thetas"]
    program = []
    for layer in range(5):
        for q in range(3):
            program += rot(omegas[layer, q] * x[q] + thetas[q, layer], q)
        first = layer % 2
        program += [("cz", (), (first, first + 1))]
    program += [op for q in range(3) for op in rot(omegas[5, q] * x[q] + thetas[q, 5], q)]
    return np.array([z(3, program, {q: "Z"}) for q in range(3)])


def separable(params, x):
    def one(w, x):
        layers = [op for angles in w[:-1] for op in [*rot(angles, 0), ("ry", (x,), (0,))]]
        return z(1, layers + rot(w[-1], 0), {0: "Z"})

    return np.mean([one(w, value) for w, value in zip(params["weights"], x, strict=True)])


def prepared(psi, program, n):
    state = oracle.statevector(n, program, psi)
    return np.vdot(state, oracle.observe(n, [(1, {0: "Z"})], state)).real


def centric(params, x):
    return prepared(np.kron(x, x), entangling(params["weights"], "cx"), 4) + params["b"]


def tree(params, x):
    w = params["weights"]
    program = [("ry", (w[q],), (q,)) for q in range(4)]
    program += [("cx", (), (1, 0)), ("cx", (), (3, 2)), ("ry", (w[4],), (0,))]
    program += [("ry", (w[5],), (2,)), ("cx", (), (2, 0)), ("ry", (w[6],), (0,))]
    return prepared(x, program, 4) + params["bias"][0]


def dressed(params, x):
    angles = np.tanh(params["input_weights"] @ x) * np.pi / 2
    program = [op for q in range(3) for op in (("h", (), (q,)), ("ry", (angles[q],), (q,)))]
    for row in params["circuit_weights"]:
        program += [("ry", (row[q],), (q,)) for q in range(3)]
        program += [("cx", (), (q, (q + 1) % 3)) for q in range(3)]
    logits = params["output_weights"] @ [z(3, program, {q: "Z"}) for q in range(3)]
    return logits[1] - logits[0]


def boltzmann(params, x):
    couplings = iter(params["thetas"] @ x)
    hamiltonian = 0
    for q in range(3):
        for letter in "ZX":
            word = "I" * q + letter + "I" * (2 - q)
            hamiltonian = hamiltonian + next(couplings) * oracle.pauli_string(word).real
    shared = next(couplings)  # All pairs have the first one's.
    for word in ("ZZI", "ZIZ", "IZZ"):
        hamiltonian = hamiltonian + shared * oracle.pauli_string(word).real
    state = scipy.linalg.expm(-hamiltonian / 2)
    mean = np.trace(state @ sum(oracle.pauli_string(w) for w in ("ZII", "IZI", "IIZ"))) / 3
    return mean.real / np.trace(state)


# The estimator, the width of a scaled sample, the decision of one, and the loss from decisions.
MODELS = {
    "iqp": (
        IQPVariationalClassifier(2, n_layers=3, entangle_every_repeat=False),
        3,
        iqp,
        lambda f, y: np.mean((1 - y * f) / 2),
    ),
    "reuploading": (
        DataReuploadingClassifier(5, observable_type="full"),
        9,
        reuploading,
        lambda f, y: np.mean(np.sum((f - y[:, None]) ** 2, 1)) / 4,
    ),
    "separable": (
        SeparableVariationalClassifier(2),
        2,
        separable,
        lambda f, y: np.mean(np.log1p(np.exp(-6 * y * f))),
    ),
    "centric": (
        CircuitCentricClassifier(2, n_layers=4),
        4,
        centric,
        lambda f, y: np.mean((f - y) ** 2) / 2,
    ),
    "tree": (TreeTensorClassifier(), 16, tree, lambda f, y: np.mean((f - y) ** 2)),
    "dressed": (
        DressedQuantumCircuitClassifier(2),
        3,
        dressed,
        lambda f, y: np.mean(np.log1p(np.exp(-y * f))),
    ),
    "boltzmann": (
        QuantumBoltzmannMachine("full", temperature=2.0, shared_pairs=True),
        3,
        boltzmann,
        lambda f, y: -np.mean(np.log((1 + y * f) / 2)),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_decisions_and_losses(name):
    estimator, width, decision, loss = MODELS[name]
    keys = iter(jax.random.split(jax.random.key(3), 5))
    model = estimator._model(width)
    params = jax.device_get(model.initial(lambda: next(keys)))
    x = np.random.default_rng(3).normal(size=(2, width))
    if name in ("centric", "tree"):
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    x, y = x.astype(np.float32), np.array([1, -1], np.float32)

    @jax.jit
    def ours(params, x, y):
        return model.decision(params, x), model.loss(params, x, y)

    decisions, value = ours(params, x, y)
    expected = np.array([decision(params, sample) for sample in x.astype(float)])
    means = expected.mean(1) if expected.ndim == 2 else expected
    np.testing.assert_allclose(decisions, means, atol=2e-5)
    np.testing.assert_allclose(value, loss(expected, y), atol=2e-5)


def test_the_metric_learner_scales_features_to_its_range():
    x, y = linearly_separable(3, samples=20, seed=0)
    model = QuantumMetricLearner(1, feature_range=(-np.pi / 2, np.pi), scaling=0.5, max_steps=2)
    with pytest.warns(ConvergenceWarning):
        model.fit(x, y)
    scaled = model._new_data(x)
    np.testing.assert_allclose(scaled.min(0), -np.pi / 4)
    np.testing.assert_allclose(scaled.max(0), np.pi / 2)


def test_the_metric_learner_compares_states():
    model = QuantumMetricLearner(2)._model(2)
    rng = np.random.default_rng(4)
    x, weights = rng.normal(size=(6, 2)), rng.normal(size=(2, 6))
    upload = [("rx", (0,), (0,)), ("rx", (1,), (1,)), ("h", (), (2,))]

    def state(x):
        program = []
        for w in weights:
            program += [(g, tuple(x[k] for k in a), q) for g, a, q in upload]
            program += [("rzz", (w[q],), (q, (q + 1) % 3)) for q in range(3)]
            program += [("ry", (w[3 + q],), (q,)) for q in range(3)]
        program += [(g, tuple(x[k] for k in a), q) for g, a, q in upload]
        return oracle.statevector(3, program)

    overlaps = np.abs(np.conj([state(a) for a in x]) @ np.transpose([state(a) for a in x])) ** 2
    params = {"weights": weights, "examples": np.stack([x[2:4], x[4:]])}
    params, x = jax.tree.map(jnp.float32, (params, x))
    near = overlaps[:2, 4:].mean(1) - overlaps[:2, 2:4].mean(1)
    np.testing.assert_allclose(model.decision(params, x[:2]), near, atol=2e-5)
    apart = np.diag(overlaps[:2, 2:4]).mean()
    np.testing.assert_allclose(model.loss(params, x[:2], x[2:4]), apart, atol=2e-5)


def test_thermal_means_have_a_derivative_where_eigenvalues_coincide():
    rng = np.random.default_rng(0)
    direction = rng.normal(size=(4, 4))
    direction = jnp.float32(direction + direction.T)
    exponent, observable = jnp.diag(jnp.float32([1, 1, 0, 0])), jnp.float32([1, 2, -1, 3])

    def mean(step):
        return thermal_mean(exponent + step * direction, observable)

    def exact(step):
        state = scipy.linalg.expm(np.float64(exponent) + step * np.float64(direction))
        return (np.diag(state) @ np.float64(observable)) / np.trace(state)

    slope = (exact(1e-5) - exact(-1e-5)) / 2e-5
    np.testing.assert_allclose(jax.grad(mean)(0.0), slope, rtol=1e-4)


@dataclasses.dataclass(frozen=True)
class Line:
    """A model that compiles in no time."""

    features: int

    def initial(self, key):
        return {"w": jax.random.normal(key(), (self.features,))}

    def decision(self, params, x):
        return jnp.tanh(x @ params["w"])

    def loss(self, params, x, y):
        return jnp.mean((self.decision(params, x) - y) ** 2)


class LineClassifier(StudyClassifier):
    def __init__(self, learning_rate=0.05, batch_size=4, max_steps=90, convergence_interval=10):
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval

    scaling, random_state = 1.0, 1

    def set_params(self, random_state=1, **rest):
        self.random_state = random_state
        return super().set_params(**rest)

    def _model(self, features):
        return Line(features)


def plain(model, x, y, seed):
    """The training as a plain loop: one key a step, the stop rule on the list of losses."""
    rng = np.random.default_rng(seed)

    def key():
        return jax.random.PRNGKey(rng.integers(1000000))

    params = model._fitted.initial(key)
    optimizer = optax.adam(model.learning_rate)
    state, losses, interval = optimizer.init(params), [], model.convergence_interval
    update = jax.jit(jax.value_and_grad(model._fitted.loss))
    for step in range(model.max_steps):
        rows = jax.random.choice(key(), np.arange(len(x)), (model.batch_size,))
        value, gradient = update(params, x[rows], y[rows])
        updates, state = optimizer.update(gradient, state)
        params = optax.apply_updates(params, updates)
        losses.append(float(value))
        last, before = losses[-interval:], losses[-2 * interval : -interval]
        room = np.std(last) / np.sqrt(interval) / 2
        if step > 2 * interval and abs(np.mean(before) - np.mean(last)) <= room:
            break
    return params, losses


def test_seeds_together_are_seeds_alone_and_a_plain_loop():
    x, y = linearly_separable(2, samples=30, seed=1)
    with jax.enable_x64(True), jax.threefry_partitionable(False):
        together = LineClassifier().fit_seeds(x, y, [0, 1, 2])
        alone = LineClassifier().fit(x, y)
        expected = [plain(one, one._new_data(x), 2.0 * y - 1, k) for k, one in enumerate(together)]
        scores = [one.score(x, y) for one in together]
    np.testing.assert_allclose(alone.loss_curve_, together[1].loss_curve_, rtol=1e-9)
    assert len({one.n_iter_ for one in together}) > 1
    for one, (params, losses) in zip(together, expected, strict=True):
        assert one.converged_ and one.n_iter_ == len(losses)
        np.testing.assert_allclose(one.loss_curve_, losses, rtol=1e-9)
        np.testing.assert_allclose(one.params_["w"], params["w"], rtol=1e-9)
    assert min(scores) > 0.8


def test_a_loss_that_is_not_flat_is_told():
    x, y = linearly_separable(2, samples=30, seed=1)
    with pytest.warns(ConvergenceWarning, match="is not flat after 3 steps"):
        assert LineClassifier(max_steps=3).fit(x, y).n_iter_ == 3


def test_samples_become_amplitudes():
    x = linearly_separable(5, samples=30).inputs
    scaler = CircuitCentricClassifier()._new_scaler().fit(x)
    padded = np.concatenate([x, np.full((30, 3), 1 / 8)], 1)
    expected = padded / np.linalg.norm(padded, axis=1, keepdims=True)
    np.testing.assert_allclose(scaler.transform(x), expected, rtol=1e-12)
    assert [TreeTensorClassifier._qubits(n) for n in (2, 3, 4, 5, 16, 17)] == [1, 2, 2, 4, 4, 8]


def test_two_classes_only():
    x, _ = linearly_separable(2, samples=30)
    with pytest.raises(ValueError, match="Argument `y` must have two classes, but has 3"):
        SeparableVariationalClassifier().fit(x, np.arange(30) % 3)
