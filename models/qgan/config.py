"""Settings of the task, and its three sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import above, at_least

Distribution = Literal["log_normal", "triangular", "bimodal"]


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the generators, the discriminator and their game."""

    distributions: tuple[Distribution, ...] = ("log_normal", "triangular", "bimodal")
    """What is learnt, each by generators of its own."""
    qubits: int = 3
    """Qubits of the generator, whose states are the prices: points of a grid from 0 to 7."""
    depth: int = 3
    """Layers of CZ and RY after the first layer of RY."""
    examples: int = 20_000
    """Prices drawn to learn from; a quarter as many to choose the epoch by."""
    shots: int = 2000
    """Measurements of the generator in a step; 0 for exact probabilities."""
    epochs: int = 200
    """Passes over the prices."""
    batch_size: int = 2000
    """Prices in a step."""
    generator_rate: float = 0.01
    """Learning rate of the circuit."""
    classical_rate: float = 0.1
    """Learning rate of the network that the circuit is compared with."""
    discriminator_rate: float = 0.01
    """Learning rate of the discriminator."""
    penalty: float = 0.01
    """Weight of the discriminator's squared slope at real prices, which keeps the game stable."""
    seed: int = 0
    """Seed of initial weights, order of prices and measurements; the prices are fixed."""

    def __post_init__(self) -> None:
        at_least(self, 1, "qubits", "depth", "epochs", "batch_size")
        at_least(self, 0, "shots", "penalty")
        at_least(self, 4, "examples")
        above(self, 0, "generator_rate", "classical_rate", "discriminator_rate")
        if self.qubits > 12:
            raise ValueError(f"Argument `qubits` must be at most 12, but is {self.qubits}.")
        if not self.distributions or len(set(self.distributions)) < len(self.distributions):
            raise ValueError(
                "Argument `distributions` must name at least one and none twice, but is "
                f"{self.distributions}."
            )


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(distributions=("triangular",), examples=4000, epochs=10, batch_size=500),
    "default": Config(),
    # Zoufal et al.: depths 1 to 3, and 2,000 epochs at a learning rate of 1e-4 for both.
    "paper": Config(depth=1, epochs=2000, generator_rate=1e-4, discriminator_rate=1e-4),
}
