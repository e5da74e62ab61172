"""Sweeps over the tensors of a matrix product state, against dense linear algebra."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qjax import kernels
from tests import oracle

N, D = 5, 3


@pytest.fixture(scope="module")
def tensors():
    """Neither canonical nor of norm 1; real, so that Y is read from a real state too."""
    return jax.random.normal(jax.random.key(0), (N, D, 2, D))


@pytest.fixture(scope="module")
def state(tensors):
    rows = np.eye(D)[:1]
    for tensor in np.asarray(tensors, np.float64):
        rows = np.einsum("xa,asb->xsb", rows, tensor).reshape(-1, D)
    return rows[:, 0] / np.linalg.norm(rows[:, 0])


def test_amplitudes(tensors, state):
    np.testing.assert_allclose(jax.jit(kernels.mps_state)(tensors), state, atol=1e-5)
    bits = np.arange(2**N)[:, None] >> np.arange(N - 1, -1, -1) & 1
    amplitudes = jax.jit(kernels.mps_amplitudes)(tensors, jnp.asarray(bits))
    np.testing.assert_allclose(amplitudes, state, atol=1e-5)


def test_strings_of_every_width_more_than_are_measured_at_once(tensors, state):
    letters = "IXYZ"
    words = ["IIIII", "XIIII", "IIIIZ", "IXYII", "IZIZI", "YIIIX", "ZZZZZ", "IIXIY"]
    strings = [{q: letters.index(a) for q, a in enumerate(w) if a != "I"} for w in words]
    singles = [{q % N: 1 + q % 3} for q in range(70)]
    values = jax.jit(lambda t: kernels.string_values(t, singles + strings))(tensors)
    known = [state @ oracle.pauli_string(word) @ state for word in words]
    np.testing.assert_allclose(values[70:], known, atol=1e-5)
    words = [
        "".join("IXYZ"[1 + q % 3] if q % N == at else "I" for at in range(N)) for q in range(70)
    ]
    known = [state @ oracle.pauli_string(word) @ state for word in words]
    np.testing.assert_allclose(values[:70], known, atol=1e-5)


def test_schmidt_weights_and_entropy(tensors, state):
    cuts = range(1, N)
    weights = jax.jit(lambda t: [kernels.schmidt_weights(t, cut)[::-1] for cut in cuts])(tensors)
    entropies = jax.jit(lambda t: [kernels.entanglement_entropy(t, cut) for cut in cuts])(tensors)
    for cut, mine, entropy in zip(cuts, weights, entropies, strict=True):
        known = np.linalg.svd(state.reshape(2**cut, -1), compute_uv=False)[:D] ** 2
        np.testing.assert_allclose(mine[: len(known)], known, atol=1e-5)
        assert entropy == pytest.approx(-np.sum(known * np.log(known)), abs=1e-4)


def test_samples_have_the_probabilities_of_the_state(tensors, state):
    shots = 20_000
    draws = np.asarray(
        jax.jit(kernels.mps_sample, static_argnums=2)(tensors, jax.random.key(1), shots)
    )
    assert set(np.unique(draws)) == {0, 1}
    counts = np.bincount(draws @ 2 ** np.arange(N - 1, -1, -1), minlength=2**N)
    assert np.abs(counts / shots - state**2).sum() < 0.05


basis = jax.jit(kernels.bond_basis, static_argnums=2)


def test_the_basis_of_a_bond_holds_most_and_fills_what_is_free():
    """Two Schmidt values are equal, two are zero; the free vectors come from the floor."""
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.normal(size=(8, 8)))[0] for _ in range(2))
    theta = (left[:, :2] @ right[:2] / np.sqrt(2)).astype(np.float32)
    rows, values = map(np.asarray, basis(theta, np.ones(8, np.float32), 0.0))
    np.testing.assert_allclose(rows @ rows.T, np.eye(4), atol=1e-5)
    np.testing.assert_allclose(theta @ rows.T @ rows, theta, atol=1e-6)
    np.testing.assert_allclose(values[:2], np.sqrt([0.5, 0.5]), atol=1e-5)
    assert np.all(values[2:] < 1e-3)
    bare, values = basis(theta, np.zeros(8, np.float32), 0.0)
    np.testing.assert_array_equal(bare[2:], 0)
    np.testing.assert_array_equal(values[2:], 0)


@pytest.mark.parametrize("cutoff, left", [(1e-4, 2), (0.1, 1)])
def test_a_cutoff_drops_what_weighs_less(cutoff, left):
    theta = np.diag([0.99, 0.14, 1e-3, 0.0, 0, 0, 0, 0]).astype(np.float32)
    rows, _ = basis(theta, np.ones(8, np.float32), cutoff)
    assert np.sum(np.any(np.asarray(rows) != 0, 1)) == left


def test_the_derivative_of_what_is_kept_survives_equal_schmidt_values():
    """The projector on the rows is what matters: its derivative, against differences."""
    theta = np.diag([0.6, 0.6, 0.4, 0.2])
    change = np.random.default_rng(1).normal(size=(4, 4))

    def kept(t):
        rows, _ = kernels.bond_basis(theta + t * change, jnp.zeros(4), 0.0)
        return rows.T @ rows

    with jax.enable_x64(True):
        both = jax.jit(jax.vmap(lambda t: jax.jvp(kept, (t,), (1.0,))))
        (back, there), slopes = both(jnp.array([-1e-5, 1e-5]))
        np.testing.assert_allclose(slopes.mean(0), (there - back) / 2e-5, atol=1e-8)
