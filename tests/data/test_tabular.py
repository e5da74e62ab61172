"""The tables of scikit-learn: rows, labels, scale, proportions, and the same split every time."""

import numpy as np
import pytest
from sklearn import datasets

from qjax import data

TABLES = {
    data.breast_cancer: datasets.load_breast_cancer,
    data.wine: datasets.load_wine,
    data.iris: datasets.load_iris,
    data.diabetes: lambda **options: datasets.load_diabetes(scaled=False, **options),
}
CLASSIFIED = [data.breast_cancer, data.wine, data.iris]


@pytest.mark.parametrize("load", TABLES)
def test_the_parts_hold_every_row_with_its_label_once(load):
    split = load()
    parts = (split.train, split.valid, split.test)
    mine = np.concatenate([np.column_stack([p.inputs, p.labels]) for p in parts])
    known = np.column_stack(TABLES[load](return_X_y=True)).astype(np.float32)
    assert all(part.inputs.dtype == np.float32 for part in parts)
    np.testing.assert_array_equal(mine[np.lexsort(mine.T)], known[np.lexsort(known.T)])
    shares = np.array([len(part.labels) for part in parts]) / len(known)
    np.testing.assert_allclose(shares, [0.6, 0.2, 0.2], atol=0.01)


@pytest.mark.parametrize("load", CLASSIFIED)
def test_every_part_has_the_classes_in_proportion(load):
    split = load(seed=3)
    labels = TABLES[load]().target
    for part in (split.train, split.valid, split.test):
        assert part.labels.dtype == np.int32
        shares = np.bincount(part.labels) / len(part.labels)
        np.testing.assert_allclose(shares, np.bincount(labels) / len(labels), atol=0.02)


def test_targets_of_a_regression_are_numbers():
    labels = data.diabetes().train.labels
    assert labels.dtype == np.float32 and len(np.unique(labels)) > 100


def test_scaling_looks_at_the_training_part_alone():
    raw, scaled = data.wine(), data.wine(standardise=True)
    np.testing.assert_allclose(scaled.train.inputs.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.train.inputs.std(0), 1, rtol=1e-5)
    mean, deviation = raw.train.inputs.mean(0), raw.train.inputs.std(0)
    known = (raw.test.inputs - mean) / deviation
    np.testing.assert_allclose(scaled.test.inputs, known, rtol=1e-3, atol=1e-4)
    assert np.abs(scaled.test.inputs.mean(0)).max() > 0.05
    np.testing.assert_array_equal(scaled.test.labels, raw.test.labels)
    again = data.Scaler.of(raw.train.inputs)(raw.test.inputs)
    np.testing.assert_array_equal(again, scaled.test.inputs)


def test_a_constant_feature_becomes_zero():
    x = np.column_stack([np.full(7, 0.1), np.arange(7.0)])
    scaled = data.Scaler.of(x)(x)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled[:, 0], 0, atol=1e-6)
    np.testing.assert_allclose(scaled[:, 1].std(), 1, rtol=1e-6)


def test_the_seed_decides_and_the_test_part_stays():
    first, again, other = data.iris(seed=1), data.iris(seed=1, valid=0.1), data.iris(seed=2)
    np.testing.assert_array_equal(first.test.inputs, again.test.inputs)
    assert not np.array_equal(first.test.inputs, other.test.inputs)


@pytest.mark.parametrize("load", TABLES)
def test_bad_fractions(load):
    with pytest.raises(ValueError, match="Arguments `valid` and `test` must be fractions"):
        load(valid=0.6, test=0.4)
