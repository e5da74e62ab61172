"""Two autoencoders that score how badly a sample fits what they were trained on."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import qjax
from qjax.library import hardware_efficient
from qjax.nn import initializers


def angles(features: np.ndarray, qubits: int, scale: float) -> np.ndarray:
    r"""Returns the angles of standardised features, `[n, uploads * qubits]`.

    $$a = \pi \tanh(\mathrm{scale} \cdot x / \pi)$$

    so that far outliers do not come round the circle. Zeros fill the last upload.

    Args:
        features: Float `[n, features]`.
        qubits: Angles of an upload.
        scale: Angle of one standard deviation, in radians.
    """
    bent = math.pi * np.tanh(scale * np.asarray(features, np.float32) / math.pi)
    return np.pad(bent, ((0, 0), (0, -bent.shape[1] % qubits)))


def embed(x: jax.Array, qubits: int) -> qjax.Circuit:
    """Returns the circuit that loads a sample: for each upload RY on each qubit, and a CX ring.

    Args:
        x: Angles `[uploads * qubits]`.
        qubits: Number of qubits.
    """
    return hardware_efficient(qjax.Circuit(qubits), x.reshape(-1, qubits, 1), "ry")


def encoded(weights: jax.Array, x: jax.Array) -> qjax.Circuit:
    """Returns the circuit of a sample and the encoder behind it: layers of RY and a CX brickwork.

    Args:
        weights: Angles `[layers, qubits, 1]`. All states are real, so RY is enough.
        x: Angles `[uploads * qubits]`.
    """
    return hardware_efficient(embed(x, weights.shape[1]), weights, "ry", "brickwork")


class QuantumAutoencoder(nnx.Module):
    r"""Angles `[batch, uploads * qubits]` -> infidelity of the trash `[batch]`.

    An encoder that leaves the first qubits in |0> has moved the sample to the others, and loses
    nothing when those are reset. What it does lose is the score:

    $$1 - \langle 0 \dots 0 | \mathrm{Tr}_\mathrm{rest} \, U |x \rangle \langle x| U^\dagger
      | 0 \dots 0 \rangle$$

    Romero, Olson and Aspuru-Guzik 2017, arXiv 1612.02806.
    """

    def __init__(self, qubits: int, trash: int, layers: int, *, rngs: nnx.Rngs):
        self.trash = trash
        shape = (layers, qubits, 1)
        self.weights = nnx.Param(initializers.small_angle()(rngs.params(), shape, jnp.float32))

    def __call__(self, x: jax.Array) -> jax.Array:
        def lost(weights: jax.Array, x: jax.Array) -> jax.Array:
            return 1 - qjax.probabilities(encoded(weights, x), range(self.trash))[0]

        return jax.vmap(lost, (None, 0))(self.weights[...], x)


class DenseAutoencoder(nnx.Module):
    """Features `[batch, features]` -> squared error of their reconstruction `[batch]`."""

    def __init__(self, features: int, hidden: int, *, rngs: nnx.Rngs):
        self.encode = nnx.Linear(features, hidden, rngs=rngs)
        self.decode = nnx.Linear(hidden, features, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return jnp.square(x - self.decode(jnp.tanh(self.encode(x)))).mean(-1)


def hidden_width(parameters: int, features: int) -> int:
    """Returns the width at which `DenseAutoencoder` is closest to so many parameters."""
    return max(1, round((parameters - features) / (2 * features + 1)))
