"""The trained networks: quantum, and the classical ones they are compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import qjax
from qjax.data import SENTIMENT_WORDS
from qjax.library import amplitude_encoding, quantum_convolutional, quantum_convolutional_shape
from qjax.nn import QuantumLayer, count_parameters, initializers

from .config import Config

ANGLES = 2  # Of a word.

# Unfused, the many small gates run as a loop over blocks of one size: such a network compiles four
# times as fast, and runs as fast as with the blocks that qjax would choose.
ENGINE = qjax.Statevector(max_block=1)


def recognise(weights: jax.Array, state: jax.Array) -> qjax.Circuit:
    """The network on a state ``[2**n]``."""
    circuit = amplitude_encoding(qjax.Circuit(len(state).bit_length() - 1), state)
    # A repeat of one round keeps the network apart from the large gates before it.
    return circuit.repeat(quantum_convolutional, weights[None])


def read(weights: jax.Array, angles: jax.Array) -> qjax.Circuit:
    """The network on words, each two angles ``[2 * words]``."""
    pairs = angles.reshape(-1, ANGLES)
    words = range(len(pairs))
    circuit = qjax.Circuit(len(pairs)).ry(pairs[:, 0], words).rz(pairs[:, 1], words)
    return quantum_convolutional(circuit, weights)


class PhaseNetwork(nnx.Module):
    """Ground states ``[..., 2**sites]`` -> mean outcomes ``[...]``, 1 where topological, else 0."""

    def __init__(self, config: Config, *, rngs: nnx.Rngs):
        self.network = _network(recognise, config, config.sites, rngs)

    def __call__(self, states: jax.Array) -> jax.Array:
        return self.network(states)[..., 0]


class SentimentNetwork(nnx.Module):
    """Numbers of words ``[..., words]`` -> logits ``[..., 2]``; a word is two trained angles."""

    def __init__(self, config: Config, *, rngs: nnx.Rngs):
        self.angles = _embedding(rngs)
        self.network = _network(read, config, config.words, rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        angles = self.angles(tokens)
        z = self.network(angles.reshape(*tokens.shape[:-1], -1))
        # Logits whose softmax is the outcome of the measured qubit, kept away from 0 and 1.
        return jnp.log(jnp.concatenate([1 + 0.999 * z, 1 - 0.999 * z], -1))


class ConvNet(nnx.Module):
    """Two convolutions, each with a pooling of two to one, and a linear layer.

    Maps ``[..., sites, channels]`` to logits ``[..., 2]``. Its width is the one that brings it
    closest to `parameters`.
    """

    def __init__(self, parameters: int, sites: int, channels: int, *, rngs: nnx.Rngs):
        left = sites // 4

        def size(width: int) -> int:
            return (3 * channels + 1 + 3 * width + 1 + 2 * left) * width + 2

        width = min(range(1, 100), key=lambda width: abs(size(width) - parameters))
        self.first = nnx.Conv(channels, width, (3,), rngs=rngs)
        self.second = nnx.Conv(width, width, (3,), rngs=rngs)
        self.logits = nnx.Linear(left * width, 2, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in (self.first, self.second):
            x = nnx.max_pool(nnx.relu(layer(x)), (2,), strides=(2,))
        return self.logits(x.reshape(*x.shape[:-2], -1))


class SentimentConvNet(nnx.Module):
    """Numbers of words ``[..., words]`` -> logits ``[..., 2]``; a word is two trained numbers."""

    def __init__(self, parameters: int, words: int, *, rngs: nnx.Rngs):
        self.numbers = _embedding(rngs)
        rest = parameters - count_parameters(self.numbers)
        self.network = ConvNet(rest, words, ANGLES, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        return self.network(self.numbers(tokens))


def outputs(model: nnx.Module, inputs: Any) -> np.ndarray:
    """What a network makes of each input."""
    return in_chunks(lambda chunk: _run(model, chunk), inputs)


def probabilities(model: nnx.Module, inputs: Any) -> np.ndarray:
    """Probability of class 1 for each input of a classifier."""
    logits = outputs(model, inputs)
    return 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))


def in_chunks(function: Callable[[np.ndarray], Any], inputs: Any, size: int = 64) -> np.ndarray:
    """A function of ``[size, ...]`` on any number of inputs: one shape, so one compilation."""
    inputs = np.asarray(inputs)
    whole = np.concatenate([inputs, np.repeat(inputs[:1], -len(inputs) % size, axis=0)])
    chunks = whole.reshape(-1, size, *inputs.shape[1:])
    return np.concatenate([np.asarray(function(chunk)) for chunk in chunks])[: len(inputs)]


@nnx.jit
def _run(model: nnx.Module, inputs: jax.Array) -> jax.Array:
    return model(inputs)


def _network(
    build: Callable[..., qjax.Circuit], config: Config, qubits: int, rngs: nnx.Rngs
) -> QuantumLayer:
    shape = quantum_convolutional_shape(config.layers, qubits)
    initial = initializers.small_angle(0.3)
    return QuantumLayer(build, shape, qjax.Z(0), engine=ENGINE, initializer=initial, rngs=rngs)


def _embedding(rngs: nnx.Rngs) -> nnx.Embed:
    initial = nnx.initializers.normal(1.0)
    return nnx.Embed(len(SENTIMENT_WORDS), ANGLES, embedding_init=initial, rngs=rngs)
