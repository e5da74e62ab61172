"""The oracle against identities worked out by hand, so that it can be trusted to judge qjax."""

import numpy as np
import pytest

from tests import oracle

ANGLES = {"u": (0.3, -1.1, 2.2), "rx": (0.7,), "crz": (1.9,), "cp": (-0.4,), "rxx": (2.6,)}


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-14)


def test_qubit_zero_is_the_most_significant_bit():
    close(oracle.statevector(3, [("x", (), (0,))]), np.eye(8)[4])
    close(oracle.statevector(3, [("x", (), (2,)), ("cx", (), (2, 1))]), np.eye(8)[3])


def test_first_qubit_of_a_gate_is_its_most_significant():
    kron = np.kron(oracle.PAULIS["X"], oracle.PAULIS["Z"])
    close(oracle.unitary(2, [("unitary", (kron,), (0, 1))]), kron)
    swapped = np.kron(oracle.PAULIS["Z"], oracle.PAULIS["X"])
    close(oracle.unitary(2, [("unitary", (kron,), (1, 0))]), swapped)


def test_rotations_are_exponentials():
    minus_i_half = -0.5j * 0.7
    for name, generator in [("rx", "X"), ("ry", "Y"), ("rz", "Z"), ("rzz", "ZZ")]:
        values, vectors = np.linalg.eigh(oracle.pauli_string(generator))
        expected = (vectors * np.exp(minus_i_half * values)) @ vectors.conj().T
        close(oracle.MATRICES[name](0.7), expected)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([("s", (), (0,)), ("s", (), (0,))], [("z", (), (0,))]),
        ([("t", (), (0,)), ("t", (), (0,))], [("s", (), (0,))]),
        ([("sx", (), (0,)), ("sx", (), (0,))], [("x", (), (0,))]),
        ([("h", (), (0,)), ("z", (), (0,)), ("h", (), (0,))], [("x", (), (0,))]),
        ([("sdg", (), (1,)), ("cx", (), (0, 1)), ("s", (), (1,))], [("cy", (), (0, 1))]),
        ([("h", (), (1,)), ("cx", (), (0, 1)), ("h", (), (1,))], [("cz", (), (0, 1))]),
        ([("cx", (), pair) for pair in [(0, 1), (1, 0), (0, 1)]], [("swap", (), (0, 1))]),
        (
            [("swap", (), (0, 1)), ("cz", (), (0, 1)), ("s", (), (0,)), ("s", (), (1,))],
            [("iswap", (), (0, 1))],
        ),
        ([("diagonal", ([0, 0, 0, 0.8],), (0, 1))], [("cp", (0.8,), (0, 1))]),
        ([("pauli_rotation", (0.8, "YY"), (0, 1))], [("ryy", (0.8,), (0, 1))]),
        ([("u", (0.8, -np.pi / 2, np.pi / 2), (0,))], [("rx", (0.8,), (0,))]),
        ([("u", (0, 0.5, 0.3), (0,))], [("p", (0.8,), (0,))]),
    ],
)
def test_identities(left, right):
    close(oracle.unitary(2, left), oracle.unitary(2, right))


@pytest.mark.parametrize("name", sorted(oracle.MATRICES))
def test_matrices_are_unitary(name):
    own = {"unitary": (oracle.MATRICES["h"](),), "diagonal": ([0.1, 0.2],)}
    own["pauli_rotation"] = (0.4, "XZY")
    arity = oracle.MATRICES[name].__code__.co_argcount
    params = own.get(name, ANGLES.get(name, (0.6,) * arity))
    matrix = oracle.MATRICES[name](*params)
    close(matrix @ matrix.conj().T, np.eye(len(matrix)))


def test_three_qubit_gates():
    for bits in np.ndindex(2, 2, 2):
        flips = [("x", (), (q,)) for q in range(3) if bits[q]]
        a, b, c = bits
        after_ccx = np.zeros((2, 2, 2))
        after_ccx[a, b, c ^ (a & b)] = 1
        close(oracle.statevector(3, [*flips, ("ccx", (), (0, 1, 2))]), after_ccx.reshape(-1))
        after_cswap = np.zeros((2, 2, 2))
        after_cswap[(a, c, b) if a else (a, b, c)] = 1
        close(oracle.statevector(3, [*flips, ("cswap", (), (0, 1, 2))]), after_cswap.reshape(-1))


def test_bell_state():
    bell = [("h", (), (0,)), ("cx", (), (0, 1))]
    assert oracle.expectation(2, bell, [(1, {0: "X", 1: "X"})]) == pytest.approx(1)
    assert oracle.expectation(2, bell, [(2, {0: "Y", 1: "Y"}), (3, {})]) == pytest.approx(1)
    close(oracle.density_matrix(2, bell, [1]), np.eye(2) / 2)
    close(oracle.probabilities(3, [*bell, ("x", (), (2,))], [2, 0]), [0, 0, 0.5, 0.5])


def test_gradient_against_closed_form_and_finite_differences():
    (slot,) = oracle.gradient(1, [("rx", (0.7,), (0,))], [(1, {0: "Z"})])[0]
    assert slot == pytest.approx(-np.sin(0.7), abs=1e-15)

    phases = np.array([0.1, -0.2, 0.3, 0.4])
    terms = [(0.7, {0: "X", 1: "Y"}), (-0.2, {1: "Z"})]

    def program(theta, phases, matrix):
        return [
            ("h", (), (0,)),
            ("crx", (theta,), (0, 1)),
            ("diagonal", (phases,), (1, 0)),
            ("unitary", (matrix,), (1,)),
        ]

    matrix = oracle.MATRICES["u"](0.3, 0.2, 0.1)
    gradient = oracle.gradient(2, program(0.9, phases, matrix), terms)

    def slope(*steps):
        up, down = (
            oracle.expectation(
                2, program(0.9 + s * steps[0], phases + s * steps[1], matrix + s * steps[2]), terms
            )
            for s in (1, -1)
        )
        return (up - down) / 2e-5

    step = np.eye(4) * 1e-5
    assert slope(1e-5, 0, 0) == pytest.approx(gradient[1][0], abs=1e-9)
    for index in range(4):
        assert slope(0, step[index], 0) == pytest.approx(gradient[2][0][index], abs=1e-9)
        entry = step[index].reshape(2, 2)
        expected = gradient[3][0].reshape(-1)[index]
        assert slope(0, 0, entry) == pytest.approx(expected.real, abs=1e-9)
        assert slope(0, 0, 1j * entry) == pytest.approx(-expected.imag, abs=1e-9)
