"""Images of 4 x 4 pixels: all of them, which are like the cross, and their split."""

import numpy as np
import pytest

from qjax.data import CROSS, every_image, image_signs, patterns


def _number(signs):
    return int("".join("1" if sign < 0 else "0" for sign in signs), 2)


def test_every_image_comes_once():
    images = every_image()
    assert images.shape == (65536, 16) and images.dtype == np.float32
    assert [_number(images[k]) for k in (0, 1, 40000, 65535)] == [0, 1, 40000, 65535]
    assert len(np.unique(images, axis=0)) == 65536


def test_images_like_the_cross_are_two_pixels_from_it_or_from_its_negative():
    parts = patterns()
    cross = int(CROSS, 2)
    numbers = []
    for part in (parts.train, parts.valid, parts.test):
        numbers += map(_number, part.inputs)
        differing = np.array([(_number(image) ^ cross).bit_count() for image in part.inputs])
        np.testing.assert_array_equal(part.labels, (differing <= 2) | (differing >= 14))
    assert sorted(numbers) == list(range(65536))
    assert [int(p.labels.sum()) for p in (parts.train, parts.valid, parts.test)] == [50, 50, 174]
    assert len(parts.train.labels) == len(parts.valid.labels) == 3050


def test_the_seed_decides():
    first, again, other = patterns(), patterns(), patterns(seed=1)
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    assert not np.array_equal(first.train.inputs, other.train.inputs)
    # Positive examples do not all come first.
    assert first.train.labels[:50].sum() < 25


def test_bad_arguments():
    with pytest.raises(ValueError, match="Argument `target` must be 16 digits 0 or 1, but is '01'"):
        image_signs("01")
    with pytest.raises(ValueError, match="Argument `positives` must be from 1 to 137"):
        patterns(positives=138)
    with pytest.raises(ValueError, match="Argument `negatives` must be from 1 to"):
        patterns(negatives=0)
