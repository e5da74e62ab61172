"""Settings of the task, and its three sizes."""

from __future__ import annotations

import dataclasses
import math


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
        for name in ("bond", "epochs", "batch_size"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"Argument `{name}` must be at least 1, but is {value}.")
        for name in ("noise", "bend", "shift"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise ValueError(f"Argument `{name}` must be at least 0, but is {value}.")
        if not 0 < self.learning_rate < math.inf:
            value = self.learning_rate
            raise ValueError(f"Argument `learning_rate` must be above 0, but is {value}.")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(bond=4, epochs=5, learning_rate=0.01),
    "default": Config(),
    # Stoudenmire and Schwab train on MNIST, with bonds of up to 120.
    "paper": Config(bond=120),
}
