"""The table's cells, and its means over runs that are trained for a moment."""

from types import SimpleNamespace

import numpy as np
import pytest

import qjax.train
from benchmarks.tables import language
from benchmarks.tables._frame import judge
from models.discocat import VARIANTS
from models.discocat.task import accuracy, make, split


def test_cells_have_the_published_numbers():
    cells = {cell.key: cell for cell in language.TABLE.cells()}
    assert len(cells) == 7 + 3 + 7 + 4 + 1
    assert cells["meaning/spsa/test"].target == 0.9667
    assert cells["pronouns/spsa/test"].target == 0.7419
    assert cells["pronouns/adam/test"].target is None
    assert cells[language.EPOCHS].seconds == 4 * 60 + 15
    assert all(cell.quick != key.startswith("paragraphs") for key, cell in cells.items())


def test_runs_are_means_with_the_deviation_of_one(monkeypatch):
    """Words that are not trained: each run has the rows of its own draw, and is tested on it."""
    config = VARIANTS["paper"]
    drawn = [split(config, seed) for seed in (0, 1)]
    untrained = [make(config, seed) for seed in (0, 1)]

    def fit_many(build, optimizer, loss, data, *, folds, seeds, **options):
        for seed in seeds:
            for part in ("train", "valid"):
                rows, own = getattr(folds, part)[seed], getattr(drawn[seed], part)
                np.testing.assert_array_equal(data.train.inputs[rows], own.inputs)
                np.testing.assert_array_equal(data.train.labels[rows], own.labels)
        history = SimpleNamespace(seconds=np.ones((2, 3)))
        return SimpleNamespace(history=history, model=untrained.__getitem__)

    monkeypatch.setattr(qjax.train, "fit_many", fit_many)
    monkeypatch.setitem(language.RUNS, "meaning", 2)
    keys = ("meaning/spsa/test", "meaning/bag of words/test")
    cells = [cell for cell in language.cells() if cell.key in keys]
    found = {cell.key: outcome for cell, outcome in language.run(cells)}
    expected = [accuracy(m, one.test) for m, one in zip(untrained, drawn, strict=True)]
    ours = found["meaning/spsa/test"]
    assert ours.value == pytest.approx(np.mean(expected))
    assert ours.error == pytest.approx(abs(expected[0] - expected[1]) / 2**0.5)
    assert judge(cells[0], ours._replace(value=0.9)) == "missed"
    assert judge(cells[0], ours._replace(value=0.9667)) == "matched"
    assert found["meaning/bag of words/test"].value > 0.8


def test_trained_words_reach_the_published_accuracy(monkeypatch):
    """Three draws of sentences, trained with the settings of qjax's own."""
    monkeypatch.setitem(language.RUNS, "meaning-own", 3)
    cells = [cell for cell in language.cells() if cell.key == "meaning-own/adam/test"]
    ((cell, outcome),) = language.run(cells)
    assert outcome.value >= cell.target and judge(cell, outcome) == "matched"
