"""From a sample with any number of features to a circuit on a given number of qubits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, errors
from qjax.library import angle_encoding, iqp_encoding, zz_feature_map

_WIDEST = 8  # Qubits, where nothing is said.


def _angle(circuit: Circuit, row: jax.Array) -> Circuit:
    circuit, n = angle_encoding(circuit, row), circuit.n_qubits
    if n == 1:
        return circuit
    ring = [(q, (q + 1) % n) for q in range(n if n > 2 else 1)]
    return circuit.cz(*zip(*ring, strict=True))


def _zz(circuit: Circuit, row: jax.Array) -> Circuit:
    return zz_feature_map(circuit, row, reps=1, entanglement="linear")


# A layer of each feature map: one angle a qubit.
LAYERS: dict[str, Callable[[Circuit, jax.Array], Circuit]] = {
    "angle": _angle,
    "iqp": iqp_encoding,
    "zz": _zz,
}


@dataclasses.dataclass(frozen=True)
class Slots:
    """Where features go: feature i is angle i mod n of row i // n, and so on cyclically.

    All angles of all rows hold a feature: those left over in the last row take the first ones
    again.

    Attributes:
        features: Number of features.
        qubits: Number of qubits, n.

    Example:
        >>> import numpy as np
        >>> from qjax.estimators._encoding import Slots
        >>> Slots(features=5, qubits=4)(np.arange(5.0)[None]).tolist()
        [[0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 1.0, 2.0]]
    """

    features: int
    qubits: int

    @property
    def rows(self) -> int:
        """Rows of angles that hold all features."""
        return -(-self.features // self.qubits)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Angles ``[samples, rows * qubits]`` of samples ``[samples, features]``."""
        return x[:, np.arange(self.rows * self.qubits) % self.features]


@dataclasses.dataclass(frozen=True)
class Encoding:
    """A feature map by name, from the angles that `Slots` gives to a circuit.

    Two that are equal share what was compiled for one of them.
    """

    name: str
    qubits: int
    rows: int
    reps: int

    def __call__(self, x: jax.Array) -> Circuit:
        layer, circuit = LAYERS[self.name], Circuit(self.qubits)
        rows = x.reshape(self.rows, self.qubits)
        if self.rows * self.reps == 1:
            return layer(circuit, rows[0])
        return circuit.repeat(layer, jnp.tile(rows, (self.reps, 1)))


def qubits_for(features: int, qubits: Any) -> int:
    """The number of qubits: as many as features, but at most 8, where nothing is said."""
    return min(features, _WIDEST) if qubits is None else errors.positive(qubits, "n_qubits")
