"""Support vector machines over the quantum kernels of the study of Bowles, Ahmed and Schuld."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from scipy.spatial.distance import cdist
from sklearn.svm import SVC

from qjax.circuit import Circuit
from qjax.estimators._gram import fidelity_kernel, projected_features
from qjax.estimators._parameters import check_above_zero, check_one_of, check_whole
from qjax.estimators._scaled import ScaledClassifier
from qjax.library import iqp_encoding
from qjax.measure import statevector


class StudyKernelClassifier(ScaledClassifier):
    """A support vector machine; what comes from it says what the kernel is."""

    C: Any

    def _fit_kernel(self, x: np.ndarray) -> None:
        raise NotImplementedError

    def _matrix(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The kernel ``[len(x), len(y)]`` of scaled samples."""
        raise NotImplementedError

    def fit(self, X: Any, y: Any) -> Any:
        """Fits the machine to samples ``[samples, features]`` and their labels ``[samples]``."""
        x, labels = self._fit_data(X, y)
        check_above_zero(self, "C", "scaling")
        self._fit_kernel(x)
        self._machine = SVC(kernel="precomputed", C=self.C).fit(self._matrix(x, x), labels)
        self._support = x[self._machine.support_]
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Distances from the margin: ``[samples]`` for two classes, else ``[samples, classes]``."""
        rows = self._rows(X)
        return self._machine.decision_function(rows)

    def predict(self, X: Any) -> np.ndarray:
        """Labels ``[samples]``."""
        rows = self._rows(X)
        return self.classes_[self._machine.predict(rows)]

    def _rows(self, X: Any) -> np.ndarray:
        """The kernel between samples and all training samples; only the support is needed."""
        x = self._new_data(X)
        rows = np.zeros((len(x), self._machine.shape_fit_[0]))
        rows[:, self._machine.support_] = self._matrix(x, self._support)
        return rows


@dataclasses.dataclass(frozen=True)
class IQPEmbedding:
    """A sample's IQP circuit; see `IQPKernelClassifier`."""

    repeats: int
    entangle_every_repeat: bool

    def __call__(self, x: jax.Array) -> Circuit:
        circuit, repeats = Circuit(x.shape[0]), self.repeats
        if self.entangle_every_repeat or repeats == 1:
            return iqp_encoding(circuit, x, repeats)
        return iqp_encoding(iqp_encoding(circuit, x), x, repeats - 1, pairs=())


