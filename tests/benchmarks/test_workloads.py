"""Workloads: their names, and inputs that never change."""

import numpy as np
import pytest

from benchmarks import workloads


@pytest.mark.parametrize("name", workloads.PRESETS)
def test_a_preset_is_its_name(name):
    assert workloads.parse(name).name == name


@pytest.mark.parametrize(
    "name", ["", "qml", "qml-8-4", "qml-8-4-x", "qml-8-4-0", "other-8-4", "tfim-1-2-3-4-5"]
)
def test_a_bad_name_is_refused(name):
    with pytest.raises(ValueError, match="Argument `name` must be"):
        workloads.parse(name)


@pytest.mark.parametrize("name", ["qml-3-2-4", "tfim-3-2", "deep-3-5-2"])
def test_inputs_repeat_and_are_single_precision(name):
    first, again = workloads.parse(name).inputs(), workloads.parse(name).inputs()
    assert all(a.dtype == np.float32 for a in first)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_inputs_are_those_of_the_committed_results():
    weights, x, y = workloads.parse("qml-3-2-4").inputs()
    (angles,) = workloads.parse("tfim-3-2").inputs()
    found = [weights.sum(), x.sum(), y.sum(), angles.sum()]
    np.testing.assert_allclose(found, [32.569763, 15.723783, 0.0, 2.983722], rtol=1e-6)
