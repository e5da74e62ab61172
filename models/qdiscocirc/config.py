"""Settings of the stories, the circuits and their training, and the sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import above, at_least, one_of


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the task; both classical networks learn from the same stories."""

    directions: int = 2
    """Directions that actors walk in: 2 (north and south) or 4."""
    train_stories: int = 392
    """Simple stories of 2 to 8 actors to learn from."""
    valid_stories: int = 100
    """More of them, to choose the start and the epoch by."""
    denser_train_stories: int = 0
    """Stories to learn from of each of the four denser classes."""
    denser_valid_stories: int = 0
    """More of them."""
    wires: int = 5
    """Most wires of a story to learn from: wider ones are left out."""
    compositional_stories: int = 864
    """Stories of 9 to 20 actors: never seen, reported."""
    test_stories: int = 480
    """Stories of 21 to 30 actors: never seen, reported."""
    embedding: Literal["qubit", "pair"] = "qubit"
    """What an actor is: a qubit, as published, or two that are measured after every event."""
    layers: int = 3
    """Layers of the circuits of two and more qubits."""
    starts: int = 8
    """Random starts, trained at once; the best on validation is kept."""
    epochs: int = 30
    """Passes over the training stories."""
    batch_size: int = 16
    """Stories in a step."""
    learning_rate: float = 0.02
    """Adam's learning rate at its peak; it falls as a cosine. Angles are in turns."""
    classical_epochs: int = 20
    """Passes of the transformer and of the LSTM; 0 leaves them out."""
    seed: int = 0
    """Seed of starts and orders; the stories are fixed."""

    def __post_init__(self) -> None:
        one_of(self, "directions", (2, 4))
        one_of(self, "embedding", ("qubit", "pair"))
        at_least(self, 1, "layers", "starts", "epochs", "batch_size", "test_stories")
        at_least(self, 0, "classical_epochs")
        at_least(self, 2, "wires")
        at_least(self, 0, "denser_train_stories", "denser_valid_stories")
        at_least(self, self.batch_size, "train_stories")
        at_least(self, 1, "valid_stories", "compositional_stories")
        above(self, 0, "learning_rate")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(
        train_stories=32,
        valid_stories=16,
        compositional_stories=4,
        test_stories=2,
        wires=2,
        layers=1,
        starts=2,
        epochs=2,
        batch_size=16,
        classical_epochs=1,
    ),
    "default": Config(),
    # Most starts stay where two pairs of directions look alike; a few of many leave that late.
    "four": Config(
        directions=4, denser_train_stories=150, denser_valid_stories=30, starts=32, epochs=60
    ),
    "pair": Config(directions=4, embedding="pair", classical_epochs=0),
    # One story a step, as published.
    "paper": Config(batch_size=1, learning_rate=0.005),
}
