"""What is computed, told without any library: sizes, fixed seeds, and NumPy inputs.

A workload is a small frozen value. Its inputs are NumPy arrays in single precision, the first of
which is differentiated, so that every library starts from the same numbers. An adapter says how
one library computes the workload.
"""

import dataclasses
from typing import Protocol

import numpy as np


class Workload(Protocol):
    """What every workload has."""

    @property
    def name(self) -> str: ...

    @property
    def tolerance(self) -> float:
        """Relative error up to which two answers count as the same, in single precision."""

    def inputs(self) -> tuple[np.ndarray, ...]:
        """Returns the arguments of the computation, the differentiated one first."""


@dataclasses.dataclass(frozen=True)
class Qml:
    """Mean squared loss of a variational classifier over a batch, and its gradient in the weights.

    RY(x) on every qubit; then in each layer RY and RZ on every qubit and a ring of CNOTs,
    i -> (i + 1) % qubits for i in order. A sample's prediction is <Z> of qubit 0.
    """

    qubits: int
    layers: int
    batch: int
    family: str = "qml"
    tolerance: float = 1e-5

    @property
    def name(self) -> str:
        return f"{self.family}-{self.qubits}-{self.layers}-{self.batch}"

    def inputs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns weights [layers, qubits, 2], x [batch, qubits] and y [batch] of -1 and 1."""
        rng = np.random.default_rng(20)
        x = rng.uniform(0, np.pi, (self.batch, self.qubits))
        y = rng.choice([-1.0, 1.0], self.batch)
        weights = rng.uniform(0, 2 * np.pi, (self.layers, self.qubits, 2))
        return weights.astype(np.float32), x.astype(np.float32), y.astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Tfim:
    """Energy of the open transverse-field Ising chain, and its gradient in the angles.

    |+> on every qubit; then in each layer RZZ on every bond of the chain and RX on every qubit.
    H = -sum Z[i] Z[i+1] - sum X[i].
    """

    qubits: int
    layers: int
    family: str = "tfim"
    tolerance: float = 1e-5

    @property
    def name(self) -> str:
        return f"{self.family}-{self.qubits}-{self.layers}"

    def inputs(self) -> tuple[np.ndarray]:
        """Returns angles [layers, 2 * qubits - 1]: a layer's RZZ angles, then its RX angles."""
        rng = np.random.default_rng(21)
        # Small angles: at random ones the energy is close to 0, where a relative error says little.
        return (rng.uniform(0, 0.5, (self.layers, 2 * self.qubits - 1)).astype(np.float32),)


def deep(qubits: int, layers: int, batch: int) -> Qml:
    """Returns the classifier at a depth where compile time, memory and rounding show."""
    # Over tens of thousands of gates single precision loses more than two digits.
    return Qml(qubits, layers, batch, family="deep", tolerance=1e-3)


FAMILIES = {"qml": Qml, "tfim": Tfim, "deep": deep}

PRESETS = (
    "qml-8-4-256",
    "qml-10-3-100",
    "qml-12-6-64",
    "tfim-12-4",
    "tfim-18-10",
    "qml-20-8-1",
    "deep-12-10-4",
    "deep-12-100-4",
    "deep-12-1000-4",
)


def parse(name: str) -> Workload:
    """Returns the workload that a name such as "qml-8-4-256" or "tfim-12-4" describes."""
    family, *sizes = name.split("-")
    try:
        workload = FAMILIES[family](*map(int, sizes))
        if min(map(int, sizes)) < 1:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"Argument `name` must be a family and its sizes, such as {', '.join(PRESETS[:4])}, "
            f"but is {name!r}."
        ) from None
    return workload
