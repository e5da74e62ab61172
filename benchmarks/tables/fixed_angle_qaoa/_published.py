"""What was published: cuts of graphs, ratios over all of them, angles and guarantees."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.tables._frame import targets

_FOLDER = Path(__file__).parent
DEPTHS = range(1, 12)
VERTICES = 16


class Graph(NamedTuple):
    """One of the published 3-regular graphs.

    Attributes:
        seed: It is `networkx.random_regular_graph(3, VERTICES, seed)`.
        max_cut: Its largest cut.
        goemans_williamson: Mean cut of 100 roundings of the Goemans-Williamson relaxation.
        cuts: Expected cut of QAOA by depth.
    """

    seed: int
    max_cut: float
    goemans_williamson: float
    cuts: Mapping[int, float]


class Angles(NamedTuple):
    """Angles of one degree and depth.

    Attributes:
        guarantee: Approximation ratio of the worst graph of that degree, as conjectured.
        gammas: Angles of the cost, which is the number of edges cut, `[depth]`.
        betas: Angles of the mixer, the sum of X, `[depth]`.
    """

    guarantee: float
    gammas: tuple[float, ...]
    betas: tuple[float, ...]


@functools.cache
def graphs() -> Mapping[int, Graph]:
    """The graphs by seed."""
    names = {p: f"p{p}" for p in DEPTHS}
    fields: dict[str, Any] = {"seed": int, "max_cut": float, "goemans_williamson": float}
    rows = targets(_FOLDER / "targets_cuts.csv", fields | dict.fromkeys(names.values(), float))
    return {
        row["seed"]: Graph(*(row[f] for f in fields), {p: row[names[p]] for p in DEPTHS})
        for row in rows
    }


def cuts_digest() -> str:
    """Returns a digest of the published cuts, which are what recovered angles are held against."""
    return hashlib.sha256((_FOLDER / "targets_cuts.csv").read_bytes()).hexdigest()[:12]


def everyone() -> tuple[int, ...]:
    """The seeds of all published graphs.

    They are 51 runs of 50 seeds without a gap; what is kept of single graphs is of every second.
    """
    return tuple(seed + step for seed in graphs() for step in (0, 1))


def ensemble() -> Mapping[str, tuple[float, float]]:
    """Mean and smallest ratio of cut and largest cut over all 2,550 graphs.

    By "p=DEPTH" for the expected cut of QAOA, and "goemans-williamson".
    """
    fields = {"which": str, "mean": float, "smallest": float}
    rows = targets(_FOLDER / "targets_ensemble.csv", fields)
    return {row["which"]: (row["mean"], row["smallest"]) for row in rows}


def angles() -> Mapping[tuple[int, int], Angles]:
    """The published angles by degree and depth."""
    return _angles("angles.json")


def recovered() -> Mapping[int, Angles]:
    """Angles, by depth, that the published cuts of 3-regular graphs were computed with.

    Those are not among the published ones; least squares found them from the cuts of 32 graphs.
    """
    return {p: found for (_, p), found in _angles("recovered.json").items()}


@functools.cache
def _angles(name: str) -> Mapping[tuple[int, int], Angles]:
    fields = {"degree": int, "guarantee": float, "gammas": _numbers, "betas": _numbers}
    rows = targets(_FOLDER / name, fields)
    return {
        (row["degree"], len(row["gammas"])): Angles(row["guarantee"], row["gammas"], row["betas"])
        for row in rows
    }


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
