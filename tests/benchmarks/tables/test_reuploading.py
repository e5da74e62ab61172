"""The data re-uploading table: a few cells, and scores and costs against NumPy."""

import jax
import numpy as np
import pytest

from benchmarks.tables import reuploading
from benchmarks.tables._frame import Row, judge
from benchmarks.tables.reuploading import _circuits, _classical
from models.data_reuploading import Config


def numpy_scores(flat, x, classes=3):
    """Weighted fidelities of two entangled qubits and two layers, the authors' way."""
    theta, alpha, weights = np.split(flat, [12, 20])
    theta, alpha = theta.reshape(2, 2, 3), alpha.reshape(2, 2, 2)
    state = np.zeros((2, 2), complex)  # [qubit 0, qubit 1]
    state[0, 0] = 1
    for layer in range(2):
        for qubit in range(2):
            a, b, c = theta[qubit, layer] + [*(alpha[qubit, layer] * x), 0]
            cos, sin = np.cos(a / 2), np.sin(a / 2)
            up, down = np.exp(0.5j * (b + c)), np.exp(0.5j * (b - c))
            gate = np.array([[cos * up, -sin * down], [sin / down, cos / up]])
            state = np.moveaxis(np.tensordot(gate, state, (1, qubit)), 0, qubit)
        if layer == 0:
            state[1, 1] *= -1
    labels = np.array([[1, 0], [1 / 2, np.sqrt(3) / 2], [1 / 2, -np.sqrt(3) / 2]])
    densities = [state @ state.conj().T, state.T @ state.conj()]
    return sum(
        weights.reshape(classes, 2)[:, q]
        * np.einsum("ci,ij,cj->c", labels, densities[q], labels).real
        for q in range(2)
    )


def test_scores_and_cost_are_the_authors_to_double_precision():
    config = Config(problem="binary_annulus", qubits=2, layers=2, entangled=True)
    points, labels, start = _circuits.drawn(config)
    random = np.random.RandomState(30)
    np.testing.assert_array_equal(points, 2 * random.rand(4200, 2) - 1)
    np.testing.assert_array_equal(start, [*random.rand(20), *np.ones(6)])
    start[20:] = np.linspace(0.5, 1.5, 6)
    with jax.enable_x64(True):
        found = np.asarray(_circuits.program(config)(start, points[:4]))
    known = np.stack([numpy_scores(start, x) for x in points[:4]])
    np.testing.assert_allclose(found, known, atol=1e-13)
    radius = np.linalg.norm(points[:4], axis=1)
    np.testing.assert_array_equal(labels[:4], (radius > 0.4042) * 1 + (radius > 0.8944))
    wanted = np.where(np.eye(3), 1, 1 / 4)[labels[:4]]
    expected = np.mean(0.5 * np.linalg.norm(known - wanted, axis=1) ** 2)
    assert _circuits.cost(config, found, labels[:4]) == pytest.approx(expected, abs=1e-13)


@pytest.fixture(scope="module")
def outcomes():
    keys = {
        "circle/weighted/1/1",
        "classical/kernel_machine/squares/published_score",
        "classical/kernel_machine/squares/accuracy",
    }
    cells = [cell for cell in reuploading.cells() if cell.key in keys]
    return {cell.key: (cell, outcome) for cell, outcome in reuploading.run(cells)}


def test_a_circuit_ends_where_the_authors_does(outcomes):
    cell, outcome = outcomes["circle/weighted/1/1"]
    assert judge(cell, outcome) == "matched"
    assert outcome.value == pytest.approx(0.503, abs=5e-4)


def test_the_published_score_is_below_the_accuracy(outcomes):
    (_, score), (_, accuracy) = list(outcomes.values())[1:]
    assert 0.8 < score.value < accuracy.value < 1
    assert 0 < score.error < 0.1
    found = np.array([0, 3, 1, 2])
    labels = np.array([0, 0, 2, 2])
    assert _classical.published_score(found, labels) == 0
    assert _classical.accuracy(found, labels) == 0.5


def test_every_published_number_has_its_cell():
    cells = reuploading.cells()
    published = [cell for cell in cells if cell.target is not None]
    assert len({cell.key.removesuffix("/shifted") for cell in published}) == 87 + 18
    # Beside each cell that is explained is the one that shows it.
    assert len(published) == 87 + 18 + sum(bool(cell.known) for cell in published)
    rooms = {cell.key: cell.rule.absolute for cell in cells}
    assert rooms["circle/fidelity/1/4"] == 0.02 and rooms["circle/fidelity/1/5"] == 0.04


def test_the_figure_draws_the_circle(outcomes):
    cell, outcome = outcomes["circle/weighted/1/1"]
    drawn = reuploading.figure([Row(cell, outcome, "matched")])
    assert [axes.get_xlabel() for axes in drawn.axes] == ["layers"]
    cell, outcome = outcomes["classical/kernel_machine/squares/accuracy"]
    assert reuploading.figure([Row(cell, outcome, "ours")]) is None
