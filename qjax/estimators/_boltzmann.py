"""Thermal states whose Hamiltonian is linear in the sample, read out on visible qubits."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.preprocessing import StandardScaler

from qjax.estimators._descent import Model, Params
from qjax.estimators._parameters import check_above_zero, check_one_of
from qjax.estimators._study_trained import StudyClassifier

# How many of n qubits are visible.
VISIBLE: dict[str, Callable[[int], int]] = {
    "single": lambda n: 1,
    "half": lambda n: max(1, n // 2),
    "full": lambda n: n,
}


@jax.custom_vjp
def thermal_mean(exponent: jax.Array, observable: jax.Array) -> jax.Array:
    r"""The mean :math:`\operatorname{Tr}(O e^A) / \operatorname{Tr} e^A`.

    Its derivative is that of the exponential itself, finite where eigenvalues coincide.

    Args:
        exponent: A, real and symmetric ``[d, d]``.
        observable: The diagonal of O, ``[d]``; not differentiated.
    """
    return _thermal(exponent, observable)[0]


def _thermal(exponent: jax.Array, observable: jax.Array) -> tuple[jax.Array, Any]:
    values, vectors = jnp.linalg.eigh(exponent)
    weights = jax.nn.softmax(values)
    turned = vectors.T @ (observable[:, None] * vectors)
    mean = weights @ jnp.diag(turned)
    return mean, (values - values.max(), vectors, weights, turned, mean)


def _thermal_backward(kept: Any, cotangent: jax.Array) -> tuple[jax.Array, None]:
    values, vectors, weights, turned, mean = kept
    # Divided differences of the exponential: of two equal values it is the exponential itself.
    gap = jnp.abs(values[:, None] - values[None, :])
    safe = jnp.where(gap > 0, gap, 1.0)
    larger = jnp.maximum(weights[:, None], weights[None, :])
    divided = larger * jnp.where(gap > 0, -jnp.expm1(-safe) / safe, 1.0)
    inner = divided * turned - jnp.diag(weights * mean)
    return cotangent * (vectors @ inner @ vectors.T), None


thermal_mean.defvjp(_thermal, _thermal_backward)


@dataclasses.dataclass(frozen=True)
class Boltzmann:
    """See `QuantumBoltzmannMachine`."""

    features: int
    visible: int
    temperature: float
    shared_pairs: bool

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Normal numbers for each term of the Hamiltonian and each feature."""
        n = self.features
        return {"thetas": jax.random.normal(key(), (2 * n + n * (n - 1) // 2, n))}

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """The mean of Z over the visible qubits."""
        n = self.features
        thetas = params["thetas"]
        signs, flips = _paulis(n)
        pairs = list(itertools.combinations(range(n), 2))
        rows = np.full(len(pairs), 2 * n) if self.shared_pairs else 2 * n + np.arange(len(pairs))
        both = np.array([signs[a] * signs[b] for a, b in pairs]).reshape(-1, 2**n)
        diagonal = x @ thetas[: 2 * n : 2].T @ signs + x @ thetas[rows].T @ both
        field = jnp.einsum("sf,qf,qab->sab", x, thetas[1 : 2 * n : 2], flips)
        exponent = -(field + jax.vmap(jnp.diag)(diagonal)) / self.temperature
        observable = jnp.asarray(signs[: self.visible].mean(0), x.dtype)
        return jax.vmap(thermal_mean, (0, None))(exponent, observable)

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """Cross-entropy of the probability that a visible qubit is up."""
        likely = (1 + y * self.decision(params, x)) / 2
        return -jnp.log(likely).mean()


def _paulis(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The diagonals of Z on each qubit ``[n, 2**n]``, and X on each ``[n, 2**n, 2**n]``."""
    index = np.arange(2**n)
    bits = index >> np.arange(n)[::-1, None] & 1
    flips = np.stack([np.eye(2**n)[index ^ 1 << (n - 1 - q)] for q in range(n)])
    return 1.0 - 2.0 * bits, flips


class QuantumBoltzmannMachine(StudyClassifier):
    r"""Thermal state of a Hamiltonian that is linear in the sample, for two classes.

    .. math:: f(x) = \operatorname{Tr}\bigl(O e^{-H(x) / T}\bigr) / \operatorname{Tr} e^{-H(x) / T},
              \qquad H(x) = \sum_i (\theta_i \cdot x) Z_i + (\theta'_i \cdot x) X_i +
              \sum_{i<j} (\theta''_{ij} \cdot x) Z_i Z_j

    with O the mean of Z over the visible qubits. The state is computed exactly, from the
    eigenvalues of H, so this is for few features. Features are scaled to mean 0 and deviation 1;
    the loss is the cross-entropy of the probability (1 + f) / 2.

    Args:
        visible_qubits: ``"single"``, ``"half"`` or ``"full"``.
        temperature: T.
        learning_rate: Of Adam.
        batch_size: Samples in a step, drawn with replacement.
        max_steps: Largest number of steps.
        convergence_interval: Steps over which the loss must be flat for training to end.
        scaling: Factor of the scaled features.
        shared_pairs: Whether all pairs share one row of weights. The original code did so, by a
            counter that was not advanced.
        random_state: Seed, an integer. With JAX's 64-bit mode and without
            ``jax_threefry_partitionable`` the draws are those of the study.

    Attributes:
        classes_: Labels.
        params_: Trained arrays by name.
        loss_curve_: Loss of each step.
        converged_: Whether the loss was flat in the end.
        n_features_in_: Number of features.

    References:
        Zoufal, Lucchi and Woerner, Quantum Machine Intelligence 3, 7 (2021), arXiv 2006.06004;
        Bowles, Ahmed and Schuld (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import QuantumBoltzmannMachine
        >>> model = QuantumBoltzmannMachine(temperature=10.0, random_state=0)
        >>> model.get_params()["temperature"]
        10.0
    """

    def __init__(
        self,
        visible_qubits: str = "single",
        *,
        temperature: float = 1.0,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        shared_pairs: bool = False,
        random_state: int = 42,
    ):
        self.visible_qubits = visible_qubits
        self.temperature = temperature
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.shared_pairs = shared_pairs
        self.random_state = random_state

    def _new_scaler(self) -> Any:
        return StandardScaler()

    def _model(self, features: int) -> Model:
        check_above_zero(self, "temperature")
        check_one_of(self, "visible_qubits", VISIBLE)
        return Boltzmann(
            features,
            VISIBLE[self.visible_qubits](features),
            float(self.temperature),
            bool(self.shared_pairs),
        )
