"""Settings of the task, and its three sizes."""

from __future__ import annotations

import dataclasses

from models.checks import above, at_least


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the matrix product state and of its training."""

    bond: int = 16
    """Bond dimension of the chain."""
    noise: float = 0.1
    """Spread of the initial tensors about the identity."""
    epochs: int = 60
    """Passes over the 1,077 training images."""
    batch_size: int = 64
    """Images in a step."""
    learning_rate: float = 0.003
    """Peak of the learning rate, which falls as a cosine."""
    bend: float = 0.1
    """Size of the random turning, stretching and slanting of training images."""
    shift: float = 0.5
    """Training images are moved at random by up to this many pixels each way."""
    seed: int = 0
    """Seed of the initial tensors, the order of images and their shifts; the split is fixed."""

    def __post_init__(self) -> None:
        at_least(self, 1, "bond", "epochs", "batch_size")
        at_least(self, 0, "noise", "bend", "shift")
        above(self, 0, "learning_rate")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(bond=4, epochs=5, learning_rate=0.01),
    "default": Config(),
    # Stoudenmire and Schwab train on MNIST, with bonds of up to 120.
    "paper": Config(bond=120),
}
