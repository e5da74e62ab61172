"""The anchors: cells that are really run, and their parts against plain NumPy."""

import functools

import numpy as np
import pytest

from benchmarks.tables._frame import judge
from benchmarks.tables.anchors import TABLE, _barren_plateau, _tfim
from qjax import Z
from qjax.library import transverse_field_ising
from tests import oracle


@pytest.fixture(scope="module")
def cells():
    return {cell.key: cell for cell in TABLE.cells()}


def test_the_cells(cells):
    kinds = [key.split("/")[0] for key in cells]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    assert counts["expressibility"] == counts["entangling"] == 2 * 19
    assert counts["barren-plateau"] == 10 and counts["replicated"] == 9
    assert cells["barren-plateau/8"].target == pytest.approx(0.0019456, abs=1e-7)
    assert cells["ring-qaoa/3"].target == 7 / 8
    spectrum = np.linalg.eigvalsh(ising(6))
    assert cells["tfim/trained/6"].target == pytest.approx(spectrum[0], abs=1e-12)


def test_cells_that_are_run(cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = ["barren-plateau/2", "ring-qaoa/1", "tfim/lanczos/4"]
    keys += ["expressibility/L=1/16", "exact/L=1/16", "entangling/L=1/16"]
    found = TABLE.run([cells[key] for key in keys])
    verdicts = {cell.key: judge(cell, outcome) for cell, outcome in found}
    assert verdicts.pop("entangling/L=1/16") == "explained"
    assert list(verdicts) == keys[:-1] and set(verdicts.values()) == {"matched"}


def test_the_derivatives_of_random_circuits():
    """By differences of angles that are pi apart, which are exact for rotations."""
    n, layers = 3, 12
    axes, angles = (np.asarray(each) for each in _barren_plateau.draw(n, layers, range(2)))

    def value(circuit, turned):
        program = [("ry", (np.pi / 4,), (q,)) for q in range(n)]
        for row, turns in zip(axes[circuit], turned, strict=True):
            program += [("r" + "xyz"[row[q]], (turns[q],), (q,)) for q in range(n)]
            program += [("cz", (), (q, q + 1)) for q in range(n - 1)]
        return oracle.expectation(n, program, [(1, {0: "Z", 1: "Z"})])

    wanted = []
    for circuit in range(2):
        slopes = []
        for layer in range(layers)[_barren_plateau.middle(layers)]:
            for q in range(n):
                step = np.zeros((layers, n))
                step[layer, q] = np.pi / 2
                turned = (angles[circuit] + step, angles[circuit] - step)
                slopes.append((value(circuit, turned[0]) - value(circuit, turned[1])) / 2)
        wanted.append(np.mean(np.square(slopes)))
    found = _barren_plateau.squares(axes, angles)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_circuits_that_are_done_are_kept(tmp_path, monkeypatch):
    n, layers, path = 2, 6, tmp_path / "new" / "squares.txt"
    first = _barren_plateau.kept_squares(n, layers, 4, path)
    direct = _barren_plateau.squares(*_barren_plateau.draw(n, layers, range(4)))
    np.testing.assert_array_equal(first[:, 0], np.asarray(direct, np.float64))
    # The machine goes down in the fourth line.
    path.write_text(path.read_text()[:-9])
    drawn, draw = [], _barren_plateau.draw
    monkeypatch.setattr(_barren_plateau, "_AT_ONCE", 2**n)
    monkeypatch.setattr(
        _barren_plateau,
        "draw",
        lambda n, layers, some: (drawn.extend(some), draw(n, layers, some))[1],
    )
    again = _barren_plateau.kept_squares(n, layers, 5, path)
    assert drawn == [3, 4]
    np.testing.assert_allclose(again[:4, 0], first[:, 0], rtol=1e-5)
    assert len(path.read_text().splitlines()) == len(again) == 5


# What a rotation about a random axis by a random angle makes of the squared expectation values of
# I, X, Y and Z on its qubit, on average, and of their squared derivatives by the angle; the string
# that CZ takes a pair of letters to.
TURN = np.array([[6, 0, 0, 0], [0, 4, 1, 1], [0, 1, 4, 1], [0, 1, 1, 4]]) / 6
SLOPE = np.array([[0, 0, 0, 0], [0, 2, 1, 1], [0, 1, 2, 1], [0, 1, 1, 2]]) / 6
FLIPPED = (3, 2, 1, 0)
PAIR = [
    4 * (FLIPPED[a] if b in (1, 2) else a) + (FLIPPED[b] if a in (1, 2) else b)
    for a in range(4)
    for b in range(4)
]


def turned(squares, n, special=None):
    for q in range(n):
        matrix = SLOPE if q == special else TURN
        squares = np.einsum("ab,xby->xay", matrix, squares.reshape(4**q, 4, -1))
    return squares.reshape(-1)


def entangled(squares, n):
    for q in range(n - 1):
        squares = squares.reshape(4**q, 16, -1)[:, PAIR]
    return squares.reshape(-1)


@pytest.mark.parametrize("n", [4, 6])
@pytest.mark.parametrize("end", ["first", "last"])
def test_the_circuits_are_deep_enough(n, end):
    """The variance at their depth, exactly, is near its closed form at both ends of the band."""
    layers, _ = _barren_plateau.sizes(n)
    band = _barren_plateau.middle(layers)
    before = band.start if end == "first" else band.stop - 1
    state = functools.reduce(np.kron, [[1, 1 / 2, 0, 1 / 2]] * n)  # RY(pi / 4) on |0>.
    for _ in range(before):
        state = entangled(turned(state, n), n)
    measured = np.zeros(4**n)
    measured[15 * 4 ** (n - 2)] = 1.0
    for _ in range(layers - before - 1):
        measured = turned(entangled(measured, n), n)
    measured = entangled(measured, n)
    exact = np.mean([turned(measured, n, q) @ state for q in range(n)])
    assert exact == pytest.approx(_barren_plateau.variance(n), rel=0.02)


def test_the_sparse_matrix_is_the_hamiltonian():
    np.testing.assert_array_equal(_tfim.matrix(transverse_field_ising(3), 3).toarray(), ising(3))
    third = _tfim.matrix(Z(2), 3).toarray()
    np.testing.assert_array_equal(third, np.diag([1, -1] * 4))


def ising(n):
    words = ["I" * q + "ZZ" + "I" * (n - q - 2) for q in range(n - 1)]
    words += ["I" * q + "X" + "I" * (n - q - 1) for q in range(n)]
    return -sum(oracle.pauli_string(word) for word in words).real
