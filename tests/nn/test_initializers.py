"""Initialisers by their moments and bounds."""

import jax
import numpy as np
import pytest

import qjax
from qjax.nn import initializers


def test_small_angles_have_the_deviation_asked_for():
    draw = initializers.small_angle(0.02)(jax.random.key(0), (100, 100))
    assert draw.dtype == np.float32
    np.testing.assert_allclose(draw.std(), 0.02, rtol=0.05)
    np.testing.assert_allclose(draw.mean(), 0.0, atol=1e-3)


def test_uniform_angles_fill_the_circle():
    draw = initializers.uniform_angle()(jax.random.key(0), (100, 100), np.float16)
    assert draw.dtype == np.float16
    counts, _ = np.histogram(draw, bins=8, range=(0, 2 * np.pi))
    assert counts.sum() == draw.size
    np.testing.assert_allclose(counts, 1250, rtol=0.15)


def test_gaussian_angles_have_the_variance_of_the_theorem():
    draw = initializers.gaussian(layers=23, locality=4)(jax.random.key(0), (100, 100))
    np.testing.assert_allclose(draw.std(), 0.05, rtol=0.05)  # 1 / (4 * 4 * 25) = 0.05**2


@pytest.fixture(scope="module")
def blocks():
    """Returns weights of two blocks of 2 + 2 layers, and the circuit they are for."""

    def layer(circuit, w):
        circuit = circuit.rx(w[:, 0], range(3)).rz(w[:, 1], range(3)).cx([0, 1], [1, 2])
        return circuit.crx(w[:, 2], range(3), [1, 2, 0])

    def undo(circuit, w):
        return circuit + layer(qjax.Circuit(3), w).inverse()

    def block(circuit, w):
        return circuit.repeat(layer, w[:2]).repeat(undo, w[2:])

    @jax.jit
    def unitary(w):
        return qjax.unitary(qjax.Circuit(3).repeat(block, w.reshape(2, 4, 3, 3)))

    return initializers.identity_block(2)(jax.random.key(3), (8, 3, 3)), unitary


def test_identity_blocks_are_the_identity(blocks):
    weights, unitary = blocks
    np.testing.assert_allclose(unitary(weights), np.eye(8), atol=1e-5)
    # A block's first half alone is far from it, and no angle is tied to another.
    moved = weights.at[7].add(1.0)
    assert np.abs(unitary(moved) - np.eye(8)).max() > 0.3


def test_identity_blocks_draw_one_half_and_mirror_it(blocks):
    weights, _ = blocks
    weights = np.asarray(weights)
    np.testing.assert_array_equal(weights[[0, 1, 4, 5]], weights[[3, 2, 7, 6]])
    assert len(np.unique(weights)) == 4 * 9
    small = initializers.identity_block(1, initializers.small_angle(0.01))
    assert np.abs(small(jax.random.key(0), (2, 50), np.float16)).max() < 0.1
    with pytest.raises(ValueError, match=r"Argument `shape` .* a multiple of 4 layers"):
        initializers.identity_block(2)(jax.random.key(0), (6, 3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.small_angle(0.0), "Argument `stddev` must be above 0"),
        (lambda: initializers.gaussian(0), "Argument `layers` must be at least 1"),
        (lambda: initializers.gaussian(2, 0), "Argument `locality` must be at least 1"),
        (lambda: initializers.identity_block(0), "Argument `depth` must be at least 1"),
        (lambda: initializers.uniform_angle(2.0, 1.0), "Argument `high` must be above `low`"),
    ],
)
def test_bad_bounds(make, message):
    with pytest.raises(ValueError, match=message):
        make()
