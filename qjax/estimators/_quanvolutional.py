"""A convolution whose filters are random circuits, in front of a convolutional network."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit
from qjax.estimators._convolutional import Network, begun, check_channels, side_of
from qjax.estimators._descent import Model, Params, logistic_loss
from qjax.estimators._parameters import check_whole
from qjax.estimators._study_trained import StudyClassifier
from qjax.measure import probabilities

_LAYOUT_SEED = 42
_ENTANGLING = 0.3  # How often a gate is a CX.


def random_layout(qubits: int, layers: int, rotations: int) -> list[tuple[str, tuple[int, ...]]]:
    """Names and qubits of the gates of PennyLane's ``RandomLayers``.

    The layout is always that of one seed: only angles tell one circuit from another.
    """
    rng = np.random.default_rng(_LAYOUT_SEED)
    gates = []
    for _ in range(layers):
        left = rotations
        while left:
            if rng.random() > _ENTANGLING:
                name, count = str(rng.choice(["rx", "ry", "rz"])), 1
                left -= 1
            elif qubits > 1:
                name, count = "cx", 2
            else:
                continue
            gates.append((name, tuple(map(int, rng.choice(qubits, count, replace=False)))))
    return gates


@functools.partial(jax.jit, static_argnames=("qubits", "engine"))
def filter_table(angles: jax.Array, qubits: int, engine: Any) -> jax.Array:
    """The number of ones in the likeliest outcome, for every pattern that a filter may see.

    Args:
        angles: ``[channels, layers, rotations]``.
        qubits: Pixels of a pattern; its first one is the most significant bit of its number.
        engine: How to run the circuits.

    Returns:
        ``[channels, 2**qubits]``.
    """
    bits = np.arange(2**qubits)[:, None] >> np.arange(qubits)[::-1] & 1
    layout = random_layout(qubits, *angles.shape[1:])

    def likeliest(angles: jax.Array, turns: jax.Array) -> jax.Array:
        circuit, left = Circuit(qubits).ry(turns, range(qubits)), iter(angles.reshape(-1))
        for name, place in layout:
            if name == "cx":
                circuit = circuit.cx(*place)
            else:
                circuit = getattr(circuit, name)(next(left), *place)
        return jnp.argmax(probabilities(circuit, engine=engine))

    turns = jnp.asarray(np.pi * bits, angles.dtype)
    outcomes = jax.vmap(jax.vmap(likeliest, (None, 0)), (0, None))(angles, turns)
    return jax.lax.population_count(outcomes).astype(angles.dtype)


@dataclasses.dataclass(frozen=True)
class Quanvolutional:
    """See `QuanvolutionalNeuralNetwork`."""

    side: int
    window: int  # Side of the patterns.
    filters: tuple[int, int, int]  # Channels, layers and rotations in a layer.
    threshold: float
    channels: tuple[int, int]
    kernel: int
    engine: Any

    @property
    def network(self) -> Network:
        """What turns the images that the filters make into logits."""
        return Network(self.channels, self.kernel, "SAME")

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """What the filters say, and Flax's own initial parameters.

        The filters are not trained, but are other ones for each seed: their table is among the
        parameters, and no gradient reaches it, so Adam leaves it as it is.
        """
        channels, *shape = self.filters
        angles = jnp.stack([jax.random.uniform(key(), shape) for _ in range(channels)])
        table = filter_table(2 * np.pi * angles, self.window**2, self.engine)
        filtered = self.filtered(table, jnp.zeros((1, self.side**2)))
        return {"filters": table, "network": begun(self.network, key(), filtered)}

    def filtered(self, table: jax.Array, x: jax.Array) -> jax.Array:
        """What the filters say of each window, ``[samples, columns, rows, channels]``.

        Rows and columns change places, as in the study.
        """
        k, size = self.window, self.side - self.window + 1
        bright = (x > self.threshold).astype(int).reshape(-1, self.side, self.side)
        number = jnp.zeros((len(bright), size, size), int)
        for i in range(k):
            for j in range(k):
                number = 2 * number + bright[:, i : i + size, j : j + size]
        return jax.lax.stop_gradient(table).T[number.swapaxes(1, 2)]

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """The logit."""
        images = self.filtered(params["filters"], x)
        logits: Any = self.network.apply(params["network"], images)
        return logits

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """Cross-entropy of the logistic function."""
        return logistic_loss(self.decision(params, x), y)


class QuanvolutionalNeuralNetwork(StudyClassifier):
    r"""Convolutional network behind filters that are random circuits, for two classes.

    Features are the pixels of a square image row by row, scaled to :math:`[-\pi/2, \pi/2]`; those
    above the threshold are bright. A filter takes the bits of a window to one number: it prepares
    them on as many qubits, applies random rotations about X, Y and Z and CX gates, and counts the
    ones of the likeliest outcome. There are :math:`2^{k^2}` windows of k x k bits, so a filter is a
    table that is computed once. The images of all filters are the channels of a network like
    `ConvolutionalNeuralNetwork`, whose pools keep an odd row. Only the network is trained.

    Args:
        qkernel_shape: Side k of a window, at most 4.
        n_qchannels: Filters.
        rand_depth: Layers of a random circuit.
        rand_rot: Rotations in a layer.
        threshold: Above which a scaled pixel is bright.
        kernel_shape: Side of the network's kernels.
        output_channels: Channels of its two convolutions.
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        scaling: Factor of the scaled features.
        random_state: Seed, an integer. With JAX's 64-bit mode and without
            ``jax_threefry_partitionable`` the draws are those of the study.
        engine: How to run the circuits, as in `qjax.probabilities`.

    Attributes:
        classes_: Labels.
        params_: ``filters``, the tables ``[channels, 2**k**2]``, and ``network``, as Flax names it.
        loss_curve_: Loss of each step.
        converged_: Whether the loss was flat in the end.
        n_features_in_: Number of features.

    References:
        Henderson et al., Quantum Machine Intelligence 2, 2 (2020), arXiv 1904.04767; Bowles, Ahmed
        and Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import QuanvolutionalNeuralNetwork
        >>> model = QuanvolutionalNeuralNetwork(n_qchannels=5, random_state=0)
        >>> model.get_params()["n_qchannels"]
        5
    """

    def __init__(
        self,
        qkernel_shape: int = 2,
        *,
        n_qchannels: int = 1,
        rand_depth: int = 10,
        rand_rot: int = 20,
        threshold: float = 0.0,
        kernel_shape: int = 3,
        output_channels: tuple[int, int] = (32, 64),
        learning_rate: float = 0.001,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.qkernel_shape = qkernel_shape
        self.n_qchannels = n_qchannels
        self.rand_depth = rand_depth
        self.rand_rot = rand_rot
        self.threshold = threshold
        self.kernel_shape = kernel_shape
        self.output_channels = output_channels
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.random_state = random_state
        self.engine = engine

    def _model(self, features: int) -> Model:
        check_whole(self, "qkernel_shape", "n_qchannels", "rand_depth", "rand_rot", "kernel_shape")
        if self.qkernel_shape > 4:
            raise ValueError(
                f"Argument `qkernel_shape` must be at most 4, but is {self.qkernel_shape}."
            )
        return Quanvolutional(
            side_of(features, self.qkernel_shape),
            self.qkernel_shape,
            (self.n_qchannels, self.rand_depth, self.rand_rot),
            float(self.threshold),
            check_channels(self),
            self.kernel_shape,
            self.engine,
        )
