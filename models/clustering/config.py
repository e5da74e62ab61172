"""Settings of the task, and its sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal

from models.checks import above, at_least, one_of


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the data, the feature map and the clusters."""

    dataset: Literal["ad_hoc", "iris"] = "ad_hoc"
    """The ad hoc points of Havlicek et al., or Fisher's irises."""
    draw: int = 12345
    """Seed of the ad hoc points; the published one by default."""
    points: int = 25
    """Ad hoc points of each of the two classes."""
    gap: float = 0.6
    """Least distance of an ad hoc point from the boundary of the classes, at most 1."""
    feature_map: Literal["zz", "angle"] = "zz"
    """The map of Havlicek et al., or one rotation a feature and neighbours entangled."""
    reps: int = 2
    """Layers of the feature map."""
    bandwidth: float = 1.0
    """Factor of the features."""
    starts: int = 10
    """Random starts of each method."""
    seed: int = 0
    """Seed of the starts; the data are fixed."""

    def __post_init__(self) -> None:
        one_of(self, "dataset", ("ad_hoc", "iris"))
        one_of(self, "feature_map", ("zz", "angle"))
        at_least(self, 2, "points")
        at_least(self, 1, "reps", "starts")
        at_least(self, 0, "draw", "gap", "seed")
        above(self, 0, "bandwidth")


VARIANTS = {
    # A second: what the tests run.
    "tiny": Config(points=8, starts=2),
    "default": Config(),
    # The default is the published set already.
    "paper": Config(),
    "iris": Config(dataset="iris", feature_map="angle", reps=1, bandwidth=0.5),
}
