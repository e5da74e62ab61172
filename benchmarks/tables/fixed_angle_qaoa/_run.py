"""How the cells are computed: all graphs of a depth by one program, some at a time."""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np

from benchmarks.tables._frame import Cell, Outcome
from benchmarks.tables.fixed_angle_qaoa import _circuit, _goemans_williamson
from benchmarks.tables.fixed_angle_qaoa._published import (
    VERTICES,
    Angles,
    angles,
    everyone,
    graphs,
    recovered,
)

SEED = 2107
PUBLISHED_ROUNDINGS = 100
FLOOR_GRAPHS = 20
RECOVERED_GRAPHS = 128
_AT_ONCE = 64
_PRECISION = 1e-6  # Of an angle between vectors that are nearly opposite, times the edges.

Found = Iterator[tuple[Cell, Outcome]]
Compute = Callable[[np.ndarray], Any]


def run(cells: list[Cell]) -> Found:
    """Yields the cells, in groups that one program computes."""
    groups: dict[tuple[str, str], dict[str, Cell]] = {}
    for cell in cells:
        kind, which, last = cell.key.split("/")
        groups.setdefault((kind, which), {})[last] = cell
    largest: list[Any] = []
    for (kind, which), group in groups.items():
        if kind == "floor":
            yield from _floors(int(which.removeprefix("degree=")), group)
        elif kind == "recovered":
            yield from _recovered(int(which.removeprefix("p=")), group)
        elif kind == "ensemble":
            largest = largest or list(_each(3, everyone(), _circuit.max_cuts))
            yield from _ensemble(which, group, largest)
        else:
            for seed, found, seconds in _each(3, [*map(int, group)], _compute(which)):
                yield group[str(seed)], Outcome(*np.atleast_1d(found), seconds=seconds)


def _compute(which: str) -> Compute:
    """What computes "max-cut", "goemans-williamson", or "p=DEPTH" at the published angles."""
    if which == "max-cut":
        return _circuit.max_cuts
    return _roundings if which == "goemans-williamson" else _expected(angles()[3, int(which[2:])])


def _ensemble(which: str, group: dict[str, Cell], largest: list[Any]) -> Found:
    """Mean and smallest ratio over all graphs, at the angles the published cuts are of."""
    if which == "goemans-williamson":
        rows = list(_each(3, everyone(), _roundings))
    else:
        p = int(which.removeprefix("p="))
        rows = list(_each(3, everyone(), _expected(recovered().get(p, angles()[3, p]))))
    ours = _quotients(rows, largest).reshape(len(rows), -1)
    ratios = ours[:, 0]
    error = np.linalg.norm(ours[:, 1:]) / len(ratios) or None
    found = {"mean": ratios.mean(), "smallest": ratios.min(), "floor": ratios.min()}
    for name, cell in group.items():
        yield cell, Outcome(found[name], error, _seconds(rows) / len(group))


def _floors(degree: int, group: dict[str, Cell]) -> Found:
    """The smallest ratio of some graphs of a degree."""
    largest = list(_each(degree, range(FLOOR_GRAPHS), _circuit.max_cuts))
    for name, cell in group.items():
        compute = _expected(angles()[degree, int(name.removeprefix("p="))])
        expected = list(_each(degree, range(FLOOR_GRAPHS), compute))
        yield cell, Outcome(_quotients(expected, largest).min(), seconds=_seconds(expected))


def _recovered(p: int, group: dict[str, Cell]) -> Found:
    """The largest difference from the published cuts with the recovered angles."""
    rows = list(_each(3, list(graphs())[-RECOVERED_GRAPHS:], _expected(recovered()[p])))
    largest = max(abs(cut - graphs()[seed].cuts[p]) for seed, cut, _ in rows)
    for cell in group.values():
        yield cell, Outcome(largest, seconds=_seconds(rows))


def _quotients(rows: list[Any], largest: list[Any]) -> np.ndarray:
    return np.array([row[1] / cut[1] for row, cut in zip(rows, largest, strict=True)])


def _seconds(rows: list[Any]) -> float:
    return sum(row[2] for row in rows)


def _each(degree: int, seeds: Sequence[int], compute: Compute) -> Iterator[tuple[int, Any, float]]:
    """Yields each seed with what is computed of its graph and the seconds it took.

    Args:
        degree: Of the graphs.
        seeds: Of the graphs.
        compute: From adjacency matrices `[k, n, n]` to an array `[k, ...]`.
    """
    size = min(_AT_ONCE, len(seeds))
    for start in range(0, len(seeds), _AT_ONCE):
        some = seeds[start : start + size]
        began = time.perf_counter()
        # Filled up to one size, which is one program.
        filled = [_circuit.adjacency(degree, VERTICES, int(s)) for s in np.resize(some, size)]
        with jax.enable_x64(True):
            rows = np.asarray(compute(np.stack(filled)))[: len(some)]
        seconds = (time.perf_counter() - began) / len(some)
        for seed, row in zip(some, rows, strict=True):
            yield seed, row, seconds


def _expected(published: Angles) -> Compute:
    gammas, betas = np.array(published.gammas), np.array(published.betas)
    return functools.partial(_circuit.expected_cuts, gammas=gammas, betas=betas)


def _roundings(adjacencies: np.ndarray) -> np.ndarray:
    """Mean cuts and the standard errors of as many roundings as were published, `[k, 2]`."""
    key = jax.random.key(SEED)
    mean, spread = np.asarray(_goemans_williamson.expected_roundings(adjacencies, key)).T
    return np.stack([mean, np.maximum(spread / PUBLISHED_ROUNDINGS**0.5, _PRECISION)], axis=1)
