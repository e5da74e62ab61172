"""A circuit whose expectation values are the logits of a classifier, and its classical twin."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

import qjax
from qjax.library import amplitude_encoding, hardware_efficient, strongly_entangling
from qjax.nn import QuantumLayer, initializers

from .config import Config

Shapes = dict[str, tuple[int, ...]]

ROTATIONS = ("ry", "rz", "ry")


class CircuitClassifier(nnx.Module):
    r"""Features ``[..., features]`` -> logits ``[..., classes]``.

    Each class has qubits of its own; its logit is the sum of their Z, scaled and shifted:

    .. math:: f_k(x) = a \sum_{q \in Q_k} \langle \psi(x) | Z_q | \psi(x) \rangle + b_k

    All else is the circuit: see `upload` and `prepare`.
    """

    def __init__(self, config: Config, features: int, classes: int, *, rngs: nnx.Rngs):
        encoding = ENCODINGS[config.encoding]
        shapes = encoding.shapes(config, features)
        self.circuit = QuantumLayer(
            encoding.build,
            shapes,
            readout(config.qubits, classes),
            # Every sample has gates of its own: larger blocks cost more to make than to apply.
            engine=qjax.Statevector(max_block=2),
            initializer=encoding.initial,
            rngs=rngs,
        )
        # Expectation values lie in [-1, 1]: alone they could not say "nearly certain".
        self.scale = nnx.Param(jnp.float32(4.0))
        self.bias = nnx.Param(jnp.zeros(classes))

    def __call__(self, x: jax.Array) -> jax.Array:
        values = self.circuit(x)
        return self.scale[...] * values + jnp.broadcast_to(self.bias[...], values.shape)


def upload(weights: dict[str, jax.Array], x: jax.Array) -> qjax.Circuit:
    r"""The circuit in which features are angles, all of them ``layers`` times.

    Three rotations a qubit and entangling gates make a block; block after block takes up the
    features, three a qubit, each as the angle w + s arctan x of trained w and s (Pérez-Salinas et
    al., arXiv 1907.02085, section 3, without the arctan: it keeps outliers from going round the
    circle). The qubits begin in \|+>, where small angles change <Z> linearly.
    """
    shifts, scales = weights["shifts"], weights["scales"]
    blocks, qubits, _ = shifts.shape
    per_layer = math.ceil(len(x) / (3 * qubits))
    x = jnp.pad(jnp.arctan(x), (0, per_layer * qubits * 3 - len(x))).reshape(per_layer, qubits, 3)
    angles = shifts + scales * jnp.tile(x, (blocks // per_layer, 1, 1))
    circuit = qjax.Circuit(qubits).h(range(qubits))
    return hardware_efficient(circuit, angles, ROTATIONS, gate="cz")


def prepare(weights: dict[str, jax.Array], x: jax.Array) -> qjax.Circuit:
    """The circuit in which features are amplitudes, padded with ones: arXiv 1804.00633."""
    qubits = weights["angles"].shape[1]
    amplitudes = jnp.pad(x, (0, 2**qubits - len(x)), constant_values=1.0)
    circuit = amplitude_encoding(qjax.Circuit(qubits), amplitudes)
    return strongly_entangling(circuit, weights["angles"])


def _upload_shapes(config: Config, features: int) -> Shapes:
    blocks = config.layers * math.ceil(features / (3 * config.qubits))
    return dict.fromkeys(("shifts", "scales"), (blocks, config.qubits, 3))


def _prepare_shapes(config: Config, features: int) -> Shapes:
    # One amplitude to spare: without a constant the length of x would be lost.
    if 2**config.qubits <= features:
        raise ValueError(
            f"Argument `qubits` must be at least {features.bit_length()} for {features} amplitudes "
            f"and a constant, but is {config.qubits}."
        )
    return {"angles": (config.layers, config.qubits, 3)}


class Encoding(NamedTuple):
    """How features get into the circuit: `build(weights, x)`, and what its weights are."""

    build: Callable[[Any, jax.Array], qjax.Circuit]
    shapes: Callable[[Config, int], Shapes]
    initial: Callable[..., jax.Array]


ENCODINGS = {
    "angles": Encoding(upload, _upload_shapes, initializers.small_angle()),
    "amplitudes": Encoding(prepare, _prepare_shapes, initializers.uniform_angle()),
}


def readout(qubits: int, classes: int) -> list[qjax.PauliSum]:
    """What is measured: class k has the sum of Z over the qubits k, k + classes, and so on."""
    return [sum(qjax.Z(q) for q in range(k, qubits, classes)) for k in range(classes)]


class Twin(nnx.Module):
    """The classical network that the circuit is compared with: one hidden layer.

    Its width gives it as many parameters as the circuit has, or the fewest above that.
    """

    def __init__(self, parameters: int, features: int, classes: int, *, rngs: nnx.Rngs):
        width = math.ceil((parameters - classes) / (features + classes + 1))
        self.hidden = nnx.Linear(features, width, rngs=rngs)
        self.logits = nnx.Linear(width, classes, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.logits(nnx.tanh(self.hidden(x)))
