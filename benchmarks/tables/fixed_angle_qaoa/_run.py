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
    graphs,
    recovered,
)

SEED = 2107
PUBLISHED_GRAPHS = 2550
PUBLISHED_ROUNDINGS = 100
FLOOR_GRAPHS = 20
RECOVERED_GRAPHS = 128
_AT_ONCE = 64
_PRECISION = 1e-6  # Of an angle between vectors that are nearly opposite, times the edges.

Found = Iterator[tuple[Cell, Outcome]]
Compute = Callable[[np.ndarray], Any]
Kept = dict[str, dict[int, float]]
"""Cuts that are known, by depth or "max-cut", and by seed."""


def run(cells: list[Cell]) -> Found:
    """Yields the cells, in groups that one program computes."""
    groups: dict[tuple[str, str], dict[str, Cell]] = {}
    for cell in cells:
        kind, which, last = cell.key.split("/")
        groups.setdefault((kind, which), {})[last] = cell
    kept: Kept = {}
    for (kind, which), group in groups.items():
        if kind == "floor":
            yield from _floors(int(which.removeprefix("degree=")), group)
        elif kind == "recovered":
            yield from _recovered(int(which.removeprefix("p=")), group)
        elif kind == "ratio":
            yield from _ratios(which, group, kept)
        elif which == "goemans-williamson":
            for seed, (mean, spread), seconds in _each(3, [*map(int, group)], _roundings):
                error = max(spread / PUBLISHED_ROUNDINGS**0.5, _PRECISION)
                yield group[str(seed)], Outcome(mean, error, seconds)
        else:
            for seed, cut, seconds in _cuts(which, [*map(int, group)], kept):
                yield group[str(seed)], Outcome(cut, seconds=seconds)


def _cuts(which: str, seeds: list[int], kept: Kept) -> Iterator[tuple[int, float, float]]:
    """Yields seed, cut and seconds of published graphs; what is kept takes none."""
    known = kept.setdefault(which, {})
    yield from ((seed, known[seed], 0.0) for seed in seeds if seed in known)
    compute = _circuit.max_cuts if which == "max-cut" else _expected(angles()[3, int(which[2:])])
    for seed, cut, seconds in _each(3, [seed for seed in seeds if seed not in known], compute):
        known[seed] = cut
        yield seed, cut, seconds


def _ratios(which: str, group: dict[str, Cell], kept: Kept) -> Found:
    """The ratios of expected and largest cut over all graphs."""
    expected, largest = (sorted(_cuts(w, list(graphs()), kept)) for w in (which, "max-cut"))
    ratios = _quotients(expected, largest)
    # The mean of a part of the published graphs varies less than that of as many others.
    error = ratios.std() * np.sqrt(1 / len(ratios) - 1 / PUBLISHED_GRAPHS)
    found = {"mean": (ratios.mean(), error), "smallest": (ratios.min(), None)}
    for name, cell in group.items():
        yield cell, Outcome(*found[name], _seconds(expected + largest) / len(group))


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


def _quotients(rows: list[Any], others: list[Any]) -> np.ndarray:
    return np.array([row[1] / other[1] for row, other in zip(rows, others, strict=True)])


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


def _roundings(adjacencies: np.ndarray) -> Any:
    return _goemans_williamson.expected_roundings(adjacencies, jax.random.key(SEED))
