"""The table's cells, and one of them with words that are trained for a moment."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from benchmarks.tables import qdiscocirc
from benchmarks.tables._frame import judge
from models.qdiscocirc import VARIANTS, task
from qjax.data import following_stories


def test_cells_are_of_every_density():
    cells = qdiscocirc.TABLE.cells()
    keys = [cell.key for cell in cells]
    assert len(set(keys)) == len(keys) == 3 * 15 + 2 * 6 + 1
    published = {"simple 9-20": 864, "dense 9-20": 750, "superdense 21-30": 500}
    assert {key: qdiscocirc.plan()[f"two/{key}"].count for key in published} == published
    assert qdiscocirc.plan()["four/dense 9-20"].count == 600
    assert {c.key for c in cells if c.quick} >= {f"two/simple {part}" for part in qdiscocirc.PARTS}
    assert {c.target for c in cells if c.key.startswith("two/simple")} == {1.0}


def test_trained_words_read_all_stories(tmp_path, monkeypatch):
    """The 66 angles that `models/qdiscocirc` learns, on as many stories as were published."""
    learnt = json.loads(Path(__file__).with_name("qdiscocirc_words.json").read_text())
    words = {name: np.array(angles) for name, angles in learnt.items()}
    assert sum(angles.size for angles in words.values()) == 66
    monkeypatch.setattr(qdiscocirc, "FOLDER", tmp_path)
    monkeypatch.setattr(task, "train", lambda _, run: run.save("words", **words))
    cells = [cell for cell in qdiscocirc.cells() if cell.key == "two/simple 21-30"]
    ((cell, outcome),) = qdiscocirc.run(cells)
    assert judge(cell, outcome) == "matched"


def test_a_cell_is_the_accuracy_on_fresh_stories(tmp_path, monkeypatch):
    """Untrained words guess: that is a miss, and the number of right answers is their own."""
    tiny = dataclasses.replace(VARIANTS["tiny"], classical_epochs=0)
    rng = np.random.default_rng(0)
    words = {
        "person": rng.random(3),
        "walks": rng.random((2, 3)),
        "turns": rng.random(3),
        "follows": rng.random((1, 8)),
        "no": rng.random((1, 5)),
        "yes": rng.random((1, 5)),
    }
    monkeypatch.setitem(VARIANTS, "default", tiny)
    monkeypatch.setattr(qdiscocirc, "FOLDER", tmp_path)
    monkeypatch.setattr(qdiscocirc, "PARTS", {"2-8": (2, 4)})
    monkeypatch.setattr(qdiscocirc, "stories_of", lambda *_: 12)
    monkeypatch.setattr(task, "train", lambda _, run: run.save("words", **words))
    (cell,) = (c for c in qdiscocirc.cells() if c.key == "two/simple 2-8")
    ((same, outcome),) = qdiscocirc.run([cell])
    told = following_stories(12, actors=(2, 4), seed=102)
    found = task.probabilities(words, tiny, told)
    assert same is cell
    assert outcome.value == np.mean((found[:, 1] > found[:, 0]) == told.labels) < 1
    assert judge(cell, outcome) == "missed"
