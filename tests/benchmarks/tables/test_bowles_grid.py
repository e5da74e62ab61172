"""The grid search of Bowles, Ahmed and Schuld: its published numbers, and a setting run."""

import numpy as np
import pytest

from benchmarks.tables import bowles2024
from benchmarks.tables._frame import judge
from benchmarks.tables.bowles2024_grid import TABLE, published
from benchmarks.tables.bowles2024_grid._run import Search


@pytest.fixture(scope="module")
def cells():
    return {cell.key: cell for cell in TABLE.cells()}


def test_published_numbers_agree_with_each_other(cells):
    rows = {
        row["number"]: row
        for row in bowles2024.published()
        if (row["family"], row["model"]) == ("linearly_separable", "IQPVariationalClassifier")
    }
    for features, splits in published().items():
        assert len(splits) == 36
        scores = {setting: round(float(np.mean(split)), 9) for setting, split in splits.items()}
        # The first of the best, in the order of the search, is what the study went on with.
        assert max(scores, key=scores.get) == rows[features]["hyperparameters"]
        assert cells[f"linearly_separable/{features}/best/score"].target == pytest.approx(
            max(scores.values())
        )


@pytest.mark.parametrize(("features", "hours"), [(2, 0.8658229), (4, 1.6466255), (5, 2.0820322)])
def test_published_hours(cells, features, hours):
    some = [c for key, c in cells.items() if key.startswith(f"linearly_separable/{features}/")]
    assert sum(c.seconds or 0 for c in some) / 3600 == pytest.approx(hours, rel=1e-5)
    rate = cells[f"linearly_separable/{features}/search/fits_per_hour"].target
    assert rate == pytest.approx(180 / hours, rel=1e-5)


def test_best_of_a_search():
    splits = np.array([[0.7, 0.5], [0.5, 0.7], [np.nan, 1.0], [0.9, 0.1]])
    search = Search(["a", "b", "c", "d"], splits, 1.0)
    # Ties go to the first; what did not converge is never the best.
    assert search.best() == "a"
    assert [search.rank(name) for name in "abd"] == [1, 1, 3]
    assert np.isnan(search.rank("c"))


def test_a_setting_comes_out_as_published(cells):
    key = "linearly_separable/2/learning_rate=0.1;n_layers=1;repeats=5/test"
    [(cell, outcome)] = TABLE.run([cells[key]])
    assert cell.key == key and judge(cell, outcome) == "matched"
    assert outcome.seconds > 0


def test_what_the_last_digits_decide_stands_beside(cells):
    key = "linearly_separable/4/learning_rate={};n_layers={};repeats=5/shifted"
    assert cells[key.format(0.1, 15)].target is None
    assert not {key.format(0.1, 5), key.format(0.01, 15)} & set(cells)
