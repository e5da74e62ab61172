"""The networks of the study: what sees the image first, and what comes after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from flax import nnx

from .config import Config
from .layers import Convolution, Dressed, Quanvolution


class Shape(NamedTuple):
    """Side and channels of square images, and number of their classes."""

    side: int
    channels: int
    classes: int

    @property
    def features(self) -> int:
        """Numbers in an image."""
        return self.side**2 * self.channels


Back = Callable[..., nnx.Module]
"""`back(config, size, inputs, *, rngs)` makes a module from such images to logits."""


class Network(nnx.Module):
    """Images `[batch, side, side, 1]` -> logits `[batch, classes]`: a front, then a back.

    Attributes:
        frozen: Whether the front stays as it was drawn, so that what it gives is computed once.
    """

    def __init__(self, front: Any, back: nnx.Module, *, frozen: bool = False):
        self.front, self.back, self.frozen = front, back, frozen

    def __call__(self, images: jax.Array) -> jax.Array:
        return self.back(self.front(images))

    @property
    def trained(self) -> nnx.Module:
        """What is trained, and what counts as parameters."""
        return self.back if self.frozen else self


def _same(images: jax.Array) -> jax.Array:
    return images


def _pixels(config: Config, size: int, *, rngs: nnx.Rngs) -> Callable[[jax.Array], jax.Array]:
    return _same


def _convolution(config: Config, size: int, *, rngs: nnx.Rngs) -> Convolution:
    return Convolution(1, config.patch**2 * size, rngs=rngs)


def _second(last: Back) -> Back:
    """Returns what makes a second convolution with `last` behind it."""

    def make(config: Config, size: int, inputs: Shape, *, rngs: nnx.Rngs) -> nnx.Module:
        channels = 2 * inputs.channels
        convolution = Convolution(inputs.channels, channels, rngs=rngs)
        left = inputs._replace(side=inputs.side // 2, channels=channels)
        return nnx.Sequential(convolution, last(config, size, left, rngs=rngs))

    return make


class Dense(nnx.Linear):
    """Features -> logits, by one dense layer."""

    def __call__(self, x: jax.Array) -> jax.Array:
        return super().__call__(x.reshape(x.shape[0], -1))


def _dense(config: Config, size: int, inputs: Shape, *, rngs: nnx.Rngs) -> Dense:
    return Dense(inputs.features, inputs.classes, rngs=rngs)


def _dressed(config: Config, size: int, inputs: Shape, *, rngs: nnx.Rngs) -> Dressed:
    return Dressed(inputs.features, 2 + 2 * size, config.depth, inputs.classes, rngs=rngs)


def _mlp(config: Config, size: int, inputs: Shape, *, rngs: nnx.Rngs) -> Dressed:
    return Dressed(inputs.features, 2 + 2 * size, 0, inputs.classes, rngs=rngs)


class Parts(NamedTuple):
    """What makes the front of a network and its back, and whether the front is frozen."""

    front: Callable[..., Any]
    back: Back
    frozen: bool = False


ARCHITECTURES = {
    # Two convolutions and a dense layer; then with a dressed circuit for the dense layer.
    "cnn": Parts(_convolution, _second(_dense)),
    "hybrid_cnn": Parts(_convolution, _second(_dressed)),
    # The CNN with circuits for its first convolution: trained, or as drawn, as in the paper.
    "trained_quanvolution": Parts(Quanvolution, _second(_dense)),
    "quanvolution": Parts(Quanvolution, _second(_dense), frozen=True),
    "random_convolution": Parts(_convolution, _second(_dense), frozen=True),
    # A dressed circuit on the pixels; then without its circuit.
    "dressed": Parts(_pixels, _dressed),
    "mlp": Parts(_pixels, _mlp),
}
QUANTUM = ("hybrid_cnn", "trained_quanvolution", "quanvolution", "dressed")


def network(config: Config, architecture: str, size: int, image: Shape) -> Network:
    """Returns a network of the study, initialised by the config's seed."""
    parts = ARCHITECTURES[architecture]
    # Streams of their own: networks whose backs are alike begin with the same one.
    first, second = jax.random.split(jax.random.key(config.seed))
    front = parts.front(config, size, rngs=nnx.Rngs(params=first))
    seen = image
    if parts.front is not _pixels:
        seen = image._replace(side=image.side // 2, channels=config.patch**2 * size)
    back = parts.back(config, size, seen, rngs=nnx.Rngs(params=second))
    return Network(front, back, frozen=parts.frozen)
