"""A circuit between two linear layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from sklearn.preprocessing import StandardScaler

from qjax.circuit import Circuit, Z
from qjax.estimators._descent import Model, Params
from qjax.estimators._parameters import check_whole
from qjax.estimators._study_trained import StudyClassifier
from qjax.library import hardware_efficient
from qjax.measure import expectation


@dataclasses.dataclass(frozen=True)
class Dressed:
    """See `DressedQuantumCircuitClassifier`."""

    features: int
    layers: int
    engine: Any

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Angles up to a turn, and linear layers that fall with the number of features."""
        n = self.features
        return {
            "circuit_weights": 2 * jnp.pi * jax.random.uniform(key(), (self.layers, n)),
            "input_weights": jax.random.normal(key(), (n, n)) / n,
            "output_weights": jax.random.normal(key(), (2, n)) / n,
        }

    def logits(self, params: Params, x: jax.Array) -> jax.Array:
        """``[samples, 2]``."""
        n = self.features
        observables = [Z(q) for q in range(n)]
        weights = params["circuit_weights"][:, :, None]

        def sample(x: jax.Array) -> jax.Array:
            angles = jnp.tanh(params["input_weights"] @ x) * jnp.pi / 2
            circuit = Circuit(n).h(range(n)).ry(angles, range(n))
            circuit = hardware_efficient(circuit, weights, "ry")
            return params["output_weights"] @ expectation(circuit, observables, engine=self.engine)

        return jax.vmap(sample)(x)

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """The difference of the logits."""
        logits = self.logits(params, x)
        return logits[:, 1] - logits[:, 0]

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """Cross-entropy."""
        labels = jax.nn.one_hot((y > 0).astype(int), 2)
        return optax.softmax_cross_entropy(self.logits(params, x), labels).mean()


class DressedQuantumCircuitClassifier(StudyClassifier):
    r"""Circuit between two trained linear layers, for two classes.

    .. math:: \text{logits}(x) = W_\text{out} \langle Z \rangle, \qquad
              |\psi\rangle = V(\theta) \, R_y\bigl(\tfrac\pi2 \tanh(W_\text{in} x)\bigr)
              H^{\otimes n} |0\rangle

    Each layer of V is RY on every qubit and CX around a ring. Features are scaled to mean 0 and
    deviation 1; the loss is the cross-entropy.

    Args:
        n_layers: Layers of V.
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        scaling: Factor of the scaled features.
        random_state: Seed, an integer. With JAX's 64-bit mode and without
            ``jax_threefry_partitionable`` the draws are those of the study.
        engine: How to run the circuits, as in `qjax.expectation`.

    Attributes:
        classes_: Labels.
        params_: Trained arrays by name.
        loss_curve_: Loss of each step.
        converged_: Whether the loss was flat in the end.
        n_features_in_: Number of features.

    References:
        Mari et al., Quantum 4, 340 (2020), arXiv 1912.08278; Bowles, Ahmed and Schuld (2024), arXiv
        2403.07059.

    Example:
        >>> from qjax.estimators import DressedQuantumCircuitClassifier
        >>> model = DressedQuantumCircuitClassifier(n_layers=5, random_state=0)
        >>> model.get_params()["n_layers"]
        5
    """

    def __init__(
        self,
        n_layers: int = 3,
        *,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        max_steps: int = 100000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.n_layers = n_layers
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.random_state = random_state
        self.engine = engine

    def _new_scaler(self) -> Any:
        return StandardScaler()

    def _model(self, features: int) -> Model:
        check_whole(self, "n_layers")
        return Dressed(features, self.n_layers, self.engine)
