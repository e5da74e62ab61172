"""Settings of the task, the circuits and both ways to train them, and the sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import above, at_least, one_of


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the task and of its training, by exact gradients and by SPSA."""

    task: Literal["meaning", "pronouns", "paragraphs"] = "meaning"
    """Topic of sentences, role of the noun of noun phrases, or topic of paragraphs."""
    layers: int = 1
    """Layers of the circuits of words of two and more qubits."""
    epochs: int = 30
    """Passes over the training phrases with exact gradients."""
    batch_size: int = 10
    """Phrases in a step of them."""
    learning_rate: float = 0.03
    """Adam's learning rate; angles are in turns."""
    spsa_epochs: int = 180
    """Passes with SPSA. Each has two whole batches of 30: as many steps as 120 passes of three.

    0 leaves it out."""
    spsa_batch_size: int = 30
    """Phrases in a step of SPSA."""
    spsa_a: float = 0.2
    """Size of its steps."""
    spsa_c: float = 0.06
    """Size of its perturbations."""
    spsa_stability: float = 1.2
    """A in the size of step k, a / (k + A)**0.602."""
    seed: int = 0
    """Seed of the initial angles, the orders and the perturbations; the phrases are fixed."""

    def __post_init__(self) -> None:
        one_of(self, "task", ("meaning", "pronouns", "paragraphs"))
        at_least(self, 1, "layers", "epochs", "batch_size", "spsa_batch_size")
        at_least(self, 0, "spsa_epochs", "spsa_stability")
        above(self, 0, "learning_rate", "spsa_a", "spsa_c")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(epochs=4, learning_rate=0.1, spsa_epochs=4),
    "default": Config(),
    # The published settings; those of SPSA, of the exact simulation, are the default's too.
    "paper": Config(epochs=15, learning_rate=0.1),
    "paragraphs": Config(task="paragraphs", layers=3, epochs=30, learning_rate=0.01, spsa_epochs=0),
    "pronouns": Config(
        task="pronouns",
        epochs=60,
        learning_rate=0.1,
        spsa_epochs=114,
        spsa_batch_size=10,
        spsa_a=0.05,
        spsa_stability=0.1,
    ),
}
