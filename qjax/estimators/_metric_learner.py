"""A trained embedding that takes samples of two classes apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted

from qjax.circuit import Circuit
from qjax.estimators._descent import Descent, Model, Params
from qjax.estimators._parameters import check_whole
from qjax.estimators._study_trained import StudyClassifier
from qjax.measure import statevector


@dataclasses.dataclass(frozen=True)
class MetricLearner:
    """See `QuantumMetricLearner`."""

    features: int
    layers: int
    engine: Any

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Small angles."""
        n = self.features + 1
        shape = (self.layers, 3 if n == 2 else 2 * n)
        return {"weights": jax.random.normal(key(), shape) * 0.1}

    def circuit(self, weights: jax.Array, x: jax.Array) -> Circuit:
        """The embedding of a sample: one qubit more than features."""
        n = self.features + 1
        pairs = range(1 if n == 2 else n)
        neighbours = [(q + 1) % n for q in pairs]

        def upload(circuit: Circuit) -> Circuit:
            return circuit.rx(x, range(n - 1)).h(n - 1)

        def layer(circuit: Circuit, w: jax.Array) -> Circuit:
            circuit = upload(circuit).rzz(w[: len(pairs)], pairs, neighbours)
            return circuit.ry(w[len(pairs) :], range(n))

        return upload(Circuit(n).repeat(layer, weights))

    def states(self, params: Params, x: jax.Array) -> jax.Array:
        """``[samples, 2**(features + 1)]``."""
        return jax.vmap(
            lambda x: statevector(self.circuit(params["weights"], x), engine=self.engine)
        )(x)

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """The mean fidelity of samples of one class with as many of the other."""
        overlaps = jnp.einsum("sa,sa->s", self.states(params, x).conj(), self.states(params, y))
        return jnp.mean(overlaps.real**2 + overlaps.imag**2)

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """By how much the examples of the second class are nearer, ``[samples]``."""
        states = self.states(params, x).conj()

        def near(examples: jax.Array) -> jax.Array:
            overlaps = states @ self.states(params, examples).T
            return (overlaps.real**2 + overlaps.imag**2).mean(1)

        first, second = params["examples"]
        return near(second) - near(first)


class QuantumMetricLearner(StudyClassifier):
    r"""Embedding trained to take two classes apart; a sample belongs to the nearer examples.

    .. math:: \text{loss} = \text{mean} \, |\langle\phi(a)|\phi(b)\rangle|^2, \qquad
              f(x) = \frac1k \sum_b |\langle\phi(x)|\phi(b)\rangle|^2 -
                     \frac1k \sum_a |\langle\phi(x)|\phi(a)\rangle|^2

    with a of the first and b of the second class. The embedding is ``QAOAEmbedding`` of PennyLane:
    RX by the features and a Hadamard gate on one more qubit, trained ZZ rotations around the ring
    and RY, layer by layer, and the features once more. As published the loss is
    :math:`1 - (aa + bb)/2 + ab`, but a batch compares each sample with itself only, so that aa and
    bb are 1.

    Args:
        n_layers: Trained layers.
        n_examples_predict: Examples k of each class, as many as there are at most.
        learning_rate: Of Adam.
        batch_size: Samples of each class in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        feature_range: Smallest and largest angle of a feature in training. The published numbers
            are of :math:`[-\pi/2, \pi]`.
        scaling: Factor of these angles.
        fresh_examples: Whether each prediction draws its examples anew, so that the same question
            may have another answer the next time. The study did.
        random_state: Seed, an integer. With JAX's 64-bit mode and without
            ``jax_threefry_partitionable`` the draws are those of the study.
        engine: How to run the circuits, as in `qjax.statevector`.

    Attributes:
        classes_: Labels.
        params_: Trained arrays by name.
        loss_curve_: Loss of each step.
        converged_: Whether the loss was flat in the end.
        n_features_in_: Number of features.

    References:
        Lloyd et al., arXiv 2001.03622; Bowles, Ahmed and Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import QuantumMetricLearner
        >>> model = QuantumMetricLearner(n_layers=1, random_state=0)
        >>> model.get_params()["n_layers"]
        1
    """

    def __init__(
        self,
        n_layers: int = 3,
        *,
        n_examples_predict: int = 32,
        learning_rate: float = 0.01,
        batch_size: int = 32,
        max_steps: int = 50000,
        convergence_interval: int = 200,
        feature_range: tuple[float, float] = (-np.pi / 2, np.pi / 2),
        scaling: float = 1.0,
        fresh_examples: bool = False,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.n_layers = n_layers
        self.n_examples_predict = n_examples_predict
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.feature_range = feature_range
        self.scaling = scaling
        self.fresh_examples = fresh_examples
        self.random_state = random_state
        self.engine = engine

    def _new_scaler(self) -> MinMaxScaler:
        return MinMaxScaler(self.feature_range)

    def _model(self, features: int) -> Model:
        check_whole(self, "n_layers", "n_examples_predict")
        return MetricLearner(features, self.n_layers, self.engine)

    def _batched(self, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Rows are drawn from those of the first class: JAX takes the last row of the second for any
        # that it does not have, as it did in the study.
        self._classes = x[labels == 0], x[labels == 1]
        return self._classes

    def _take(self, found: Descent, run: int) -> None:
        super()._take(found, run)
        rng = np.random.default_rng(self.random_state)
        rng.integers(self._integers, size=1 + self.n_iter_)  # Used by training.
        self._examples_rng = rng
        self._draw_examples()
        self._asked = False

    def _draw_examples(self) -> None:
        count = min(self.n_examples_predict, *map(len, self._classes))
        keys = [jax.random.PRNGKey(self._examples_rng.integers(self._integers)) for _ in range(2)]
        self.params_["examples"] = np.stack(
            [
                x[np.asarray(jax.random.choice(key, len(x), (count,), replace=False))]
                for key, x in zip(keys, self._classes, strict=True)
            ]
        )

    def decision_function(self, X: Any) -> np.ndarray:
        """Numbers ``[samples]``, above 0 for the second of `classes_`."""
        check_is_fitted(self)
        if self.fresh_examples:
            if self._asked:
                self._draw_examples()
            self._asked = True
        return super().decision_function(X)
