"""Settings of the task, and its sizes."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from models.checks import above, at_least, one_of


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the feature map, of the training of its angles, and of the machines."""

    dataset: Literal["ad_hoc", "breast_cancer"] = "ad_hoc"
    """The ad hoc points of Havlicek et al., or biopsies reduced to their principal components."""
    draw: int = 12345
    """Seed of the ad hoc points; the published one by default."""
    components: int = 6
    """Principal components of the biopsies, one a qubit; ad hoc points have 2 features."""
    reps: int = 2
    """Layers of the feature map."""
    bandwidths: tuple[float, ...] = (1.0,)
    """Factors of the features, of which five folds of the training data choose one."""
    gammas: tuple[float, ...] = (1.0,)
    """Inverse widths of the projected kernel, chosen from likewise."""
    costs: tuple[float, ...] = (1.0,)
    """Values of C of the quantum machines, chosen from likewise; 1 is the published one."""
    steps: int = 200
    """Steps that train the angles of the aligned kernel."""
    batch_size: int = 32
    """Samples in a step."""
    learning_rate: float = 0.03
    """Peak of the learning rate, which falls as a cosine."""
    seed: int = 0
    """Seed of the initial angles and of the batches; the data are fixed."""

    def __post_init__(self) -> None:
        one_of(self, "dataset", ("ad_hoc", "breast_cancer"))
        at_least(self, 1, "components", "reps", "steps", "batch_size")
        at_least(self, 0, "draw", "seed")
        above(self, 0, "learning_rate")
        for name in ("bandwidths", "gammas", "costs"):
            values = getattr(self, name)
            if not values or min(values) <= 0:
                raise ValueError(f"Argument `{name}` must hold numbers above 0, but is {values}.")


_GRID: dict[str, Any] = {
    "bandwidths": (0.01, 0.02, 0.05, 0.1, 0.2),
    "gammas": (0.1, 0.3, 1.0, 3.0),
    "costs": (0.1, 1.0, 10.0, 100.0),
}

VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(steps=3, batch_size=16),
    "default": Config(),
    # Havlicek et al. draw 20 points a class to learn from, as the default does, on two qubits.
    "paper": Config(),
    # Real data.
    "clinical": Config(dataset="breast_cancer", **_GRID),
}
