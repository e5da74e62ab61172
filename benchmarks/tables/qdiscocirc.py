"""Compositional generalisation: words learnt from stories of 2 to 8 actors, read in longer ones.

The published accuracies are those that the authors' own trained words have on fresh stories; the
stories here come from qjax's own generator. Training runs once for each number of directions, in a
folder of its own, and goes on where it was stopped.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.tables._frame import Cell, Outcome, Rule, Table, at_least, equal

PARTS = {"2-8": ((2, 8), 500), "9-20": ((9, 20), 750), "21-30": ((21, 30), 500)}
DENSITIES = ("simple", "deeper", "less_dense", "dense", "superdense")
NETWORKS = ("transformer", "lstm")
# The public tutorial evaluates a story of 8 actors in 1.31 s.
STORY_SECONDS = 1.31
# A light cone of more wires is left out: its state has four times the entries for each.
WIRES = 10
FOLDER = Path("tables/qdiscocirc")


class Kind(NamedTuple):
    """Words that are trained: a variant of the model, its published accuracy, the rule."""

    variant: str
    target: float
    rule: Rule


KINDS = {
    "two": Kind("default", 1.0, equal(digits=2)),
    "four": Kind("four", 0.81, at_least()),
    "four-pairs": Kind("pair", 0.81, at_least()),
}


def cells() -> list[Cell]:
    found = []
    for name, kind in KINDS.items():
        two = name == "two"
        for density in DENSITIES:
            for part, (_, count) in PARTS.items():
                if (density, part) == ("superdense", "21-30"):
                    continue
                key, quick = f"{name}/{density} {part}", two and density == "simple"
                seconds = count * STORY_SECONDS
                found.append(Cell(key, kind.target, kind.rule, quick, seconds=seconds))
        if name != "four-pairs":
            for network in NETWORKS:
                found += [Cell(f"{name}/{network} {part}", None, equal(), two) for part in PARTS]
    return found


def run(wanted: list[Cell]) -> Iterator[tuple[Cell, Outcome]]:
    import numpy as np

    from models.qdiscocirc import VARIANTS, tape, task
    from qjax.data import Stories, following_stories
    from qjax.train import Workspace

    for name, kind in KINDS.items():
        asked = [cell for cell in wanted if cell.key.startswith(f"{name}/")]
        if not asked:
            continue
        config = VARIANTS[kind.variant]
        work = Workspace(FOLDER / name, config, model="qdiscocirc")
        task.train(config, work)
        words = work.load("words")
        for cell in asked:
            reader, part = cell.key.split("/")[1].split()
            actors, count = PARTS[part]
            told = following_stories(
                count,
                actors=actors,
                directions=config.directions,
                density="simple" if reader in NETWORKS else reader,
                seed=100 + actors[0],
            )
            _, widths = tape.tapes(told)
            told = Stories(*(field[widths <= WIRES] for field in told))
            began = time.perf_counter()
            if reader in NETWORKS:
                right = task.read_right(config, work, reader, told)
            else:
                right = task.right(words, config, told)
            seconds = time.perf_counter() - began
            value = float(np.mean(right))
            yield cell, Outcome(value, (value * (1 - value) / len(right)) ** 0.5, seconds)


TABLE = Table(
    title="QDisCoCirc: stories of actors who follow each other",
    source="Duneau et al. 2024, arXiv 2409.08777; accuracies of the words that the authors trained",
    cells=cells,
    run=run,
    left_out={
        "stories whose light cone takes more than 10 wires": "none of the simple ones; of the "
        "densest many, and those of 21 to 30 actors nearly all: that cell is not there",
        "GPT-4": "no language model of that size runs here",
        "bAbI 6": "published as differences, without numbers",
    },
    seeds={"training": 0, "stories": 100},
)
