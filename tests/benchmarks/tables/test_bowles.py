"""A few cells of the table of Bowles, Ahmed and Schuld, run; and how its cells are made."""

import numpy as np
import pytest
from sklearn.svm import SVC

from benchmarks.tables._frame import Outcome, Row, judge
from benchmarks.tables.bowles2024 import TABLE
from benchmarks.tables.bowles2024._run import MODELS, read


@pytest.fixture(scope="module")
def cells():
    return {cell.key: cell for cell in TABLE.cells()}


def test_the_kernel_block_is_complete(cells):
    kernels = ("SVC", "IQPKernelClassifier", "SeparableKernelClassifier", "ProjectedQuantumKernel")
    for model in kernels:
        for family in ("linearly_separable", "hidden_manifold", "two_curves"):
            for number in range(2, 11):
                assert f"{family}/{model}/{number}/test" in cells
        for number in range(2, 21):
            assert f"hyperplanes_diff/{model}/{number}/train" in cells
    block = [
        cell
        for key, cell in cells.items()
        if key.split("/")[1] in kernels and cell.target is not None
    ]
    assert len(block) == 502 and {cell.rule.text for cell in block} == {"equal to 9 digits"}
    assert all(0 < cell.target <= 1 for cell in cells.values() if cell.target is not None)


def test_corrected_numbers_stand_beside_those_with_defects(cells):
    assert cells["two_curves/IQPKernelClassifier/2/test_corrected"].target is None
    # One repeat has its entangling gates either way.
    assert "linearly_separable/IQPKernelClassifier/2/test_corrected" not in cells


def test_hyperparameters():
    assert read("C=0.1;repeats=5;observable_type=full") == {
        "C": 0.1,
        "repeats": 5,
        "observable_type": "full",
    }
    assert set(MODELS["IQPKernelClassifier"].defects) == {"entangle_every_repeat"}


def test_cells_come_out_as_published(cells):
    keys = [
        "linearly_separable/SVC/2/test",
        "two_curves/IQPKernelClassifier/2/train",
        "two_curves/IQPKernelClassifier/2/test",
        "two_curves/SeparableKernelClassifier/3/test",
        "two_curves/ProjectedQuantumKernel/2/test",
        "two_curves/TreeTensorClassifier/2/test",
        "hidden_manifold/QuantumMetricLearner/2/train",
        "hidden_manifold/QuantumMetricLearner/2/test",
    ]
    found = dict(TABLE.run([cells[key] for key in keys]))
    assert {cell.key for cell in found} == set(keys)
    assert {judge(cell, outcome) for cell, outcome in found.items()} == {"matched"}
    assert all(outcome.seconds > 0 for outcome in found.values())


def test_the_authors_files_are_used_where_they_are(tmp_path, monkeypatch):
    (tmp_path / "mnist_pca-").mkdir()
    rng = np.random.default_rng(0)
    for name in ("mnist_3-5_2d-250_train.csv", "mnist_3-5_2d-250_test.csv.gz"):
        table = np.column_stack([rng.normal(size=(20, 2)), rng.permutation([-1, 1] * 10)])
        np.savetxt(tmp_path / "mnist_pca-" / name, table, delimiter=",")
    monkeypatch.setenv("QJAX_BOWLES_DATA", str(tmp_path))
    cells = {cell.key: cell for cell in TABLE.cells() if cell.key.startswith("mnist")}
    assert {key.split("/")[2] for key in cells} == {"2"}
    ((_, outcome),) = TABLE.run([cells["mnist_pca-/SVC/2/test"]])
    x, y, tested, labels = (
        np.loadtxt(path, delimiter=",")[:, columns]
        for path in sorted((tmp_path / "mnist_pca-").iterdir(), reverse=True)
        for columns in (slice(2), 2)
    )
    assert outcome.value == SVC(C=0.1, gamma=0.001).fit(x, y).score(tested, labels)


def test_the_figure_has_a_panel_a_family_and_a_cross_where_ours_differs(cells):
    verdicts = {"two_curves/SVC/3/test": "matched", "bars_and_stripes/WeiNet/4/test": "missed"}
    rows = [Row(cells[key], Outcome(cells[key].target), v) for key, v in verdicts.items()]
    drawn = TABLE.figure(rows)
    assert [axes.get_title() for axes in drawn.axes] == ["two_curves", "bars_and_stripes"]
    markers = [[a.get_marker() for a in axes.lines if len(a.get_xdata())] for axes in drawn.axes]
    assert markers == [["None", "o"], ["None", "x"]]
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == ["SVC", "WeiNet"]
    train = cells["two_curves/SVC/3/train"]
    assert TABLE.figure([Row(train, Outcome(1.0), "matched")]) is None
