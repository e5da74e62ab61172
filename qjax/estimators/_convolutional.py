"""A convolutional network, the classical peer of the quantum models of images."""

from __future__ import annotations

import dataclasses
import functools
import math
import numbers
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from sklearn.preprocessing import StandardScaler

from qjax.estimators._descent import Model, Params, logistic_loss
from qjax.estimators._parameters import check_whole
from qjax.estimators._study_trained import StudyClassifier


def side_of(features: int, least: int) -> int:
    """The side of a square image of so many pixels."""
    side = math.isqrt(features)
    if side**2 != features or side < least:
        raise ValueError(
            "Argument `X` must have the pixels of a square image as features, at least "
            f"{least**2}, but has {features}."
        )
    return side


def check_channels(estimator: Any) -> tuple[int, int]:
    """The output channels of the two convolutions; raises unless they are two whole numbers."""
    channels = tuple(estimator.output_channels)
    if len(channels) != 2 or not all(
        isinstance(c, numbers.Integral) and int(c) > 0 for c in channels
    ):
        raise ValueError(
            "Argument `output_channels` must be two integers above 0, but is "
            f"{estimator.output_channels!r}."
        )
    return channels


def _convolve(x: jax.Array, kernel: jax.Array, *strides: Any, **options: Any) -> jax.Array:
    """A convolution that keeps the size of images, as one matrix product.

    Kernels of many seeds are a batch of matrices so, not groups of channels, which are slow.
    """
    (rows, columns), (height, width) = kernel.shape[:2], x.shape[1:3]
    edges = [(0, 0), *(((k - 1) // 2, k // 2) for k in (rows, columns)), (0, 0)]
    padded = jnp.pad(x, edges)
    shifted = [
        padded[:, i : i + height, j : j + width] for i in range(rows) for j in range(columns)
    ]
    patches, matrix = jnp.concatenate(shifted, -1), kernel.reshape(-1, kernel.shape[-1])
    return jnp.matmul(patches, matrix, precision=options["precision"])


class Network(nn.Module):
    """Two convolutions, each with a pool behind it, and two dense layers.

    Attributes:
        channels: Output channels of the convolutions.
        kernel: Side of their kernels.
        padding: Of the pools: ``"VALID"`` leaves an odd row out, ``"SAME"`` keeps it.
    """

    channels: tuple[int, int]
    kernel: int
    padding: str

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """From images ``[samples, height, width, channels]`` to logits ``[samples]``."""
        for features in self.channels:
            shape = (self.kernel, self.kernel)
            x = nn.Conv(features, shape, conv_general_dilated=_convolve)(x)
            x = nn.max_pool(x, (2, 2), (2, 2), self.padding)
        x = nn.relu(nn.Dense(2 * self.channels[1])(x.reshape(len(x), -1)))
        return nn.Dense(1)(x)[:, 0]


@functools.partial(jax.jit, static_argnums=0)
def begun(network: Network, key: jax.Array, images: jax.Array) -> Params:
    """Flax's initial parameters of the network for such images."""
    return network.init(key, images)


@dataclasses.dataclass(frozen=True)
class Convolutional:
    """See `ConvolutionalNeuralNetwork`."""

    side: int
    channels: tuple[int, int]
    kernel: int

    @property
    def network(self) -> Network:
        """What turns images into logits."""
        return Network(self.channels, self.kernel, "VALID")

    def images(self, x: jax.Array) -> jax.Array:
        """``[samples, side, side, 1]``."""
        return x.reshape(-1, self.side, self.side, 1)

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Flax's own: LeCun's normal kernels, and no bias."""
        return begun(self.network, key(), self.images(jnp.ones(self.side**2)))

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """The logit."""
        logits: Any = self.network.apply(params, self.images(x))
        return logits

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """Cross-entropy of the logistic function."""
        return logistic_loss(self.decision(params, x), y)


class ConvolutionalNeuralNetwork(StudyClassifier):
    r"""Convolutional network on square images, for two classes.

    Two convolutions that keep the size, each with a maximum over 2 x 2 pixels behind it, then a
    dense layer of twice as many neurons as the second has channels, and one neuron. Features are
    the pixels row by row, scaled to mean 0 and deviation 1; the loss is the cross-entropy of the
    logistic function.

    Args:
        kernel_shape: Side of the kernels.
        output_channels: Channels of the two convolutions.
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        scaling: Factor of the scaled features.
        random_state: Seed, an integer. With JAX's 64-bit mode and without
            ``jax_threefry_partitionable`` the draws are those of the study.

    Attributes:
        classes_: Labels.
        params_: Trained arrays, as Flax names them.
        loss_curve_: Loss of each step.
        converged_: Whether the loss was flat in the end.
        n_features_in_: Number of features.

    References:
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import ConvolutionalNeuralNetwork
        >>> model = ConvolutionalNeuralNetwork(kernel_shape=2, random_state=0)
        >>> model.get_params()["output_channels"]
        (32, 64)
    """

    def __init__(
        self,
        kernel_shape: int = 3,
        *,
        output_channels: tuple[int, int] = (32, 64),
        learning_rate: float = 0.001,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        random_state: int = 42,
    ):
        self.kernel_shape = kernel_shape
        self.output_channels = output_channels
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.random_state = random_state

    def _new_scaler(self) -> Any:
        return StandardScaler()

    def _model(self, features: int) -> Model:
        check_whole(self, "kernel_shape")
        return Convolutional(side_of(features, 4), check_channels(self), self.kernel_shape)
