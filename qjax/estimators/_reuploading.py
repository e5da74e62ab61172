"""Circuits that take in their sample again and again, compared with the states of two labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.preprocessing import MinMaxScaler

from qjax.circuit import Circuit, Z
from qjax.estimators._descent import Model, Params
from qjax.estimators._parameters import check_one_of, check_whole
from qjax.estimators._study_trained import StudyClassifier
from qjax.measure import expectation

# How many of q qubits are measured.
OBSERVED: dict[str, Callable[[int], int]] = {
    "single": lambda q: 1,
    "half": lambda q: max(1, q // 2),
    "full": lambda q: q,
}


@dataclasses.dataclass(frozen=True)
class DataReuploading:
    """See `DataReuploadingClassifier`."""

    qubits: int
    layers: int
    observed: int
    engine: Any

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Numbers up to 1."""
        layers = self.layers + 1
        return {
            "thetas": jax.random.uniform(key(), (self.qubits, layers, 3)),
            "omegas": jax.random.uniform(key(), (layers, self.qubits * 3)),
            "alphas": jnp.ones((2, self.observed)),
        }

    def circuit(self, params: Params, x: jax.Array) -> Circuit:
        """The circuit of one padded sample ``[3 qubits]``."""
        scaled = (params["omegas"] * x[None]).reshape(self.layers + 1, self.qubits, 3)
        angles = scaled + params["thetas"].transpose(1, 0, 2)
        circuit, pairs = Circuit(self.qubits), self.layers // 2
        if pairs > 1:
            rows = angles[: 2 * pairs].reshape(pairs, 2, self.qubits, 3)
            circuit = circuit.repeat(
                lambda c, row: self._layer(self._layer(c, row[0], 0), row[1], 1), rows
            )
        for layer in range(2 * pairs if pairs > 1 else 0, self.layers):
            circuit = self._layer(circuit, angles[layer], layer % 2)
        return _rotate(circuit, angles[-1])

    def _layer(self, circuit: Circuit, angles: jax.Array, first: int) -> Circuit:
        circuit, controls = _rotate(circuit, angles), range(first, self.qubits - 1, 2)
        return circuit.cz(controls, [q + 1 for q in controls]) if controls else circuit

    def outputs(self, params: Params, x: jax.Array) -> jax.Array:
        """Expectations of Z of the qubits that are measured, ``[samples, observed]``."""
        observables = [Z(q) for q in range(self.observed)]
        return jax.vmap(
            lambda x: expectation(self.circuit(params, x), observables, engine=self.engine)
        )(x)

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """Their mean."""
        return self.outputs(params, x).mean(1)

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """Weighted fidelities with the states of the labels, equation 23 of the paper."""
        z, y = self.outputs(params, x), y[:, None]
        terms = [
            (alpha[None] * (1 + sign * z) / 2 - (1 + sign * y) / 2) ** 2
            for alpha, sign in zip(params["alphas"], (-1, 1), strict=True)
        ]
        return sum(term.sum() for term in terms) / (2 * len(y))


def _rotate(circuit: Circuit, angles: jax.Array) -> Circuit:
    """RZ, RY, RZ on every qubit, by angles ``[qubits, 3]``."""
    qubits = range(circuit.n_qubits)
    return circuit.rz(angles[:, 0], qubits).ry(angles[:, 1], qubits).rz(angles[:, 2], qubits)


class _Padded(MinMaxScaler):
    """Scales, and fills up with features that are 0, so that there are three for each qubit."""

    def transform(self, X: Any) -> np.ndarray:
        x = super().transform(X)
        return np.pad(x, ((0, 0), (0, -x.shape[1] % 3)))


class DataReuploadingClassifier(StudyClassifier):
    r"""Circuit that takes in its sample once a layer, for two classes.

    .. math:: U(x) = R(\omega_L x + \theta_L) \prod_{l<L} E_l \, R(\omega_l x + \theta_l), \qquad
              R = R_z R_y R_z

    Three features share a qubit; :math:`E_l` is CZ on every second pair of neighbours. With F the
    fidelity of a qubit with the state of a label and 1 - F with that of the other, the loss is
    :math:`\tfrac12 \sum_q (\alpha^0_q F^0_q - [y = 0])^2 + (\alpha^1_q F^1_q - [y = 1])^2`; the
    weights alpha are trained too. The numbers of the study are of this circuit; its code, as it was
    left, rotates by :math:`\omega_l x` and :math:`\theta_l` one after the other.

    Args:
        n_layers: Layers L.
        observable_type: Qubits that are measured: ``"single"``, ``"half"`` or ``"full"``.
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
        Pérez-Salinas et al., Quantum 4, 226 (2020), arXiv 1907.02085; Bowles, Ahmed and Schuld
        (2024), arXiv 2403.07059.

    Example:
        >>> from qjax.estimators import DataReuploadingClassifier
        >>> model = DataReuploadingClassifier(n_layers=5, random_state=0)
        >>> model.get_params()["n_layers"]
        5
    """

    _integers = 100000

    def __init__(
        self,
        n_layers: int = 4,
        *,
        observable_type: str = "single",
        learning_rate: float = 0.05,
        batch_size: int = 32,
        max_steps: int = 10000,
        convergence_interval: int = 200,
        scaling: float = 1.0,
        random_state: int = 42,
        engine: Any = None,
    ):
        self.n_layers = n_layers
        self.observable_type = observable_type
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.convergence_interval = convergence_interval
        self.scaling = scaling
        self.random_state = random_state
        self.engine = engine

    def _new_scaler(self) -> Any:
        return _Padded((-np.pi / 2, np.pi / 2))

    def _model(self, features: int) -> Model:
        check_whole(self, "n_layers")
        check_one_of(self, "observable_type", OBSERVED)
        qubits = features // 3
        return DataReuploading(
            qubits, self.n_layers, OBSERVED[self.observable_type](qubits), self.engine
        )
