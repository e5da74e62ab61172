"""How the grid is searched: the settings that are asked for, all of them for what is best."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.tables._frame import Cell, Outcome
from benchmarks.tables.bowles2024._run import MODELS, read, run as run_study

FAMILY, MODEL = "linearly_separable", "IQPVariationalClassifier"
FOLDS = 5
# How many fits go on at a time. On a CPU a step takes a time proportional to them, and with a few
# the last ones to be done are not in the company of many that wait.
_LANES = 12
SHIFT = 1e-12


class Search(NamedTuple):
    """What a search gave.

    Attributes:
        settings: As in the keys.
        splits: Accuracies ``[settings, folds]``; nan where the loss was not flat in the end, as the
            study raised an error then.
        seconds: What it took, compilation included.
    """

    settings: list[str]
    splits: np.ndarray
    seconds: float

    @property
    def scores(self) -> np.ndarray:
        """``[settings]``; equal ones are equal to the last bit."""
        return self.splits.mean(1).round(12)

    def best(self) -> str:
        """The first of the settings with the highest score."""
        return self.settings[int(np.nanargmax(self.scores))]

    def rank(self, setting: str) -> float:
        """1 if no setting is better."""
        own = self.scores[self.settings.index(setting)]
        return float("nan") if np.isnan(own) else 1 + int((self.scores > own).sum())


def run(
    wanted: list[Cell], published: dict[int, dict[str, list[float]]]
) -> Iterator[tuple[Cell, Outcome]]:
    """Searches once for each number of features."""
    groups: dict[int, list[Cell]] = {}
    for cell in wanted:
        groups.setdefault(int(cell.key.split("/")[1]), []).append(cell)
    for features, cells in groups.items():
        theirs = published[features]
        if moved := [cell for cell in cells if cell.key.endswith("/shifted")]:
            found = search(features, [cell.key.split("/")[2] for cell in moved], SHIFT)
            for cell, score in zip(moved, found.scores, strict=True):
                yield cell, Outcome(float(score), seconds=found.seconds / len(moved))
        if not (cells := [cell for cell in cells if cell not in moved]):
            continue
        asked = {cell.key.split("/")[2] for cell in cells}
        found = search(features, [s for s in theirs if s in asked or not asked <= set(theirs)])
        of_best = [cell for cell in cells if cell.key.endswith(("/best/train", "/best/test"))]
        of_search = [cell for cell in cells if cell not in of_best]
        for cell in of_search:
            yield cell, Outcome(_value(cell, found, theirs), seconds=found.seconds / len(of_search))
        if of_best:
            yield from _of_best(features, found.best(), of_best)


def search(features: int, settings: list[str], shift: float = 0.0) -> Search:
    """Fits the settings on all folds, the first angle moved by `shift`."""
    import jax

    from qjax.data import bowles_benchmark
    from qjax.estimators import IQPVariationalClassifier, fit_grid

    class Moved(IQPVariationalClassifier):
        def _start(self, seed: int) -> Any:
            seeds, params = super()._start(seed)
            return seeds, {"weights": params["weights"].at[0, 0, 0].add(shift)}

    model = MODELS[MODEL]
    one = model.build(**model.defects)
    if shift:
        one = Moved(**one.get_params())
    train, _ = bowles_benchmark(FAMILY, upto=features)[features]
    grid = [{name: [value] for name, value in read(s).items()} for s in settings]
    # The study ran in double precision and before JAX made its random streams partitionable.
    with jax.enable_x64(True), jax.threefry_partitionable(False):
        begin = time.perf_counter()
        fits = fit_grid(one, grid, *train, cv=FOLDS, lanes=_LANES)
        seconds = time.perf_counter() - begin
    flat = np.array([[one.converged_ for one in row] for row in fits.fitted])
    return Search(settings, np.where(flat, fits.test_scores, np.nan), seconds)


def _value(cell: Cell, found: Search, theirs: dict[str, list[float]]) -> float:
    _, _, name, what = cell.key.split("/")
    scores = np.mean(list(theirs.values()), 1).round(12)
    best = list(theirs)[int(scores.argmax())]
    values: dict[str, Any] = {
        "test": lambda: found.scores[found.settings.index(name)],
        "rank": lambda: found.rank(best),
        "score": lambda: np.nanmax(found.scores),
        "equal_splits": lambda: (found.splits.round(9) == np.round(list(theirs.values()), 9)).sum(),
        "fits_per_hour": lambda: found.splits.size / (found.seconds / 3600),
    }
    return float(values[what]())


def _of_best(features: int, setting: str, cells: list[Cell]) -> Iterator[tuple[Cell, Outcome]]:
    """The accuracy of a setting as the study has it: the mean over seeds, of fits to all rows."""
    name = f"{FAMILY}/{MODEL}/{features}"
    cell_of = {f"{name}/{cell.key.rpartition('/')[2]}": cell for cell in cells}
    row = {"family": FAMILY, "model": MODEL, "number": features, "hyperparameters": setting}
    for cell, outcome in run_study([c._replace(key=key) for key, c in cell_of.items()], [row]):
        yield cell_of[cell.key], outcome
