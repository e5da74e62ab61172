"""Settings of the task, and its three sizes."""

from __future__ import annotations

import dataclasses

from models.checks import above, at_least


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of both models; the recipe is the same for the hybrid and for its twin."""

    qubits: int = 8
    """Qubits of the quantum layer."""
    layers: int = 6
    """Times that the circuit loads its inputs. The twin's dense layer has exactly as many
    parameters as the circuit where 3 x layers = 2 x (qubits + 1)."""
    channels: tuple[int, int] = (16, 32)
    """Channels of the two convolutions of the stem."""
    epochs: int = 80
    """Passes over the 1,077 training images."""
    batch_size: int = 64
    """Images in a step."""
    learning_rate: float = 0.01
    """Peak of the learning rate: it rises over the first twentieth, then falls as a cosine."""
    weight_decay: float = 1e-4
    """Decoupled weight decay of AdamW, on the kernels of the classical layers."""
    bend: float = 0.1
    """Size of the random turning, stretching and slanting of training images."""
    shift: float = 0.7
    """Training images are moved at random by up to this many pixels each way."""
    seed: int = 0
    """Seed of the initial weights, the order of images and their shifts; the split is fixed."""

    def __post_init__(self) -> None:
        at_least(self, 1, "layers", "epochs", "batch_size")
        # On two qubits a ring would count its one pair twice.
        at_least(self, 3, "qubits")
        at_least(self, 0, "bend", "shift", "weight_decay")
        above(self, 0, "learning_rate")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(qubits=5, layers=4, channels=(2, 4), epochs=2),
    "default": Config(),
    # No paper sets this task: the largest that still has an exact twin and trains in minutes on a
    # laptop. It shows what three more qubits and a wider stem change.
    "paper": Config(qubits=11, layers=8, channels=(32, 64), epochs=120),
}
