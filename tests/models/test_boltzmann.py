"""Gibbs states against SciPy's exponential, the losses against NumPy, and the tiny variant."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy import stats
from scipy.linalg import expm, logm

import qjax
from models import boltzmann
from models.boltzmann.gibbs import thermal
from models.boltzmann.model import loss
from qjax.data import bernoulli_mixture
from qjax.train import Workspace

TINY = boltzmann.VARIANTS["tiny"]
PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def dense(coefficients, words):
    total = 0
    for coefficient, word in zip(coefficients, words, strict=True):
        product = np.eye(1)
        for letter in word:
            product = np.kron(product, PAULIS[letter])
        total = total + coefficient * product
    return total


@pytest.mark.parametrize("words", [["ZIX", "XXI", "IYY"], ["YII", "IYZ", "ZZZ", "III", "XYZ"]])
def test_a_gibbs_state_is_the_exponential(words):
    coefficients = np.random.default_rng(0).normal(size=len(words))
    h = dense(coefficients, words)
    observable = qjax.PauliSum.from_words(jnp.asarray(coefficients, jnp.float32), words)
    np.testing.assert_allclose(boltzmann.matrix(observable), h, atol=1e-6)
    state = boltzmann.gibbs_state(observable, 0.7)
    known = expm(-0.7 * h)
    np.testing.assert_allclose(state, known / np.trace(known), atol=1e-5)
    assert jnp.iscomplexobj(state) == np.iscomplexobj(h) * bool(np.any(h.imag))


def test_a_gibbs_state_may_have_more_qubits_than_its_hamiltonian():
    state = boltzmann.gibbs_state(-1.0 * qjax.X(0), n_qubits=2)
    known = np.kron(expm(PAULIS["X"]), np.eye(2))
    np.testing.assert_allclose(state, known / np.trace(known), atol=1e-6)
    with pytest.raises(ValueError, match="Argument `n_qubits` must be at least 3, but is 2"):
        boltzmann.gibbs_state(qjax.Z(2), n_qubits=2)


def test_derivatives_where_energies_coincide():
    # All energies of ZZ are twofold, and the direction does not commute with it.
    rng = np.random.default_rng(1)
    h = dense([1.0], ["ZZ"])
    direction, cotangent = (m + m.T for m in rng.normal(size=(2, 4, 4)))

    def state(t):
        exponential = expm(-(h + t * direction))
        return np.array(
            [*(exponential / np.trace(exponential)).ravel(), np.log(np.trace(exponential))]
        )

    known = (state(1e-5) - state(-1e-5)) / 2e-5
    h, direction = (jnp.asarray(m, jnp.float32) for m in (h, direction))
    (_, _), (moved, d_log) = jax.jvp(thermal, (h,), (direction,))
    np.testing.assert_allclose([*np.ravel(moved), d_log], known, atol=2e-5)
    pulled = jax.grad(lambda h: jnp.vdot(jnp.asarray(cotangent, jnp.float32), thermal(h)[0]))(h)
    np.testing.assert_allclose(
        jnp.vdot(pulled, direction), np.vdot(cotangent.ravel(), known[:-1]), atol=2e-5
    )


def machine(field):
    return boltzmann.BoltzmannMachine(3, field, rngs=nnx.Rngs(params=3))


def known_matrix(model):
    pairs = list(itertools.combinations(range(3), 2))
    words = [
        "".join("Z" if q in qubits else "I" for q in range(3))
        for qubits in [(0,), (1,), (2,), *pairs]
    ]
    h = -dense([*model.biases[...], *model.couplings[...]], words)
    if model.field is not None:
        h = h - float(model.field[...]) * dense(np.ones(3), ["XII", "IXI", "IIX"])
    return np.asarray(h, float)


@pytest.mark.parametrize("field", [None, 0.6])
def test_a_machine_is_the_diagonal_of_its_gibbs_state(field):
    model = machine(field)
    known = np.diag(expm(-known_matrix(model)))
    np.testing.assert_allclose(model(), known / known.sum(), atol=1e-6)


def test_losses_and_their_gradients():
    model, target = machine(0.6), np.random.default_rng(5).dirichlet(np.ones(8))
    h = known_matrix(model)
    rho = expm(-h) / np.trace(expm(-h))
    batch = jnp.asarray(target, jnp.float32)[None]
    likelihood, metrics = loss("likelihood")(model, batch, None)
    np.testing.assert_allclose(likelihood, stats.entropy(target, np.diag(rho)), rtol=1e-4)
    np.testing.assert_allclose(
        metrics["total_variation"], abs(target - np.diag(rho)).sum() / 2, rtol=1e-4
    )
    entropy, metrics = loss("entropy")(model, batch, None)
    root = np.sqrt(target)
    np.testing.assert_allclose(entropy, -root @ logm(rho) @ root, rtol=1e-4)
    np.testing.assert_allclose(metrics["kl"], likelihood, rtol=1e-5)
    # The gradient of the relative entropy is the difference of expectations.
    gradient = nnx.grad(lambda model: loss("entropy")(model, batch, None)[0])(model)
    x = dense(np.ones(3), ["XII", "IXI", "IIX"])
    known = np.trace(rho @ x) - root @ x @ root
    np.testing.assert_allclose(gradient["field"][...], known, atol=1e-5)


def test_the_tiny_variant_from_end_to_end(tmp_path):
    run = Workspace(tmp_path / "run", TINY)
    boltzmann.train(TINY, run)
    results = boltzmann.evaluate(TINY, run)
    assert boltzmann.METRIC in results
    assert results["parameters"] == results["classical_parameters"] + 1 == 5 + 10 + 1
    target = bernoulli_mixture(5)
    # Better than knowing nothing, and the field is worth its one number.
    assert results["classical_kl"] < stats.entropy(target, np.ones(32) / 32) / 2
    assert results["kl"] < results["classical_kl"]
    strings = np.array(list(itertools.product((0, 1), repeat=5)), np.float32)
    columns = boltzmann.predict(TINY, run, strings)
    assert boltzmann.features(TINY) == 5
    np.testing.assert_allclose(columns["p_quantum"].sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(
        stats.entropy(target, columns["p_quantum"]), results["kl"], atol=1e-5
    )
    assert (tmp_path / "run" / "learnt.png").exists()
    with pytest.raises(ValueError, match="must all be 0 or 1"):
        boltzmann.predict(TINY, run, strings / 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"visible": 12}, "Argument `visible` must be between 2 and 11, but is 12"),
        ({"field": 0.0}, "Argument `field` must be above 0, but is 0.0"),
        ({"epochs": 0}, "Argument `epochs` must be at least 1, but is 0"),
    ],
)
def test_bad_settings(options, message):
    with pytest.raises(ValueError, match=message):
        boltzmann.Config(**options)
