"""The paper's table: test accuracy by layers, qubits, entanglement and cost."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from qjax.data import regions
from qjax.train import Workspace

from . import figures
from .config import COSTS, QUBITS, Config
from .fitting import fit

LAYERS = range(1, 11)

Column = tuple[str, int, bool]


def _row(layers: tuple[int, ...], text: str) -> dict[int, float]:
    return dict(zip(layers, map(float, text.split()), strict=True))


_SOME = (1, 2, 3, 4, 5, 6, 8, 10)

# Table of the circle in arXiv 1907.02085, by cost, qubits and entanglement.
PUBLISHED: dict[str, dict[Column, dict[int, float]]] = {
    "circle": {
        ("fidelity", 1, False): _row(_SOME, ".50 .85 .85 .90 .89 .92 .93 .95"),
        ("fidelity", 2, False): _row(_SOME, ".75 .80 .81 .87 .90 .92 .93 .94"),
        ("fidelity", 2, True): _row(_SOME[1:], ".73 .93 .87 .93 .90 .96 .96"),
        ("weighted", 1, False): _row(_SOME, ".50 .94 .94 .94 .96 .95 .97 .96"),
        ("weighted", 2, False): _row(_SOME, ".76 .96 .97 .97 .96 .96 .95 .96"),
        ("weighted", 2, True): _row(_SOME[1:], ".96 .95 .96 .96 .96 .97 .96"),
    }
}


def columns() -> list[Column]:
    """Cost, qubits and entanglement of each column."""
    return [
        (cost, qubits, entangled)
        for cost in COSTS
        for qubits in QUBITS
        for entangled in (False, True)
        if qubits > 1 or not entangled
    ]


def cells(config: Config) -> dict[tuple[Column, int], Config]:
    """The settings of each cell; one layer has nothing to entangle."""
    return {
        ((cost, qubits, entangled), layers): dataclasses.replace(
            config, cost=cost, qubits=qubits, entangled=entangled, layers=layers, table=False
        )
        for cost, qubits, entangled in columns()
        for layers in LAYERS
        if layers > 1 or not entangled
    }


def train(config: Config, run: Workspace, accuracy: Any) -> None:
    """Fits every cell that is not yet there, and draws the table.

    Args:
        config: Settings that all cells share.
        run: The run's folder.
        accuracy: `accuracy(config, params, points)`.
    """
    data = regions(config.problem)
    for (column, layers), cell in cells(config).items():
        name = cell_name(column, layers)
        if not run.has(name):
            found = accuracy(cell, fit(cell, data.train).params, data.test)
            run.save(name, test_accuracy=found)
            run.say(f"{name}: test accuracy {found:.3f}")
    run.figure("table", draw(config, run))


def results(config: Config, run: Workspace) -> dict[Column, dict[int, float]]:
    """Test accuracies by column and layers."""
    found: dict[Column, dict[int, float]] = {column: {} for column in columns()}
    for column, layers in cells(config):
        saved = run.load(cell_name(column, layers))
        found[column][layers] = float(saved["test_accuracy"])
    return found


def draw(config: Config, run: Workspace) -> Any:
    """The table as a figure, with what is published beside it."""
    published = PUBLISHED.get(config.problem, {})
    return figures.against_layers(config.problem, results(config, run), published)


def compare(config: Config, run: Workspace) -> dict[str, float | int]:
    """Numbers of the table: every cell, and the differences from what is published."""
    found = results(config, run)
    numbers: dict[str, float | int] = {
        cell_name(column, layers): value
        for column, row in found.items()
        for layers, value in row.items()
    }
    published = PUBLISHED.get(config.problem, {})
    pairs = [(found[c][n], value) for c, row in published.items() for n, value in row.items()]
    if pairs:
        mine, theirs = np.array(pairs).T
        # Two standard errors of 4,000 test points, and what two digits leave open.
        margin = 2 * np.sqrt(theirs * (1 - theirs) / 4000) + 0.005
        numbers["published_cells"] = len(pairs)
        numbers["cells_equal_within_statistics"] = int(np.sum(np.abs(mine - theirs) <= margin))
        numbers["cells_better"] = int(np.sum(mine - theirs > margin))
        numbers["cells_worse"] = int(np.sum(theirs - mine > margin))
    return numbers


def cell_name(column: Column, layers: int) -> str:
    """Name of a cell's numbers, such as `weighted_2_entangled_5`."""
    cost, qubits, entangled = column
    return f"{cost}_{qubits}{'_entangled' * entangled}_{layers}"
