"""The problems of data re-uploading: the published stream of points, and exact regions."""

import math

import numpy as np
import pytest

from qjax.data import REGIONS, regions


def _one_by_one(problem, seed=30):
    """The first points and labels as the authors draw them: a point at a time, label by label."""
    random = np.random.RandomState(seed)
    wave = math.sin
    points, labels = [], []
    for _ in range(60):
        x = 2 * random.rand(REGIONS[problem].dimensions) - 1
        r = math.hypot(*x)
        if problem in ("circle", "hypersphere"):
            label = int(r < math.sqrt(2 / math.pi))
        elif problem == "sphere":
            label = int(4 / 3 * math.pi * r**3 < 4)
        elif problem == "annulus":
            label = int(0.8 - 2 / math.pi < r**2 < 0.8)
        elif problem == "binary_annulus":
            label = int(r**2 > 0.8 - 2 / math.pi) + int(r**2 > 0.8)
        elif problem == "squares":
            label = {(0, 0): 0, (0, 1): 1, (1, 0): 2, (1, 1): 3}[x[0] > 0, x[1] > 0]
        elif problem == "non_convex":
            label = int(x[1] > -2 * x[0] + 1.5 * wave(math.pi * x[0]))
        elif problem == "wavy_lines":
            over = (x[1] > wave(math.pi * x[0]) + x[0], x[1] > wave(math.pi * x[0]) - x[0])
            label = {(0, 0): 0, (0, 1): 1, (1, 0): 2, (1, 1): 3}[over]
        else:
            label = 0
            if math.hypot(x[0] + 1, x[1] - 1) < 1:
                label = 1
            if math.hypot(x[0] - 1, x[1]) ** 2 < 6 / math.pi - 1:
                label = 2
            if math.hypot(x[0] + 0.5, x[1] + 0.5) < 0.5:
                label = 3
        points.append(x)
        labels.append(label)
    return np.array(points), np.array(labels)


@pytest.mark.parametrize("problem", REGIONS)
def test_points_and_labels_are_those_of_the_authors(problem):
    region, parts = REGIONS[problem], regions(problem)
    points, labels = _one_by_one(problem)
    np.testing.assert_allclose(parts.train.inputs[:60], points, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(parts.train.labels[:60], labels)
    assert len(parts.train.labels) == region.train and len(parts.test.labels) == 4000
    for part in (parts.train, parts.valid, parts.test):
        assert part.inputs.dtype == np.float32 and part.labels.dtype == np.int32
        assert part.inputs.shape[1] == region.dimensions
        assert set(part.labels) == set(range(region.classes))


@pytest.mark.parametrize(
    ("problem", "share"),
    [("circle", 0.5), ("annulus", 0.5), ("sphere", 0.5), ("hypersphere", 1 / 8)],
)
def test_the_share_of_a_region_is_its_volume(problem, share):
    labels = regions(problem).test.labels
    assert abs(labels.mean() - share) < 4 * math.sqrt(share * (1 - share) / 4000)


def test_the_seed_decides_and_validation_moves_nothing():
    first, again, other = regions(), regions(valid=10), regions(seed=31)
    np.testing.assert_array_equal(first.test.inputs, again.test.inputs)
    assert len(again.valid.labels) == 10
    assert not np.array_equal(first.train.inputs, other.train.inputs)
    assert not np.array_equal(first.valid.inputs[:200], first.train.inputs)


def test_bad_arguments():
    with pytest.raises(ValueError, match="Argument `problem` must be one of circle, .* 'disc'"):
        regions("disc")
    with pytest.raises(ValueError, match="Argument `valid` must be at least 1, but is 0"):
        regions(valid=0)
