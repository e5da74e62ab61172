"""Small matrices: Pauli words, direct sums, and the checks of a gate's definition."""

from __future__ import annotations

from typing import Any

import numpy as np

PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def pauli_matrix(word: str) -> np.ndarray:
    """Matrix of a Pauli word, its first letter on the most significant bit."""
    total = np.eye(1, dtype=complex)
    for letter in word:
        total = np.kron(total, PAULIS[letter])
    return total


def direct_sum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Block diagonal matrix of two."""
    total = np.zeros((len(a) + len(b),) * 2, complex)
    total[: len(a), : len(a)] = a
    total[len(a) :, len(a) :] = b
    return total


def qubits_of(shape: tuple[int, ...], name: str, field: str) -> int:
    """Number of qubits of a gate's matrix; raises ValueError where its shape is wrong."""
    k = int(shape[0]).bit_length() - 1 if shape else 0
    if k < 1 or shape != (2**k, 2**k):
        raise ValueError(
            f"Argument `{field}` of gate `{name}` must have shape (2**k, 2**k), k >= 1, but has "
            f"shape {tuple(shape)}."
        )
    return k


def _check_finite(value: Any, name: str, field: str) -> np.ndarray:
    array = np.asarray(value, complex)
    qubits_of(array.shape, name, field)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"Argument `{field}` of gate `{name}` must be finite, but has inf or nan.")
    return array


def check_unitary(value: Any, name: str, field: str) -> np.ndarray:
    """A gate's matrix as an array; raises ValueError where it is not unitary."""
    array = _check_finite(value, name, field)
    error = unitarity_error(array)
    if error > 1e-6:
        raise ValueError(
            f"Argument `{field}` of gate `{name}` must be unitary, but |U^H U - I| is {error:.1e}."
        )
    return array


def check_hermitian(value: Any, name: str, field: str) -> np.ndarray:
    """A generator as an array; raises ValueError where it is not Hermitian."""
    array = _check_finite(value, name, field)
    error = float(np.max(np.abs(array - array.conj().T)))
    if error > 1e-6:
        raise ValueError(
            f"Argument `{field}` of gate `{name}` must be Hermitian, but |G - G^H| is {error:.1e}."
        )
    return array


def unitarity_error(matrix: np.ndarray) -> float:
    """Largest entry of |U^H U - I|, over leading axes too."""
    product = np.swapaxes(matrix.conj(), -1, -2) @ matrix
    return float(np.max(np.abs(product - np.eye(matrix.shape[-1]))))
