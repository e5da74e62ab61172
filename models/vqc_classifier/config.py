"""Settings of the task, and its three sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import above, at_least, one_of


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the circuit and of its training."""

    dataset: Literal["breast_cancer", "wine", "iris"] = "breast_cancer"
    """Table to classify: 2 classes by 30 features, 3 by 13, or 3 by 4."""
    encoding: Literal["angles", "amplitudes"] = "angles"
    """Whether features are angles of rotations, or the amplitudes of the initial state."""
    qubits: int = 5
    """Qubits of the circuit."""
    layers: int = 2
    """Times that the features go in, as angles; layers of rotations, with amplitudes."""
    epochs: int = 30
    """Passes over the training examples."""
    batch_size: int = 32
    """Examples in a step."""
    learning_rate: float = 0.03
    """Peak of the learning rate, which falls as a cosine."""
    weight_decay: float = 0.1
    """Pull of all parameters towards zero, as AdamW has it."""
    seed: int = 0
    """Seed of the initial weights and the order of examples; the split is fixed."""

    def __post_init__(self) -> None:
        one_of(self, "dataset", ("breast_cancer", "wine", "iris"))
        one_of(self, "encoding", ("angles", "amplitudes"))
        at_least(self, 1, "layers", "epochs", "batch_size")
        at_least(self, 3, "qubits")
        at_least(self, 0, "weight_decay")
        above(self, 0, "learning_rate")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(dataset="iris", qubits=3, layers=1, epochs=10, batch_size=16, learning_rate=0.1),
    "default": Config(),
    # Schuld et al.: amplitudes, then strongly entangling layers.
    "paper": Config(encoding="amplitudes", layers=4),
}
