"""Bars and stripes: all of them, once, in order."""

import itertools

import numpy as np
import pytest

from qjax.data import bars_and_stripes


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (2, 3), (3, 3), (4, 4)])
def test_they_are_the_images_with_equal_rows_or_equal_columns(shape):
    rows, columns = shape
    images = bars_and_stripes(rows, columns)
    assert images.dtype == np.int32
    expected = [
        pixels
        for pixels in itertools.product((0, 1), repeat=rows * columns)
        if (np.reshape(pixels, shape) == np.reshape(pixels, shape)[0]).all()
        or (np.reshape(pixels, shape).T == np.reshape(pixels, shape).T[0]).all()
    ]
    np.testing.assert_array_equal(images, np.reshape(expected, (-1, *shape)))
    if min(shape) > 1:
        assert len(images) == 2**rows + 2**columns - 2


@pytest.mark.parametrize("shape", [(0, 2), (3, -1), (6, 6)])
def test_bad_sizes(shape):
    with pytest.raises(ValueError, match="Arguments `rows` and `columns` must be at least 1"):
        bars_and_stripes(*shape)
