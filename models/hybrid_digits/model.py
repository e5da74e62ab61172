"""The hybrid classifier and its classical twin."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx

import qjax
from qjax.nn import QuantumLayer, initializers

from .config import Config

CLASSES = 10


def reuploading(weights: dict[str, jax.Array], x: jax.Array) -> qjax.Circuit:
    """Returns the circuit of one sample: every layer loads x anew, scaled and shifted.

    Args:
        weights: `scale`, `shift` and `turn`, each `[layers, qubits]`.
        x: Angles `[qubits]`.
    """
    qubits = range(x.shape[0])
    ring = [(i + 1) % len(qubits) for i in qubits]

    def layer(circuit: qjax.Circuit, w: dict[str, jax.Array]) -> qjax.Circuit:
        circuit = circuit.ry(w["scale"] * x + w["shift"], qubits)
        return circuit.rz(w["turn"], qubits).cx(qubits, ring)

    # From |+> the expectation of Z is odd in the angle: it tells x from -x.
    return qjax.Circuit(len(qubits)).h(qubits).repeat(layer, weights)


def quantum_middle(config: Config, *, rngs: nnx.Rngs) -> QuantumLayer:
    """Returns the layer `[..., qubits]` -> `[..., 2 * qubits]`: each Z, and ZZ around the ring."""
    n, layers = config.qubits, config.layers
    single = [qjax.Z(i) for i in range(n)]
    pairs = [qjax.Z(i) @ qjax.Z((i + 1) % n) for i in range(n)]
    noise = initializers.small_angle()

    def share(key: jax.Array, shape: tuple[int, ...], dtype: jnp.dtype) -> jax.Array:
        # The layers' rotations add up to about x.
        return 1 / layers + noise(key, shape, dtype)

    return QuantumLayer(
        reuploading,
        dict.fromkeys(("scale", "shift", "turn"), (layers, n)),
        single + pairs,
        gradient=qjax.Adjoint(),
        initializer={"scale": share, "shift": noise, "turn": noise},
        rngs=rngs,
    )


class DenseMiddle(nnx.Module):
    """A classical layer `[..., qubits]` -> `[..., 2 * qubits]` with as many parameters.

    One dense layer, or two where a hidden width brings the count closer, each with a tanh: its
    outputs lie in [-1, 1] as expectations do.
    """

    def __init__(self, config: Config, *, rngs: nnx.Rngs):
        n = config.qubits
        target, one = 3 * n * config.layers, 2 * n * (n + 1)
        hidden = max(1, round((target - 2 * n) / (3 * n + 1)))
        two = hidden * (3 * n + 1) + 2 * n
        sizes = (n, 2 * n) if abs(one - target) <= abs(two - target) else (n, hidden, 2 * n)
        self.layers = nnx.List(
            [nnx.Linear(a, b, rngs=rngs) for a, b in zip(sizes, sizes[1:], strict=False)]
        )

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in self.layers:
            x = jnp.tanh(layer(x))
        return x


class DigitsClassifier(nnx.Module):
    """Images `[batch, 8, 8, 1]` -> logits `[batch, 10]`: stem, middle, linear head."""

    def __init__(self, config: Config, middle: nnx.Module, *, rngs: nnx.Rngs):
        first, second = config.channels
        n = config.qubits
        self.conv1 = nnx.Conv(1, first, (3, 3), rngs=rngs)
        self.conv2 = nnx.Conv(first, second, (3, 3), strides=2, rngs=rngs)
        self.reduce = nnx.Linear(4 * 4 * second, n, rngs=rngs)
        self.norm = nnx.BatchNorm(n, momentum=0.9, rngs=rngs)
        self.middle = middle
        # Expectations of many qubits are small at first: a larger head makes up for it.
        head_init = nnx.initializers.variance_scaling(5.0, "fan_in", "truncated_normal")
        self.head = nnx.Linear(2 * n, CLASSES, kernel_init=head_init, rngs=rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        x = nnx.relu(self.conv2(nnx.relu(self.conv1(images))))
        x = self.norm(self.reduce(x.reshape(x.shape[0], -1)))
        # Angles in (-pi/2, pi/2), where a rotation is one to one.
        return self.head(self.middle(math.pi / 2 * jnp.tanh(x)))


def hybrid(config: Config) -> DigitsClassifier:
    """Returns the classifier with the quantum layer, initialised by the config's seed."""
    return _classifier(config, quantum_middle)


def classical_twin(config: Config) -> DigitsClassifier:
    """Returns the same classifier, its stem and head too, with a dense layer in the middle."""
    return _classifier(config, DenseMiddle)


def _classifier(config: Config, middle: Callable[..., nnx.Module]) -> DigitsClassifier:
    # Streams of their own, so that the twins begin with the same stem and the same head.
    inner, outer = jax.random.split(jax.random.key(config.seed))
    return DigitsClassifier(
        config, middle(config, rngs=nnx.Rngs(params=inner)), rngs=nnx.Rngs(params=outer)
    )
