"""The double-precision answers, which all others are held against."""

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.adapters import reference


@pytest.mark.parametrize("name", ["qml-3-2-4", "tfim-4-3"])
def test_gradient_is_that_of_the_value(name):
    program = reference.build(workloads.parse(name))
    angles, *rest = program.args
    _, gradient = program.call(angles, *rest)
    expected = np.zeros_like(angles)
    for index in np.ndindex(angles.shape):
        step = np.zeros_like(angles)
        step[index] = 1e-5
        up, down = (program.call(angles + s, *rest)[0] for s in (step, -step))
        expected[index] = (up - down) / 2e-5
    np.testing.assert_allclose(gradient, expected, atol=1e-9)


def test_two_qubit_classifier_by_hand():
    # Without weights the ring 0 -> 1, 1 -> 0 takes Z0 to Z1, so that <Z0> = cos(x1).
    x, y = np.array([[0.3, 0.7], [1.1, 2.0]]), np.array([1.0, -1.0])
    program = reference.build(workloads.Qml(2, 1, 2))
    value, _ = program.call(np.zeros((1, 2, 2)), x, y)
    assert value == pytest.approx(np.mean((np.cos(x[:, 1]) - y) ** 2))


def test_two_qubit_chain_by_hand():
    # RZZ(t) on |++>: <X0> = <X1> = cos(t), <Z0 Z1> = 0. RX(u) keeps X and turns Z0 Z1 by u twice.
    t, u = 0.4, 0.9
    program = reference.build(workloads.Tfim(2, 1))
    value, _ = program.call(np.array([[t, u, 0.0]]))
    # RX(u) on qubit 0 takes Z0 to cos(u) Z0 + sin(u) Y0, and <Y0 Z1> = sin(t) after RZZ(t).
    assert value == pytest.approx(-(2 * np.cos(t)) - np.sin(u) * np.sin(t))
