"""Settings of the detectors, and their three sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from models.checks import above, at_least

Data = Literal["intrusion", "breast_cancer"]


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the detectors, the same for every data set."""

    data: tuple[Data, ...] = get_args(Data)
    """Data sets to learn, each with detectors of its own; the first is the one that the reported
    number and `predict` are of."""
    qubits: int = 6
    """Qubits that a sample is loaded on, as many features at a time."""
    trash: int = 2
    """Qubits that the autoencoder must leave in |0>."""
    layers: int = 48
    """Layers of the autoencoder's encoder."""
    scale: float = 0.2
    """Angle of one standard deviation of a feature, in radians, as the autoencoder loads it."""
    scales: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8)
    """Such angles that the kernel is tried with; validation decides. The classical kernel is tried
    with as many widths."""
    nu: float = 0.1
    """Largest share of ordinary training samples that a one-class SVM may leave outside."""
    epochs: int = 100
    """Passes of both autoencoders over the ordinary training samples."""
    batch_size: int = 50
    """Samples in a step."""
    learning_rate: float = 0.1
    """Peak of Adam's learning rate, which falls as a cosine."""
    seed: int = 0
    """Seed of initial weights, of the order of samples and of the isolation forest."""

    def __post_init__(self) -> None:
        at_least(self, 1, "trash", "layers", "epochs", "batch_size")
        at_least(self, self.trash + 1, "qubits")
        above(self, 0, "scale", "nu", "learning_rate")
        if self.nu > 1:
            raise ValueError(f"Argument `nu` must be at most 1, but is {self.nu}.")
        if not self.scales or min(self.scales) <= 0:
            raise ValueError(f"Argument `scales` must have numbers above 0, but is {self.scales}.")
        if not self.data or set(self.data) - set(get_args(Data)):
            raise ValueError(
                f"Argument `data` must be among {', '.join(get_args(Data))}, but is {self.data}."
            )


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(qubits=4, trash=1, layers=3, scales=(0.2, 0.4), epochs=3),
    "default": Config(),
    # Romero et al. compress states of molecules: no published setting for tables. The largest that
    # trains in minutes on a laptop.
    "paper": Config(qubits=8, trash=3, layers=96, epochs=200),
}
