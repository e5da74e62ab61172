"""Settings of both tasks, and the three sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import above, at_least, one_of


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the network, of the data and of training."""

    task: Literal["phases", "sentiment"] = "phases"
    """What is learned: the topological phase of the cluster-Ising chain from its ground states, or
    the sentiment of sentences."""
    sites: int = 12
    """Sites of the chain, a qubit each, from 11 to 16 (phases)."""
    grid: int = 32
    """Points of the phase diagram along either field: their square is the test data (phases)."""
    words: int = 8
    """Most words of a sentence, a qubit each (sentiment)."""
    layers: int = 2
    """Layers of convolutions before each pooling."""
    starts: int = 4
    """Random starts of either network; the one with the lowest validation loss is kept."""
    epochs: int = 100
    """Passes over the training examples."""
    batch_size: int = 20
    """Examples in a step; there are 40 training states, and 1,000 training sentences."""
    learning_rate: float = 0.05
    """Peak of the learning rate, which falls as a cosine."""
    classical_learning_rate: float = 0.03
    """The same for the classical network that the quantum one is compared with."""
    seed: int = 0
    """Seed of the initial weights and the order of examples; the data are fixed."""

    def __post_init__(self) -> None:
        one_of(self, "task", ("phases", "sentiment"))
        one_of(self, "sites", range(11, 17))
        at_least(self, 2, "grid")
        at_least(self, 5, "words")
        at_least(self, 1, "layers", "starts", "epochs", "batch_size")
        above(self, 0, "learning_rate", "classical_learning_rate")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(sites=11, grid=4, words=5, layers=1, starts=1, epochs=10),
    "default": Config(),
    # Cong et al.: 15 sites, four layers of convolutions; a diagram of 64 x 64 points.
    "paper": Config(sites=15, grid=64, layers=4),
}
