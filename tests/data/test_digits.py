"""The digits: shapes, scale, proportions, and the same split every time."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from qjax.data import digits


def test_the_parts_hold_every_image_once():
    parts = digits()
    images, labels = load_digits(return_X_y=True)
    assert [len(part.labels) for part in (parts.train, parts.valid, parts.test)] == [1077, 360, 360]
    together = np.concatenate([part.inputs for part in (parts.train, parts.valid, parts.test)])
    assert together.shape == (1797, 8, 8, 1) and together.dtype == np.float32
    assert together.min() == 0 and together.max() == 1
    rows = sorted(map(tuple, (together * 16).reshape(-1, 64).astype(int)))
    assert rows == sorted(map(tuple, images.astype(int)))
    assert np.bincount(labels).sum() == 1797


def test_images_keep_their_labels():
    images, labels = load_digits(return_X_y=True)
    known = {tuple(image.astype(int)): label for image, label in zip(images, labels, strict=True)}
    part = digits().valid
    for image, label in zip(part.inputs, part.labels, strict=True):
        assert known[tuple((image * 16).ravel().astype(int))] == label


def test_every_part_has_the_classes_in_proportion():
    parts = digits(seed=3)
    whole = np.bincount(load_digits().target) / 1797
    for part in (parts.train, parts.valid, parts.test):
        assert part.labels.dtype == np.int32
        np.testing.assert_allclose(np.bincount(part.labels) / len(part.labels), whole, atol=0.003)


def test_the_seed_decides():
    first, again, other = digits(seed=1), digits(seed=1), digits(seed=2)
    np.testing.assert_array_equal(first.test.inputs, again.test.inputs)
    assert not np.array_equal(first.test.inputs, other.test.inputs)


def test_the_test_part_does_not_move_with_the_others():
    np.testing.assert_array_equal(digits().test.inputs, digits(valid=0.1).test.inputs)


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.0, 0.2), (0.2, -0.1)])
def test_bad_fractions(fractions):
    with pytest.raises(ValueError, match="Arguments `valid` and `test` must be fractions"):
        digits(valid=fractions[0], test=fractions[1])
