"""Distances between distributions against sums over pairs, in NumPy."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from qjax.train import (
    bit_kernel,
    gaussian_kernel,
    kl_divergence,
    mmd,
    sample_mmd,
    total_variation,
)

WIDTHS = [0.5, 1.0, 3.0]


def kernel_of(x, y):
    return np.mean([np.exp(-(cdist(x, y) ** 2) / (2 * width**2)) for width in WIDTHS], axis=0)


def two(size, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(size), 2)


def test_divergence_and_variation():
    p, q = two(9)
    p[:3] = 0
    p /= p.sum()
    np.testing.assert_allclose(kl_divergence(p, q), stats.entropy(p, q), rtol=1e-5)
    np.testing.assert_allclose(total_variation(p, q), np.maximum(p - q, 0).sum(), rtol=1e-5)
    assert kl_divergence(q, p) == np.inf
    floored = stats.entropy(q, q) + np.sum(q * (np.log(q) - np.log(np.maximum(p, 1e-3))))
    np.testing.assert_allclose(kl_divergence(q, p, floor=1e-3), floored, rtol=1e-5)


def test_the_divergence_has_a_finite_gradient_where_the_target_is_zero():
    p, q = jnp.array([0.0, 0.25, 0.75]), jnp.array([0.0, 0.5, 0.5])
    gradient = jax.grad(lambda q: kl_divergence(p, q))(q)
    np.testing.assert_allclose(gradient, [0, -0.5, -1.5], rtol=1e-6)


def test_mmd_is_the_sum_over_pairs():
    p, q = two(6)
    points = np.random.default_rng(1).normal(size=(6, 2))
    known = (p - q) @ kernel_of(points, points) @ (p - q)
    kernel = gaussian_kernel(points, points, WIDTHS)
    np.testing.assert_allclose(kernel, kernel_of(points, points), rtol=1e-5)
    np.testing.assert_allclose(mmd(p, q, kernel), known, rtol=1e-4)
    np.testing.assert_allclose(mmd(p, p, kernel), 0, atol=1e-7)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_kernel_on_bits_is_the_gaussian_of_hamming_distances(n):
    strings = np.array(list(itertools.product((0, 1), repeat=n)), float)
    vector = np.random.default_rng(2).normal(size=2**n).astype(np.float32)
    product = jax.jit(bit_kernel(n, WIDTHS))(vector)
    np.testing.assert_allclose(product, kernel_of(strings, strings) @ vector, rtol=1e-4, atol=1e-5)


def test_a_kernel_on_sixteen_bits_makes_no_matrix():
    p, q = two(2**16)
    assert 0 < mmd(p, q, bit_kernel(16, WIDTHS)) < 1e-4


def test_the_estimate_from_samples_is_right_on_average():
    p, q = two(4, seed=3)
    points = np.arange(4.0)[:, None]
    known = (p - q) @ kernel_of(points, points) @ (p - q)
    rng = np.random.default_rng(4)
    x, y = (jnp.asarray(rng.choice(4, (400, 20), p=each)) for each in (p, q))
    estimates = jax.vmap(lambda x, y: sample_mmd(x, y, WIDTHS))(x, y)
    error = estimates.std() / 20
    assert abs(estimates.mean() - known) < 4 * error < known


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mmd([1.0], [0.5, 0.5], np.eye(2)), "Arguments `p` and `q` must be distributions"),
        (lambda: kl_divergence(0.5, 0.5), "Arguments `p` and `q` must be distributions"),
        (lambda: mmd([1.0], [1.0], np.eye(2)), r"Argument `kernel` must have shape \(1, 1\)"),
        (lambda: gaussian_kernel(np.ones((2, 3)), [1.0], [1.0]), "must have the 3 features of `x`"),
        (lambda: gaussian_kernel(1.0, [1.0], [1.0]), "Argument `x` must have shape"),
        (lambda: gaussian_kernel([1.0], [1.0], []), "Argument `bandwidths` must be"),
        (lambda: bit_kernel(2, [0.0]), "Argument `bandwidths` must be"),
        (lambda: bit_kernel(0, [1.0]), "Argument `n` must be at least 1"),
        (lambda: sample_mmd([1.0], [1.0, 2.0], [1.0]), "Argument `x` must have at least 2"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
