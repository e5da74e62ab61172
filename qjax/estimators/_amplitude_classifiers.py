"""Trained circuits behind an amplitude encoding: circuit-centric and tree tensor classifiers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from qjax.circuit import Circuit, Z
from qjax.estimators._descent import Model, Params
from qjax.estimators._parameters import check_whole
from qjax.estimators._study_trained import StudyClassifier
from qjax.library import strongly_entangling, strongly_entangling_shape
from qjax.measure import expectation


def _digits(count: int) -> int:
    """Bits that tell `count` things apart, at least 1."""
    return max(1, (count - 1).bit_length())


def _tree_qubits(features: int) -> int:
    """The power of two that has room for the amplitudes."""
    return 1 << (_digits(features) - 1).bit_length()


class _Amplitudes(TransformerMixin, BaseEstimator):
    """Fills a sample up with a small constant to a power of two, and divides by the norm."""

    def __init__(self, qubits: Callable[[int], int], scaling: float):
        self.qubits = qubits
        self.scaling = scaling

    def fit(self, X: np.ndarray) -> _Amplitudes:
        self._size = 2 ** self.qubits(X.shape[1])
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        padded = np.full((len(X), self._size), 1 / self._size)
        padded[:, : X.shape[1]] = X * self.scaling
        norms = np.linalg.norm(padded, axis=1, keepdims=True)
        # A zero sample without padding has no direction: it is given that of the padding.
        return np.where(norms > 0, padded, 1.0) / np.where(norms > 0, norms, self._size**0.5)


class AmplitudeClassifier(StudyClassifier):
    """Takes in samples as amplitudes; `scaling` matters where there is padding."""

    _qubits: Callable[[int], int]

    def _new_scaler(self) -> Any:
        return _Amplitudes(type(self)._qubits, self.scaling)

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self._scaler.transform(X), np.float64)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Norms are not seen: of two features without padding only the ratio counts.
        tags.classifier_tags.poor_score = True
        return tags


def _prepare(circuit: Circuit, x: jax.Array, qubits: range) -> Circuit:
    """Appends the reflection that takes the first basis state to a real unit vector, or to -x."""
    v = x.at[0].add(jnp.where(x[0] >= 0, 1, -1).astype(x.dtype))
    mirror = jnp.eye(len(x), dtype=x.dtype) - 2 * v[:, None] * v[None] / (v @ v)
    return circuit.unitary(mirror, qubits)


@dataclasses.dataclass(frozen=True)
class CircuitCentric:
    """See `CircuitCentricClassifier`."""

    qubits: int  # Of a copy.
    copies: int
    layers: int
    engine: Any

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Angles up to a turn, and a small bias."""
        shape = strongly_entangling_shape(self.layers, self.copies * self.qubits)
        weights = jax.random.uniform(key(), shape, maxval=2 * np.pi)
        return {"weights": weights, "b": jnp.asarray(0.01, weights.dtype)}

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """Z of the first qubit and the bias."""

        def value(x: jax.Array) -> jax.Array:
            circuit = Circuit(self.copies * self.qubits)
            for copy in range(self.copies):
                start = copy * self.qubits
                circuit = _prepare(circuit, x, range(start, start + self.qubits))
            circuit = strongly_entangling(circuit, params["weights"])
            return expectation(circuit, Z(0), engine=self.engine) + params["b"]

        return jax.vmap(value)(x)

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """Half the mean square."""
        return jnp.mean((self.decision(params, x) - y) ** 2) / 2


class CircuitCentricClassifier(AmplitudeClassifier):
    r"""Trained circuit behind copies of an amplitude encoding, for two classes.

    .. math:: f(x) = \langle x|^{\otimes c} V(\theta)^\dagger Z_0 V(\theta) |x\rangle^{\otimes c}
              + b

    A sample is filled up with :math:`2^{-q}` to :math:`2^q` amplitudes and divided by its norm; V
    is `qjax.library.strongly_entangling`. The loss is half the mean square of y - f.

    Args:
        n_input_copies: Copies c.
        n_layers: Layers of V.
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        scaling: Factor of the features.
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
        Schuld et al., Phys. Rev. A 101, 032308 (2020), arXiv 1804.00633; Bowles, Ahmed and Schuld
        (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import CircuitCentricClassifier
        >>> model = CircuitCentricClassifier(n_layers=5, random_state=0)
        >>> model.get_params()["n_layers"]
        5
    """

    _qubits = staticmethod(_digits)

    def __init__(
        self,
        n_input_copies: int = 2,
        *,
        n_layers: int = 4,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.n_input_copies = n_input_copies
        self.n_layers = n_layers
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.random_state = random_state
        self.engine = engine

    def _model(self, features: int) -> Model:
        check_whole(self, "n_input_copies", "n_layers")
        return CircuitCentric(_digits(features), self.n_input_copies, self.n_layers, self.engine)


@dataclasses.dataclass(frozen=True)
class TreeTensor:
    """See `TreeTensorClassifier`."""

    qubits: int
    engine: Any

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Angles up to a turn, and a small bias."""
        weights = 2 * jnp.pi * jax.random.uniform(key(), (2 * self.qubits - 1,))
        return {"weights": weights, "bias": 0.1 * jax.random.normal(key(), (1,))}

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """Z of the first qubit and the bias."""

        def value(x: jax.Array) -> jax.Array:
            n, weights, used, width = self.qubits, params["weights"], 0, 1
            circuit = _prepare(Circuit(n), x, range(n))
            while width < n:  # As many levels as n has bits, each half as wide.
                level = range(0, n, width)
                circuit = circuit.ry(weights[used : used + len(level)], level)
                circuit = circuit.cx(level[1::2], level[::2])
                used, width = used + len(level), 2 * width
            circuit = circuit.ry(weights[used], 0)
            return expectation(circuit, Z(0), engine=self.engine) + params["bias"][0]

        return jax.vmap(value)(x)

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """The mean square."""
        return jnp.mean((self.decision(params, x) - y) ** 2)


class TreeTensorClassifier(AmplitudeClassifier):
    """Trained tree of two-qubit gates behind an amplitude encoding, for two classes.

    RY on every qubit and CX from each second one to the one before it, then the same on half of the
    qubits, down to one, which is turned once more and measured; a bias is added. A sample is filled
    up to the amplitudes of a power of two of qubits and divided by its norm. The loss is the mean
    square of y - f.

    Args:
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        scaling: Factor of the features.
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
        Wall et al., Phys. Rev. Research 3, 033190 (2021), arXiv 2011.06258; Bowles, Ahmed and
        Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import TreeTensorClassifier
        >>> model = TreeTensorClassifier(learning_rate=0.1, random_state=0)
        >>> model.get_params()["learning_rate"]
        0.1
    """

    _qubits = staticmethod(_tree_qubits)

    def __init__(
        self,
        *,
        learning_rate: float = 0.01,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.random_state = random_state
        self.engine = engine

    def _model(self, features: int) -> Model:
        return TreeTensor(features.bit_length() - 1, self.engine)
