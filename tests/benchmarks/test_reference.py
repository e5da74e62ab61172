"""The double-precision answers, which all others are held against."""

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.adapters import reference

SMALL = ("qml-3-2-4", "tfim-4-3", "random-3-30", "qaoa-4-2-3", "born-3-1-2", "mnist-3-2-3")


def derivative(function, angles, step=1e-5):
    """Central differences of a function of the angles, one more axis in front."""
    shifts = step * np.eye(angles.size)
    return np.array([(function(angles + s) - function(angles - s)) / (2 * step) for s in shifts])


@pytest.mark.parametrize("name", SMALL)
def test_gradient_is_that_of_the_value(name):
    program = reference.build(workloads.parse(name))
    angles, *rest = program.args
    _, gradient = program.call(angles, *rest)
    expected = derivative(lambda a: program.call(a, *rest)[0], angles)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)


def test_hessian_is_the_derivative_of_the_gradient():
    gradient, hessian = (
        reference.build(workloads.parse(f"{f}-3-2")) for f in ("gradient", "hessian")
    )
    (angles,) = gradient.args
    trace, matrix = hessian.call(angles)
    expected = derivative(lambda a: gradient.call(a)[1], angles)
    np.testing.assert_allclose(matrix, expected, atol=1e-8)
    assert trace == pytest.approx(np.trace(expected), abs=1e-7)


def test_fisher_is_four_times_the_distance_of_near_states():
    workload = workloads.parse("fisher-3-2")
    program = reference.build(workload)
    (angles,) = program.args
    _, matrix = program.call(angles)
    shift = np.random.default_rng(0).standard_normal(angles.size)
    run = reference._run
    psi, near = (run(workload, a, np.zeros((1, 0))) for a in (angles, angles + 1e-4 * shift))
    infidelity = 1 - abs(np.vdot(psi, near)) ** 2
    assert infidelity == pytest.approx(1e-8 * shift @ matrix @ shift / 4, rel=1e-3)


def test_chunks_do_not_change_the_answer(monkeypatch):
    program = reference.build(workloads.parse("qml-3-2-5"))
    whole = program.call(*program.args)
    monkeypatch.setattr(reference, "CHUNK", 16)
    parts = program.call(*program.args)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_two_qubit_classifier_by_hand():
    # Without weights the ring 0 -> 1, 1 -> 0 takes Z0 to Z1, so that <Z0> = cos(x1).
    x, y = np.array([[0.3, 0.7], [1.1, 2.0]]), np.array([1.0, -1.0])
    program = reference.build(workloads.parse("qml-2-1-2"))
    value, _ = program.call(np.zeros(4), x, y)
    assert value == pytest.approx(np.mean((np.cos(x[:, 1]) - y) ** 2))


def test_two_qubit_chain_by_hand():
    # RZZ(t) on |++>: <X0> = <X1> = cos(t), <Z0 Z1> = 0. RX(u) keeps X and turns Z0 Z1 by u twice.
    t, u = 0.4, 0.9
    program = reference.build(workloads.parse("tfim-2-1"))
    value, _ = program.call(np.array([t, u, 0.0]))
    # RX(u) on qubit 0 takes Z0 to cos(u) Z0 + sin(u) Y0, and <Y0 Z1> = sin(t) after RZZ(t).
    assert value == pytest.approx(-(2 * np.cos(t)) - np.sin(u) * np.sin(t))


def test_what_is_too_large_is_left_to_the_libraries():
    assert reference.supports(workloads.parse("qml-12-6-64"))
    assert not reference.supports(workloads.parse("tfim-24-10"))
