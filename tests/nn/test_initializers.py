"""Initialisers by their moments and bounds."""

import jax
import numpy as np
import pytest

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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.small_angle(0.0), "Argument `stddev` must be above 0"),
        (lambda: initializers.uniform_angle(2.0, 1.0), "Argument `high` must be above `low`"),
    ],
)
def test_bad_bounds(make, message):
    with pytest.raises(ValueError, match=message):
        make()
