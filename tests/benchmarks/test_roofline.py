"""The least work of a workload, counted by hand."""

import pytest

from benchmarks import _roofline, workloads
from benchmarks._circuit import Op

MACHINE = {"rates": {"copy_bytes_per_s": 1e9, "operations_per_s": 1e10, "cache_bytes": 0}}


def test_one_qubit_gates_of_a_qubit_merge_up_to_an_entangler():
    ops = (Op("ry", (0,), 0), Op("rz", (0,), 1), Op("cx", (0, 1)), Op("rx", (0,), 2))
    assert [[op.gate for op in step] for step in _roofline.steps(ops)] == [["ry", "rz"], ["rx"]]


def test_diagonal_gates_of_all_qubits_are_one_step_until_another_gate():
    ops = (
        Op("rz", (2,), 0),
        Op("rzz", (0, 1), 1),
        Op("cz", (1, 2)),
        Op("h", (0,)),
        Op("cz", (0, 1)),
    )
    kinds = [sorted(op.gate for op in step) for step in _roofline.steps(ops)]
    assert kinds == [["cz", "rz", "rzz"], ["h"], ["cz"]]


def test_operations_of_a_layer_by_hand():
    # A layer is a matrix a qubit, twice applied, once multiplied; the encoding is in the first.
    size, count = _roofline.least(workloads.parse("qml-3-2-4"))
    assert count == 2 * 3 * (2 * 14 + 16) * 8 * 4
    # Two layers, three passes each, read and written, 8 bytes.
    assert size == 2 * 3 * 2 * 8 * 8 * 4


def test_forward_only_is_one_pass_and_no_slopes():
    size, count = _roofline.least(workloads.parse("bornforward-2-1-3"))
    # RY RX RZ a qubit, the layer's three, the last two.
    assert count == 3 * 2 * 14 * 4 * 3
    assert size == 2 * 8 * 4 * 3


def test_what_fits_the_cache_needs_no_memory():
    workload = workloads.parse("tfim-3-2")
    assert _roofline.least(workload, cache_bytes=2 * 8 * 8)[0] == 0
    assert _roofline.least(workload, cache_bytes=2 * 8 * 8 - 1)[0] > 0


def test_the_slower_of_both_bounds():
    workload = workloads.parse("qml-3-2-4")
    size, count = _roofline.least(workload)
    assert _roofline.bound(workload, MACHINE) == pytest.approx(max(size / 1e9, count / 1e10))
    assert _roofline.bound(workload, {}) is None
