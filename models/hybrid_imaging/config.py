"""Settings of the study, and its three sizes."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from models.checks import above, at_least, one_of

Architecture = Literal[
    "cnn",
    "hybrid_cnn",
    "trained_quanvolution",
    "quanvolution",
    "random_convolution",
    "dressed",
    "mlp",
]
Data = Literal["digits", "lesions"]


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of every network of the study; the recipe is the same for all of them."""

    data: Data = "digits"
    """Images: scikit-learn's handwritten digits, or generated lesions, smooth or ragged."""
    architectures: tuple[Architecture, ...] = get_args(Architecture)
    """Kinds of network to train; model.py says what each is."""
    sizes: tuple[int, ...] = (1, 2, 3)
    """Sizes of each kind. Size s has s quanvolution filters, patch^2 * s channels in the first
    convolution, or 2 + 2 s qubits between the dense layers."""
    patch: int = 2
    """Side of the patch that a quanvolution filter sees; it has patch^2 qubits."""
    layers: int = 5
    """Layers of a filter's circuit. With 5 it has as many angles as the 3 x 3 convolution that it
    stands for has weights."""
    depth: int = 6
    """Layers of a dressed circuit."""
    epochs: int = 40
    """Passes over the training images."""
    batch_size: int = 64
    """Images in a step."""
    learning_rate: float = 0.02
    """Peak of the learning rate: it rises over the first twentieth, then falls as a cosine."""
    weight_decay: float = 1e-4
    """Decoupled weight decay of AdamW, on the kernels of the classical layers."""
    seed: int = 0
    """Seed of initial weights, frozen ones too, and of the order of images; the split is fixed."""

    def __post_init__(self) -> None:
        one_of(self, "data", get_args(Data))
        at_least(self, 1, "patch", "layers", "depth", "epochs", "batch_size")
        above(self, 0, "learning_rate")
        at_least(self, 0, "weight_decay")
        for name in ("architectures", "sizes"):
            if not (values := getattr(self, name)) or len(set(values)) < len(values):
                raise ValueError(
                    f"Argument `{name}` must have at least one entry and none twice, "
                    f"but is {values}."
                )
        if unknown := set(self.architectures) - set(get_args(Architecture)):
            raise ValueError(
                f"Argument `architectures` must be among {', '.join(get_args(Architecture))}, "
                f"but has {', '.join(sorted(unknown))}."
            )
        if min(self.sizes) < 1:
            raise ValueError(f"Argument `sizes` must be at least 1, but has {min(self.sizes)}.")


VARIANTS = {
    # A few seconds: what the tests train.
    "tiny": Config(architectures=("cnn", "quanvolution"), sizes=(1,), layers=2, epochs=2),
    "default": Config(),
    # Henderson et al. take patches of 3 x 3: nine qubits a filter.
    "paper": Config(patch=3, sizes=(1, 2, 4), epochs=100),
}
