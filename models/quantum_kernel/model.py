"""The feature maps, the training of one of them, and support vector machines as arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.svm import SVC

import qjax
from qjax.estimators import fidelity_gram, kernel_alignment
from qjax.library import zz_feature_map

from .config import Config


@functools.cache  # One function for each number of layers, so that it is compiled once.
def feature_map(reps: int) -> Callable[[jax.Array], qjax.Circuit]:
    """The ZZ feature map of Havlicek et al., neighbours joined."""
    return lambda x: zz_feature_map(qjax.Circuit(x.shape[0]), x, reps, "linear")


def trained_map(weights: dict[str, Any], x: jax.Array) -> qjax.Circuit:
    r"""The same with trained angles: each layer turns its qubits, then takes in s x.

    .. math:: \prod_l \; U_{ZZ}(s_l \circ x) \; \prod_q RZ(b_{lq}) RY(a_{lq})

    At a = b = 0 it is the map above.
    """
    n = x.shape[0]

    def layer(circuit: qjax.Circuit, row: tuple[jax.Array, ...]) -> qjax.Circuit:
        tilt, turn, scale = row
        circuit = circuit.ry(tilt, range(n)).rz(turn, range(n))
        return zz_feature_map(circuit, scale * x, 1, "linear")

    return qjax.Circuit(n).repeat(layer, (weights["tilt"], weights["turn"], weights["scale"]))


def align(config: Config, bandwidth: float, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Trains the angles so that the kernel is aligned with the labels, by Adam on batches.

    Args:
        config: Settings.
        bandwidth: Where the scales begin.
        x: Samples ``[n, features]``.
        y: Classes ``[n]``.

    Returns:
        Arrays `tilt`, `turn` and `scale`, each ``[reps, features]``, and the alignment of each
        batch before its step, `curve` ``[steps]``.
    """
    shape = (config.reps, x.shape[1])
    key = jax.random.key(config.seed)
    small, batches = jax.random.split(key)
    tilt, turn = 0.01 * jax.random.normal(small, (2, *shape))
    start = {"tilt": tilt, "turn": turn, "scale": jnp.full(shape, bandwidth)}
    optimizer = optax.adam(optax.cosine_decay_schedule(config.learning_rate, config.steps))
    inputs, labels = jnp.asarray(x), jnp.asarray(y)
    size = min(config.batch_size, len(x))

    def loss(weights: Any, rows: jax.Array) -> jax.Array:
        kernel = fidelity_gram(lambda x: trained_map(weights, x), inputs[rows])
        return -kernel_alignment(kernel, labels[rows])

    def step(carry: Any, key: jax.Array) -> Any:
        weights, moments = carry
        rows = jax.random.choice(key, len(x), (size,), replace=False)
        value, gradient = jax.value_and_grad(loss)(weights, rows)
        updates, moments = optimizer.update(gradient, moments)
        return (optax.apply_updates(weights, updates), moments), -value

    keys = jax.random.split(batches, config.steps)
    run = jax.jit(lambda carry, keys: jax.lax.scan(step, carry, keys))
    (weights, _), curve = run((start, optimizer.init(start)), keys)
    return {**weights, "curve": curve}


class Machine(NamedTuple):
    """A support vector machine of two classes: decision = kernel(x, vectors) @ dual + intercept.

    The decision is positive for class 1.
    """

    vectors: np.ndarray
    dual: np.ndarray
    intercept: np.ndarray

    @classmethod
    def fit(cls, kernel: np.ndarray, x: np.ndarray, y: np.ndarray, cost: float) -> Machine:
        """Fits a machine to a kernel matrix of the samples `x`."""
        svc = SVC(kernel="precomputed", C=cost).fit(kernel, y)
        return cls(x[svc.support_], svc.dual_coef_[0], svc.intercept_)

    def decide(self, kernel: np.ndarray) -> np.ndarray:
        """Decisions ``[n]`` from the kernel ``[n, vectors]``."""
        return kernel.astype(np.float64) @ self.dual + self.intercept
