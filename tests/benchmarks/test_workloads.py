"""Workloads: their names, their circuits, and inputs that never change."""

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks._circuit import Op

SMALL = (
    "qml-3-2-4 deep-3-5-2 tfim-3-2 state-3-2 random-4-40 qaoa-4-2-3 born-3-2-5 bornforward-3-2-5 "
    "mnist-3-2-4 gradient-3-2 fisher-3-2 hessian-3-2 chain-4-2 brick-4-2 grid-2-3 maxcut-4-2"
).split()


@pytest.mark.parametrize("name", [*workloads.PRESETS, *workloads.QUICK])
def test_a_preset_is_its_name(name):
    assert workloads.parse(name).name == name


@pytest.mark.parametrize(
    "name",
    ["", "qml", "qml-8-4", "qml-8-4-x", "qml-8-4-0", "other-8-4", "tfim-1-2-3-4-5", "qaoa-5-1-1"],
)
def test_a_bad_name_is_refused(name):
    with pytest.raises(ValueError, match="Argument `name` must be"):
        workloads.parse(name)


@pytest.mark.parametrize("name", SMALL)
def test_inputs_repeat_and_are_single_precision(name):
    first, again = workloads.parse(name).inputs(), workloads.parse(name).inputs()
    assert all(a.dtype == np.float32 for a in first)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", SMALL)
def test_every_weight_and_datum_is_used(name):
    workload = workloads.parse(name)
    weights, *samples = workload.inputs()
    used = {op.weight for op in workload.ops if op.weight is not None}
    assert used == set(range(weights.size))
    data = {entry.datum for entry in (*workload.ops, *workload.terms)} - {None}
    assert data == set(range(samples[0].shape[1] if samples else 0))


@pytest.mark.parametrize("name", SMALL)
def test_the_parts_are_the_whole(name):
    workload = workloads.parse(name)
    (weights, *_) = workload.inputs()
    first, layers, last = workload.split(weights)
    parts = [(workload.first, first), *((workload.layer, w) for w in layers), (workload.last, last)]
    ones = np.ones(1000)
    angles = [op.angle(w, ones) for part, w in parts for op in part if op.turns]
    assert angles == [op.angle(weights, ones) for op in workload.ops if op.turns]
    gates = [(op.gate, op.qubits) for part, _ in parts for op in part]
    assert gates == [(op.gate, op.qubits) for op in workload.ops]


def test_an_angle_is_the_product_of_its_factors():
    w, x = np.array([2.0, 3.0]), np.array([[5.0], [7.0]])
    assert Op("rx", (0,), 1).angle(w, x) == 3
    assert Op("rx", (0,), None, 0).angle(w, x).tolist() == [5, 7]
    assert Op("rx", (0,), 1, 0).angle(w, x).tolist() == [15, 21]


def test_graphs_are_three_regular():
    _, x = workloads.parse("qaoa-8-1-5").inputs()
    assert x.shape == (5, 28)
    pairs = np.transpose(np.triu_indices(8, 1))
    for graph in x:
        assert np.bincount(pairs[graph == 1].ravel()).tolist() == [3] * 8


def test_inputs_are_those_of_the_committed_results():
    weights, x, y = workloads.parse("qml-3-2-4").inputs()
    (angles,) = workloads.parse("tfim-3-2").inputs()
    found = [weights.sum(), x.sum(), y.sum(), angles.sum()]
    np.testing.assert_allclose(found, [32.569763, 15.723783, 0.0, 2.983722], rtol=1e-6)
