"""Settings of the task, and its three sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import above, at_least


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the circuits and of their training."""

    data: tuple[Literal["bars", "returns"], ...] = ("bars", "returns")
    """What is learnt: images of bars and stripes, daily returns of a share."""
    losses: tuple[Literal["kl", "mmd"], ...] = ("kl", "mmd")
    """What it is learnt by, each on its own: exact divergence, maximum mean discrepancy."""
    rows: int = 3
    """Height of the images of bars and stripes; each pixel is a qubit."""
    columns: int = 3
    """Width of the images."""
    return_qubits: int = 8
    """Qubits for the returns, which fall in as many bins as these have basis states."""
    layers: int = 4
    """Layers of rotations and couplings."""
    epochs: int = 40
    """Epochs of `steps` steps each."""
    steps: int = 50
    """Steps in an epoch."""
    learning_rate: float = 0.05
    """Peak of the learning rate, which falls as a cosine."""
    shots: int = 0
    """Measurements of each circuit in a step of the training by MMD, whose gradient then comes from
    shifted circuits as on a device; 0 for exact probabilities."""
    samples: int = 1000
    """Images drawn from a trained model to count the valid ones."""
    seed: int = 0
    """Seed of the initial weights, the measurements and the drawn images; the data are fixed."""

    def __post_init__(self) -> None:
        at_least(self, 1, "rows", "columns", "layers", "epochs", "steps", "samples")
        at_least(self, 2, "return_qubits")
        at_least(self, 0, "shots")
        above(self, 0, "learning_rate")
        for name in ("data", "losses"):
            value = getattr(self, name)
            if not value or len(set(value)) < len(value):
                raise ValueError(
                    f"Argument `{name}` must name at least one and none twice, but is {value}."
                )
        if not 2 <= self.rows * self.columns <= 20:
            raise ValueError(
                "Arguments `rows` and `columns` must have a product of 2 to 20, but are "
                f"{self.rows} and {self.columns}."
            )
        if self.return_qubits > 16:
            raise ValueError(
                f"Argument `return_qubits` must be at most 16, but is {self.return_qubits}."
            )


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(
        losses=("mmd",),
        rows=2,
        columns=2,
        return_qubits=3,
        layers=2,
        epochs=2,
        steps=30,
        samples=200,
    ),
    "default": Config(),
    # Benedetti et al. learn images of 2 x 2 pixels with couplings between all pairs of four qubits.
    "paper": Config(rows=2, columns=2, layers=2),
}
