"""Sums of Pauli strings."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax import X, Y, Z
from qjax.circuit import Word

MATRICES = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def dense(observable, n):
    """Matrix of a sum with known coefficients."""
    total = np.zeros((2**n, 2**n), complex)
    for word, c in zip(observable.words, np.asarray(observable.coefficients), strict=True):
        letters = ("IXZY"[(word.x >> q & 1) + 2 * (word.z >> q & 1)] for q in range(n))
        total += c * functools.reduce(np.kron, (MATRICES[a] for a in letters))
    return total


@pytest.mark.parametrize(("a", "b"), [*itertools.product("XYZ", repeat=2)])
def test_products_are_operator_products(a, b):
    make = {"X": X, "Y": Y, "Z": Z}
    np.testing.assert_allclose(dense(make[a](0) @ make[b](0), 1), MATRICES[a] @ MATRICES[b])
    both = make[a](1) @ make[b](0)
    np.testing.assert_allclose(dense(both, 2), np.kron(MATRICES[b], MATRICES[a]))


def test_algebra():
    h = 2 * X(0) @ Z(1) - Y(1) / 4 + 3 - sum(0.5 * Z(i) for i in range(2))
    expected = (
        2 * np.kron(MATRICES["X"], MATRICES["Z"])
        - np.kron(np.eye(2), MATRICES["Y"]) / 4
        + 3 * np.eye(4)
        - 0.5 * (np.kron(MATRICES["Z"], np.eye(2)) + np.kron(np.eye(2), MATRICES["Z"]))
    )
    np.testing.assert_allclose(dense(h, 2), expected)
    np.testing.assert_allclose(dense(h @ h, 2), expected @ expected)
    np.testing.assert_allclose(dense((h @ h).simplify(), 2), expected @ expected)
    assert len((h @ h).simplify()) < len(h @ h)
    np.testing.assert_allclose(dense(1 - h, 2), np.eye(4) - expected)
    assert repr(2 * X(0) @ Z(1)) == "2 X(0) @ Z(1)"


@pytest.mark.parametrize("scalar", [2, 2.5, np.float32(0.5), np.array(3.0), jnp.float32(1.5)])
def test_scalars_of_every_kind_scale_from_both_sides(scalar):
    for scaled in (scalar * Z(0), Z(0) * scalar):
        assert isinstance(scaled, qjax.PauliSum)
        assert float(scaled.coefficients[0]) == float(scalar)


def test_a_sum_of_ten_thousand_terms_is_one_leaf():
    total = sum(0.5 * Z(i % 50) @ X(50 + i % 7) for i in range(10_000))
    assert len(total) == 10_000
    assert [leaf.shape for leaf in jax.tree.leaves(total)] == [(10_000,)]
    assert len(total.simplify()) == 350


def test_coefficients_are_differentiated_and_batched():
    circuit = qjax.Circuit(2).ry(0.3, 0).h(1)

    def value(j):
        return qjax.expectation(circuit, j[0] * Z(0) - (1 - j[1]) * X(1) + j[0] * j[1])

    j = jnp.array([0.7, 0.2])
    c = np.cos(0.3)
    np.testing.assert_allclose(value(j), 0.7 * c - 0.8 + 0.14, atol=1e-6)
    np.testing.assert_allclose(jax.grad(value)(j), [c + 0.2, 1 + 0.7], atol=1e-6)
    np.testing.assert_allclose(jax.vmap(value)(jnp.stack([j, j])), [value(j)] * 2, atol=1e-6)


def test_words():
    h = qjax.PauliSum.from_words(jnp.array([1.0, 2.0]), ["XIZ", "IYI"])
    assert h.words == (Word(0b001, 0b100), Word(0b010, 0b010))
    assert h.n_qubits == 3
    with pytest.raises(ValueError, match="`coefficients` must have shape"):
        qjax.PauliSum.from_words([1.0], ["X", "Y"])
    with pytest.raises(ValueError, match="`words`"):
        qjax.PauliSum.from_words([1.0], ["XA"])
    with pytest.raises(ValueError, match="`coefficients`"):
        qjax.PauliSum.from_words([], [])
