"""Settings of the task, and its sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import at_least, one_of
from qjax.data import REGIONS

COSTS = ("fidelity", "weighted")
QUBITS = (1, 2, 4)


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the circuit and of its training."""

    problem: Literal[
        "circle",
        "three_circles",
        "wavy_lines",
        "squares",
        "non_convex",
        "annulus",
        "binary_annulus",
        "sphere",
        "hypersphere",
    ] = "circle"
    """Which regions of the plane, the cube or the hypercube to tell apart."""
    qubits: Literal[1, 2, 4] = 1
    """Qubits of the circuit; each loads all of the data."""
    layers: int = 6
    """Times that the data are loaded."""
    entangled: bool = False
    """Whether CZ gates join the qubits between layers."""
    cost: Literal["fidelity", "weighted"] = "weighted"
    """Fidelity with the state of the right class, or weighted fidelities with all of them."""
    start: Literal["random", "published"] = "random"
    """Many random starts, or the one start, optimizer and budget of the authors."""
    restarts: int = 8
    """Random starts; the one with the lowest training cost is kept. Not used if published."""
    steps: int = 500
    """Most steps of L-BFGS from each random start. Not used if published."""
    at_once: int = 1
    """Random starts that advance side by side; more than one suits an accelerator."""
    table: bool = False
    """Whether to train every size of the paper's table as well: 1 to 10 layers, 1, 2 and 4 qubits,
    with and without entanglement, by both costs. Takes some minutes."""
    seed: int = 0
    """Seed of the random starts; the points are those of the paper. Not used if published."""

    def __post_init__(self) -> None:
        one_of(self, "problem", tuple(REGIONS))
        one_of(self, "qubits", QUBITS)
        one_of(self, "cost", COSTS)
        one_of(self, "start", ("random", "published"))
        at_least(self, 1, "layers", "restarts", "steps", "at_once")
        if self.entangled and self.qubits == 1:
            raise ValueError("Argument `entangled` must be False for one qubit, but is True.")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(layers=2, restarts=4, steps=30),
    "default": Config(),
    # The first numbers of NumPy's generator after the data, SciPy's L-BFGS-B, one run.
    "paper": Config(start="published", layers=8),
}
