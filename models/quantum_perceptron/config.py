"""Settings of the task, and its sizes."""

from __future__ import annotations

import dataclasses
import math

from models.checks import above, at_least
from qjax.data import CROSS, image_signs


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the neuron that learns a pattern, and of the network that learns parity."""

    target: str = CROSS
    """The pattern to find: 16 digits 0 or 1, row by row."""
    positives: int = 50
    """Training images like the pattern."""
    negatives: int = 3000
    """Training images unlike it."""
    threshold: float = 0.5
    """Activation above which the neuron says yes."""
    positive_rate: float = 0.5
    """Share of the differing signs that are flipped after a missed image."""
    negative_rate: float = 0.5
    """Share of the agreeing signs that are flipped after a false alarm."""
    passes: int = 3
    """Passes over the training images."""
    realisations: int = 100
    """Trainings from random weights, all at once; the first is drawn and tested on every image."""
    order: int = 1
    """Times that each neuron of the network nests its repeat-until-success circuit."""
    inputs: int = 2
    """Bits whose parity the network learns."""
    hidden: int = 2
    """Neurons of its hidden layer."""
    superposition: bool = False
    """Whether the network sees all inputs at once, in superposition, or each on its own."""
    starts: int = 16
    """Random starts of the network, trained at once; the one with the lowest cost is kept."""
    steps: int = 200
    """Steps of Adam from each start."""
    learning_rate: float = 0.1
    """Step size of Adam."""
    seed: int = 0
    """Seed of initial weights, flips and the order of images; the split is fixed."""

    def __post_init__(self) -> None:
        image_signs(self.target)
        at_least(self, 1, "positives", "negatives", "passes", "realisations")
        at_least(self, 1, "order", "inputs", "hidden", "starts", "steps")
        above(self, 0, "positive_rate", "negative_rate", "learning_rate")
        at_least(self, 0, "threshold")
        for name in ("positive_rate", "negative_rate"):
            if not getattr(self, name) <= 1:
                raise ValueError(
                    f"Argument `{name}` must be at most 1, but is {getattr(self, name)}."
                )
        if not self.threshold < 1:
            raise ValueError(f"Argument `threshold` must be below 1, but is {self.threshold}.")
        qubits = self.inputs + 1 + (self.hidden + 1) * 2**self.order
        if not math.log2(16 * self.starts) + qubits <= 30:
            raise ValueError(
                "Arguments `inputs`, `hidden`, `order` and `starts` must leave the network small "
                f"enough for memory, but make {self.starts} states of {qubits} qubits."
            )


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(negatives=300, passes=1, realisations=8, starts=4, steps=60),
    "default": Config(),
    # Averages over 500 trainings, as Tacchino et al.; neurons that nest twice are sharper.
    "paper": Config(realisations=500, order=2),
}
