"""Training of a variational circuit on padded batches, compiled once a structure."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qjax.circuit import Circuit, Z
from qjax.estimators._stream import bucket, rows_of
from qjax.measure import expectation

Params = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Ansatz:
    r"""A circuit that takes in its sample once a layer, and a linear readout of its qubits.

    Each of ``layers * rows`` rounds is RY(scale x + shift), RZ(turn) on every qubit, and CX around
    a ring.

    Attributes:
        qubits: Number of qubits.
        rows: Rows of angles that hold one sample.
        layers: How often a sample is taken in.
        outputs: Width of the readout.
        loss: A row of `LOSSES`.
    """

    qubits: int
    rows: int
    layers: int
    outputs: int
    loss: str

    def initial(self, rng: np.random.RandomState) -> Params:
        """Small angles, so that the circuit begins near the bare upload of its sample."""
        shape = (self.layers * self.rows, self.qubits)
        readout = rng.normal(size=(self.qubits, self.outputs)) / np.sqrt(self.qubits)
        return {
            "scale": np.full(shape, 1 / self.layers, np.float32),
            "shift": rng.normal(0, 0.1, shape).astype(np.float32),
            "turn": rng.normal(0, 0.1, shape).astype(np.float32),
            "readout": readout.astype(np.float32),
            "bias": np.zeros(self.outputs, np.float32),
        }

    def circuit(self, params: Params, x: jax.Array) -> Circuit:
        """The circuit of one sample's angles ``[rows * qubits]``."""
        qubits = range(self.qubits)
        ring = [(q, (q + 1) % self.qubits) for q in qubits if q + 1 < self.qubits or q > 1]

        def layer(circuit: Circuit, row: tuple[jax.Array, jax.Array]) -> Circuit:
            circuit = circuit.ry(row[0], qubits).rz(row[1], qubits)
            return circuit.cx(*zip(*ring, strict=True)) if ring else circuit

        rows = jnp.tile(x.reshape(self.rows, self.qubits), (self.layers, 1))
        angles = params["scale"] * rows + params["shift"]
        turns = params["turn"]
        if len(turns) == 1:
            return layer(Circuit(self.qubits), (angles[0], turns[0]))
        return Circuit(self.qubits).repeat(layer, (angles, turns))

    def __call__(self, params: Params, x: jax.Array) -> jax.Array:
        """Outputs ``[samples, outputs]`` of angles ``[samples, rows * qubits]``."""
        observables = [Z(q) for q in range(self.qubits)]

        def values(x: jax.Array) -> jax.Array:
            return expectation(self.circuit(params, x), observables)

        return jax.vmap(values)(x) @ params["readout"] + params["bias"][None]


def _cross_entropy(outputs: jax.Array, target: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(outputs, target).mean()


def _squares(outputs: jax.Array, target: jax.Array) -> jax.Array:
    return jnp.mean((outputs[:, 0] - target) ** 2)


LOSSES: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "cross_entropy": _cross_entropy,
    "squares": _squares,
}
_ADAM = optax.scale_by_adam()


def train(
    ansatz: Ansatz,
    x: np.ndarray,
    target: np.ndarray,
    rng: np.random.RandomState,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
) -> tuple[Params, np.ndarray]:
    """Runs Adam with a rate that falls as a cosine; returns parameters and the loss of each epoch.

    Samples and batches are filled up to a power of two, so that data of many lengths run one
    compiled program; what is filled in is never read.

    Raises:
        FloatingPointError: If the loss is not finite.
    """
    steps = -(-len(x) // batch_size)
    capacity = bucket(len(x), smallest=512)
    padded = [
        np.concatenate([a, np.zeros((capacity - len(a), *a.shape[1:]), a.dtype)])
        for a in (x, target)
    ]
    inputs, targets = map(jnp.asarray, padded)
    params = ansatz.initial(rng)
    state = params, _ADAM.init(params)
    losses = []
    for epoch in range(epochs):
        order = np.zeros((-(-capacity // batch_size), batch_size), np.int32)
        # The last batch begins the same order again, so that no step has fewer samples.
        order[:steps] = np.resize(rng.permutation(len(x)), (steps, batch_size))
        rate = learning_rate * (1 + np.cos(np.pi * epoch / epochs)) / 2
        state, loss = _epoch(ansatz, state, inputs, targets, order, steps, np.float32(rate))
        losses.append(loss)
    curve = np.asarray(jax.device_get(losses), np.float64)
    if not np.isfinite(curve).all():
        first = int(np.flatnonzero(~np.isfinite(curve))[0])
        raise FloatingPointError(
            f"The loss is not finite in epoch {first + 1}: try a smaller `learning_rate`."
        )
    return jax.device_get(state[0]), curve


def outputs(ansatz: Ansatz, params: Params, x: np.ndarray) -> np.ndarray:
    """Outputs ``[samples, outputs]`` on the host."""
    return rows_of(functools.partial(_outputs, ansatz, params), x)


@functools.partial(jax.jit, static_argnums=0)
def _outputs(ansatz: Ansatz, params: Params, x: jax.Array) -> jax.Array:
    return ansatz(params, x)


@functools.partial(jax.jit, static_argnums=0)
def _epoch(
    ansatz: Ansatz,
    state: Any,
    x: jax.Array,
    target: jax.Array,
    order: jax.Array,
    steps: Any,
    rate: jax.Array,
) -> tuple[Any, jax.Array]:
    """The first `steps` rows of `order`, one step each; the mean loss."""
    measure = LOSSES[ansatz.loss]

    def step(i: jax.Array, carry: Any) -> Any:
        params, moments, total = carry
        rows = order[i]
        value, gradient = jax.value_and_grad(
            lambda params: measure(ansatz(params, x[rows]), target[rows])
        )(params)
        updates, moments = _ADAM.update(gradient, moments)
        params = jax.tree.map(lambda p, u: p - rate * u, params, updates)
        return params, moments, total + value

    *state, total = jax.lax.fori_loop(0, steps, step, (*state, jnp.zeros(())))
    return tuple(state), total / steps
