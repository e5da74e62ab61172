"""Generators of two classes: against rows of the published files, and against their definition."""

import numpy as np
import pytest

from qjax.data import (
    bowles_benchmark,
    hidden_manifold,
    hyperplane_parity,
    linearly_separable,
    noisy_bars_and_stripes,
    two_curves,
)

# The ends of the last rows of files of XanaduAI/qml-benchmarks, paper/plots/datasets-for-plots:
# family, number, where it is, the last features and the label there.
PUBLISHED = [
    ("linearly_separable", 2, -1, [0.5965903579335503082, 0.2999278615555303062], -1),
    ("linearly_separable", 2, -3, [-0.8126504643438150488, -0.2645683938811329572], 1),
    ("linearly_separable", 10, -1, [0.4987975886538273951, 0.2805578905543451018], -1),
    ("hidden_manifold", 10, -1, [0.5271037342091393629, -0.5000991088451101074], 1),
    ("two_curves_diff", 20, -1, [3.942451599894753134, 3.641560995208151574], -1),
]


@pytest.fixture(scope="module")
def families():
    return {name: bowles_benchmark(name) for name in {row[0] for row in PUBLISHED}}


@pytest.mark.parametrize(("family", "number", "row", "features", "label"), PUBLISHED)
def test_published_rows_come_out_exactly(families, family, number, row, features, label):
    x, y = families[family][number].test
    # The library that multiplies matrices may round the last bit otherwise.
    np.testing.assert_allclose(x[row, -2:], features, rtol=1e-14)
    assert 2 * y[row] - 1 == label


def test_sweeps(families):
    for family, sets in families.items():
        assert list(sets) == list(range(2, 21))
        for number, (train, test) in sets.items():
            features = 10 if family.endswith("diff") else number
            assert train.inputs.shape == (240, features) and test.inputs.shape == (60, features)
            labels = np.concatenate([train.labels, test.labels])
            assert set(labels) == {0, 1}
            assert family == "linearly_separable" or labels.sum() == 150


def test_a_sweep_that_is_cut_short_is_the_same(families):
    short = bowles_benchmark("linearly_separable", upto=4)
    assert list(short) == [2, 3, 4]
    np.testing.assert_array_equal(
        short[4].train.inputs, families["linearly_separable"][4].train.inputs
    )


def test_hyperplanes_continue_their_own_stream():
    rng = np.random.RandomState(1)
    weights, biases = rng.uniform(size=(2, 3)), rng.uniform(size=2)
    points, planes = rng.normal(size=(1200, 3)), list(zip(weights, biases, strict=True))
    above = np.array([sum(w @ x + b > 0 for w, b in planes) for x in points])
    chosen = np.concatenate([points[above % 2 == 0][:150], points[above % 2 == 1][:150]])
    x = chosen @ rng.uniform(size=(3, 10))
    x = (x - x.mean(0)) / x.std(0)
    ours = hyperplane_parity(10, seed=1)
    np.testing.assert_allclose(ours.inputs, x, rtol=1e-10, atol=1e-12)
    order = rng.permutation(300)
    train, test = bowles_benchmark("hyperplanes_diff", upto=2)[2]
    np.testing.assert_allclose(test.inputs, x[order[:60]], rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(train.labels, ours.labels[order[60:]])


def test_a_curve_follows_its_series():
    x, y = two_curves(2, degree=3, noise=0.0, offset=0.5, samples=40, seed=5)
    rng = np.random.RandomState(5)
    a = rng.uniform(size=(2, 4, 2))
    a /= np.sqrt((a**2).sum())
    t = np.array([[rng.rand(), *rng.normal(size=2)][0] for _ in range(40)])
    k = np.arange(1, 4)[:, None] * np.pi * t
    series = a[:, 0].sum(1)[:, None] + a[:, 1:, 0] @ np.cos(k) + a[:, 1:, 1] @ np.sin(k)
    raw = series.T + 0.5 * y[:, None]
    np.testing.assert_allclose(x, (raw - raw.mean(0)) / raw.std(0), rtol=1e-10, atol=1e-12)


def test_images_are_lines_and_noise():
    train, test = bowles_benchmark("bars_and_stripes", upto=4)[4]
    assert train.inputs.shape == (1000, 4, 4) and test.inputs.shape == (200, 4, 4)
    for label, axis in ((1, 1), (0, 2)):  # A bar is the same down its column.
        means = train.inputs[train.labels == label].mean(axis)
        assert np.abs(np.abs(means) - 1).mean() < 0.3
    same = noisy_bars_and_stripes(4, 4, samples=3, seed=42).inputs
    np.testing.assert_array_equal(same, train.inputs[:3])


def test_images_are_drawn_one_after_the_other():
    rng = np.random.RandomState(42)
    for part in bowles_benchmark("bars_and_stripes", upto=4)[4]:
        for image, label in zip(*part, strict=True):
            lines = -np.ones((4, 4))
            if rng.rand() > 0.5:
                lines[np.flatnonzero(rng.rand(4) > 0.5), :] = 1
                assert label == 0
            else:
                lines[:, np.flatnonzero(rng.rand(4) > 0.5)] = 1
                assert label == 1
            np.testing.assert_array_equal(image, lines + rng.normal(0, 0.5, (4, 4)))


def test_published_images_come_out_exactly():
    # The first pixels of rows of bars_and_stripes_16_x_16_0.5noise.csv, and their labels there.
    images, labels = bowles_benchmark("bars_and_stripes", upto=16)[16].train
    published = [
        [-3.062745063468006457e-01, 1.475184841198451613, 1.408222540475663642],
        [2.066516687328133095, 2.395610023874905625e-02, 9.241074524822083802e-01],
        [9.400745403172006132e-01, 1.056864730106490402, 7.027419736378752724e-01],
    ]
    np.testing.assert_allclose(images[:3, 0, :3], published, rtol=1e-14)
    assert (2 * labels[:2] - 1).tolist() == [1, -1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bowles_benchmark("moons"), "Argument `family` must be one of"),
        (lambda: bowles_benchmark("two_curves", upto=1), "Argument `upto` must be at least 2"),
        (lambda: linearly_separable(2, margin=1.9), "Argument `margin` must leave 300 of 600"),
        (lambda: hidden_manifold(2, samples=11), "Argument `samples` must be even"),
        (lambda: two_curves(0), "Argument `features` must be at least 1"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
