"""Settings of the task, and its three sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import above, at_least


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the machines and of their training."""

    data: Literal["bernoulli_mixture", "bars_and_stripes"] = "bernoulli_mixture"
    """What is learnt: noisy copies of random strings, or images of 3 x 3 pixels."""
    visible: int = 8
    """Visible units of the mixture; images have nine."""
    modes: int = 8
    """Strings of the mixture that the others are copies of."""
    alignment: float = 0.9
    """Probability of a bit of a copy to be right."""
    instance: int = 0
    """Which random strings the mixture has."""
    field: float = 1.0
    """Transverse field that training starts from."""
    epochs: int = 20
    """Epochs of `steps` steps each."""
    steps: int = 25
    """Steps in an epoch."""
    learning_rate: float = 0.1
    """Peak of the learning rate, which falls as a cosine."""
    seed: int = 0
    """Seed of the initial weights; the data are fixed."""

    def __post_init__(self) -> None:
        at_least(self, 1, "modes", "epochs", "steps")
        at_least(self, 0, "instance")
        above(self, 0, "alignment", "field", "learning_rate")
        if not 2 <= self.visible <= 11:
            raise ValueError(f"Argument `visible` must be between 2 and 11, but is {self.visible}.")

    @property
    def units(self) -> int:
        """Visible units of what is learnt."""
        return 9 if self.data == "bars_and_stripes" else self.visible


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(visible=5, epochs=2, steps=60),
    "default": Config(),
    # Amin et al. have ten visible units and eight modes.
    "paper": Config(visible=10),
}
