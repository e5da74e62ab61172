"""The circuits of Sim et al. against their gates, written out."""

import numpy as np
import pytest

import qjax
from qjax.library import sim_circuit, sim_circuit_shape
from tests import oracle

# Angles of a layer on four qubits, as the paper counts them.
ANGLES = (8, 8, 11, 11, 28, 28, 19, 19, 4, 8, 12, 12, 16, 16, 8, 11, 11, 12, 12)


def on_each(*names):
    return [(name, (q,)) for name in names for q in range(4)]


def controlled(name, pairs):
    return [(name, (int(a), int(b))) for a, b in pairs.split()]


X_Z, Y = on_each("rx", "rz"), on_each("ry")
INNER = [("ry", (1,)), ("ry", (2,)), ("rz", (1,)), ("rz", (2,))]
LAYERS = {
    6: X_Z + controlled("crx", "32 31 30 23 21 20 13 12 10 03 02 01") + X_Z,
    9: on_each("h") + controlled("cz", "32 21 10") + on_each("rx"),
    10: Y + controlled("cz", "32 21 10 30") + Y,
    11: on_each("ry", "rz") + controlled("cx", "10 32") + INNER + controlled("cx", "21"),
    14: Y + controlled("crx", "30 23 12 01") + Y + controlled("crx", "32 03 10 21"),
    19: X_Z + controlled("crx", "30 23 12 01"),
}


@pytest.mark.parametrize("number", LAYERS)
def test_is_its_gates(number):
    shape = sim_circuit_shape(number, 1, 4)
    weights = np.random.default_rng(number).uniform(0, 2 * np.pi, shape)
    program = []
    for row in weights:
        angles = iter(row)
        for name, qubits in LAYERS[number]:
            turned = name.removeprefix("c").startswith("r")
            program.append((name, (next(angles),) if turned else (), qubits))
        assert not list(angles)
    state = qjax.statevector(sim_circuit(qjax.Circuit(4), weights, number))
    np.testing.assert_allclose(state, oracle.statevector(4, program), atol=1e-5)


def test_as_many_angles_as_the_paper_counts():
    assert [sim_circuit_shape(number, 1, 4)[1] for number in range(1, 20)] == list(ANGLES)


def test_any_number_of_qubits():
    for number in (2, 10, 11, 13):
        for n in (1, 2, 5):
            shape = sim_circuit_shape(number, 1, n)
            circuit = sim_circuit(qjax.Circuit(n), np.ones(shape), number)
            pairs = sum(count for name, count in circuit.count_ops().items() if name[0] == "c")
            assert (pairs > 0) == (n > 1)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"`number` must be from 1 to 19, but is 20"):
        sim_circuit(qjax.Circuit(4), np.ones((1, 8)), 20)
    with pytest.raises(ValueError, match=r"`weights` must have shape \(layers, 11\)"):
        sim_circuit(qjax.Circuit(4), np.ones((1, 8)), 3)