class IQPKernelClassifier(StudyKernelClassifier):
    r"""Support vector machine over the fidelity of IQP states.

    .. math:: K(x, y) = |\langle 0| U(y)^\dagger U(x) |0\rangle|^2, \qquad
              U(x) = \Bigl[\prod_{i<j} e^{-i x_i x_j Z_i Z_j / 2} \prod_i e^{-i x_i Z_i / 2} \;
                     H^{\otimes n}\Bigr]^{\text{repeats}}

    Each feature is scaled to :math:`[-\pi/2, \pi/2]` first. The states of all samples are computed
    once, and the matrix is one product of them.

    Args:
        repeats: How often the embedding is repeated.
        C: Inverse of the strength of regularisation.
        scaling: Factor of the scaled features.
        entangle_every_repeat: Whether each repeat has the gates of pairs. False gives the circuit
            of ``IQPEmbedding`` of PennyLane before 0.34, by whose error only the first one had
            them; the numbers of the study are those of that circuit.
        engine: How to run the circuits, as in `qjax.statevector`.

    Attributes:
        classes_: Labels.
        n_features_in_: Number of features.

    References:
        Havlicek et al., Nature 567, 209 (2019), arXiv 1804.11326; Bowles, Ahmed and Schuld (2024),
        arXiv 2403.07059.

    Example:
        >>> from qjax.data import bowles_benchmark
        >>> from qjax.estimators import IQPKernelClassifier
        >>> train, test = bowles_benchmark("linearly_separable", upto=2)[2]
        >>> IQPKernelClassifier(repeats=1, C=100.0).fit(*train).score(*test)
        1.0
    """

    def __init__(
        self,
        repeats: int = 2,
        *,
        C: float = 1.0,
        scaling: float = 1.0,
        entangle_every_repeat: bool = True,
        engine: Any = None,
    ):
        self.repeats = repeats
        self.C = C
        self.scaling = scaling
        self.entangle_every_repeat = entangle_every_repeat
        self.engine = engine

    def _fit_kernel(self, x: np.ndarray) -> None:
        check_whole(self, "repeats")
        self._embed = IQPEmbedding(self.repeats, bool(self.entangle_every_repeat))

    def _matrix(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        out = np.empty((len(x), len(y)))
        other = None if y is x else y
        return fidelity_kernel(self._embed, x, other, out=out, engine=self.engine)


class SeparableKernelClassifier(StudyKernelClassifier):
    r"""Support vector machine over the fidelity of product states.

    .. math:: K(x, y) = \prod_i |\langle\psi(x_i)|\psi(y_i)\rangle|^2, \qquad
              |\psi(x)\rangle = \bigl[R_y(x) R_x(\pi/4)\bigr]^{\text{layers}} |0\rangle

    A baseline without entanglement: each feature has a qubit of its own, so any number of them is
    cheap. Each feature is scaled to :math:`[-\pi/2, \pi/2]` first.

    Args:
        encoding_layers: How often a feature is encoded.
        C: Inverse of the strength of regularisation.
        scaling: Factor of the scaled features.
        engine: How to run the circuit of a qubit, as in `qjax.statevector`.

    Attributes:
        classes_: Labels.
        n_features_in_: Number of features.

    References:
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.data import bowles_benchmark
        >>> from qjax.estimators import SeparableKernelClassifier
        >>> train, test = bowles_benchmark("linearly_separable", upto=2)[2]
        >>> SeparableKernelClassifier(C=100.0).fit(*train).score(*test)
        1.0
    """

    def __init__(
        self,
        encoding_layers: int = 1,
        *,
        C: float = 1.0,
        scaling: float = 1.0,
        engine: Any = None,
    ):
        self.encoding_layers = encoding_layers
        self.C = C
        self.scaling = scaling
        self.engine = engine

    def _fit_kernel(self, x: np.ndarray) -> None:
        check_whole(self, "encoding_layers")

    def _matrix(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        states = functools.partial(_qubit_states, layers=self.encoding_layers, engine=self.engine)
        return _product_fidelity(np.asarray(states(x)), np.asarray(states(y)))


@functools.partial(jax.jit, static_argnames=("layers", "engine"))
def _qubit_states(x: jax.Array, layers: int, engine: Any) -> jax.Array:
    """The state of each feature's qubit, ``[features, samples, 2]``."""

    def state(value: jax.Array) -> jax.Array:
        def layer(circuit: Circuit, _: Any) -> Circuit:
            return circuit.rx(np.pi / 4, 0).ry(value, 0)

        return statevector(Circuit(1).repeat(layer, length=layers), engine=engine)

    return jax.vmap(jax.vmap(state))(x.T)


def _product_fidelity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Fidelities ``[samples, samples]``: double precision, so that no sample changes another's."""
    product = np.ones((a.shape[1], b.shape[1]))
    for first, second in zip(a.astype(np.complex128), b.astype(np.complex128), strict=True):
        product *= np.abs(first @ second.conj().T) ** 2
    return product


_SWAP = np.eye(4)[[0, 2, 1, 3]]


@dataclasses.dataclass(frozen=True)
class HeisenbergEmbedding:
    """A sample as the couplings of a chain of spins; see `ProjectedQuantumKernel`."""

    steps: int

    def __call__(self, angles: jax.Array, time: jax.Array, x: jax.Array) -> Circuit:
        pairs = len(angles) - 1
        qubits = range(pairs + 1)
        start = Circuit(pairs + 1)
        for gate, column in (("rz", 0), ("ry", 1), ("rz", 2)):
            start = getattr(start, gate)(angles[:, column], qubits)
        # XX + YY + ZZ is 2 SWAP - 1, whose exponential is short; its phase is left out.
        turn = (pairs * time / self.steps * x)[:, None, None]
        bonds = jnp.cos(turn) * np.eye(4)[None] - 1j * jnp.sin(turn) * _SWAP[None]
        places = [(q, q + 1) for q in range(pairs)]
        return start.repeat(lambda c, _: c.unitary(bonds, places), length=self.steps)


GAMMAS = ("train", "rows")


class ProjectedQuantumKernel(StudyKernelClassifier):
    r"""Support vector machine over a Gaussian kernel of single-qubit states of a spin chain.

    .. math:: K(x, y) = \exp\Bigl(-\frac{g}{n v} \sum_{q, P} \bigl(\langle P_q \rangle_x -
              \langle P_q \rangle_y\bigr)^2\Bigr), \qquad P \in \{X, Y, Z\}

    with g `gamma_factor`, n the number of features and v the variance of all expectations. The
    n + 1 spins start in random directions and evolve by Trotter steps under

    .. math:: \sum_j x_j (X_j X_{j+1} + Y_j Y_{j+1} + Z_j Z_{j+1}) / 2

    for a time of n t. Each feature is scaled to :math:`[-\pi/2, \pi/2]` first.

    Args:
        gamma_factor: Factor of the default inverse width.
        C: Inverse of the strength of regularisation.
        t: Time of evolution a feature.
        trotter_steps: Number of Trotter steps.
        scaling: Factor of the scaled features.
        gamma_of: Whose expectations the variance is that of: ``"train"`` for the training samples,
            ``"rows"`` for the samples that are asked about, so that a prediction depends on the
            others asked with it. The study did the latter.
        random_state: Seed of the directions, an integer.
        engine: How to run the circuits, as in `qjax.expectation`.

    Attributes:
        classes_: Labels.
        rotation_angles_: Euler angles of the directions, ``[n + 1, 3]``, radians.
        n_features_in_: Number of features.

    References:
        Huang et al., Nature Communications 12, 2631 (2021), arXiv 2011.01938; Bowles, Ahmed and
        Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import ProjectedQuantumKernel
        >>> model = ProjectedQuantumKernel(t=0.1, random_state=0)
        >>> model.get_params()["t"]
        0.1
    """

    def __init__(
        self,
        gamma_factor: float = 1.0,
        *,
        C: float = 1.0,
        t: float = 1 / 3,
        trotter_steps: int = 5,
        scaling: float = 1.0,
        gamma_of: str = "train",
        random_state: int = 42,
        engine: Any = None,
    ):
        self.gamma_factor = gamma_factor
        self.C = C
        self.t = t
        self.trotter_steps = trotter_steps
        self.scaling = scaling
        self.gamma_of = gamma_of
        self.random_state = random_state
        self.engine = engine

    def _fit_kernel(self, x: np.ndarray) -> None:
        check_whole(self, "trotter_steps")
        check_above_zero(self, "gamma_factor", "t")
        check_one_of(self, "gamma_of", GAMMAS)
        rng = np.random.default_rng(self.random_state)
        rng.integers(100000)  # The study's seed of the machine's own draws, which decide nothing.
        self.rotation_angles_ = rng.uniform(size=(x.shape[1] + 1, 3)) * 2 * np.pi
        self._embed = Partial(
            HeisenbergEmbedding(self.trotter_steps),
            jnp.asarray(self.rotation_angles_),
            jnp.asarray(float(self.t)),
        )

    def _features(self, x: np.ndarray) -> np.ndarray:
        return projected_features(self._embed, x, engine=self.engine).astype(np.float64)

    def _width(self, features: np.ndarray) -> float:
        return self.gamma_factor / (features.var() * self.n_features_in_)

    def _matrix(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        first = self._features(x)
        second = first if y is x else self._features(y)
        if y is x:
            self._gamma = self._width(first)
        gamma = self._gamma if self.gamma_of == "train" else self._width(first)
        # Differences are squared one by one: near samples lose no digits.
        return np.exp(-gamma * cdist(first, second, "sqeuclidean"))
