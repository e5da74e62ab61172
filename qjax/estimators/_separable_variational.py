"""A trained circuit without entanglement: a qubit for each feature."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from qjax.circuit import Circuit, Z
from qjax.estimators._descent import Model, Params, logistic_loss
from qjax.estimators._parameters import check_whole
from qjax.estimators._study_trained import StudyClassifier
from qjax.measure import expectation

_STEEPNESS = 6  # The logistic function is nearly 0 and 1 at the ends of [-6, 6].


@dataclasses.dataclass(frozen=True)
class SeparableVariational:
    """See `SeparableVariationalClassifier`."""

    features: int
    layers: int
    engine: Any

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Angles up to a turn."""
        shape = (self.features, self.layers + 1, 3)
        return {"weights": 2 * jnp.pi * jax.random.uniform(key(), shape)}

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """The mean of Z over all qubits."""

        def layer(circuit: Circuit, row: tuple[jax.Array, jax.Array]) -> Circuit:
            angles, x = row
            return circuit.rz(angles[0], 0).ry(angles[1], 0).rz(angles[2], 0).ry(x, 0)

        def qubit(weights: jax.Array, x: jax.Array) -> jax.Array:
            rows = weights[:-1], jnp.broadcast_to(x, (self.layers,))
            # The last rotation about Z is not seen by a measurement of Z.
            circuit = Circuit(1).repeat(layer, rows).rz(weights[-1, 0], 0).ry(weights[-1, 1], 0)
            return expectation(circuit, Z(0), engine=self.engine)

        over_qubits = jax.vmap(qubit)
        return jax.vmap(lambda x: over_qubits(params["weights"], x).mean())(x)

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """Cross-entropy of the logistic function of the decision, six times it."""
        return logistic_loss(_STEEPNESS * self.decision(params, x), y)


class SeparableVariationalClassifier(StudyClassifier):
    r"""Mean of single-qubit circuits, one for each feature, for two classes.

    .. math:: f(x) = \frac1n \sum_i \langle Z \rangle_i, \qquad
              U_i = R(\theta_{iL}) \prod_{l<L} R_y(x_i) R(\theta_{il}), \qquad R = R_z R_y R_z

    A baseline without entanglement: any number of features is cheap. The loss is the cross-entropy
    of the probability :math:`1 / (1 + e^{-6 f})`.

    Args:
        encoding_layers: Layers L.
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        scaling: Factor of the features, which are scaled to :math:`[-\pi/2, \pi/2]` first.
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
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import SeparableVariationalClassifier
        >>> model = SeparableVariationalClassifier(encoding_layers=3, random_state=0)
        >>> model.get_params()["encoding_layers"]
        3
    """

    def __init__(
        self,
        encoding_layers: int = 1,
        *,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.encoding_layers = encoding_layers
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.random_state = random_state
        self.engine = engine

    def _model(self, features: int) -> Model:
        check_whole(self, "encoding_layers")
        return SeparableVariational(features, self.encoding_layers, self.engine)
