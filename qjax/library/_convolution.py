"""Quantum convolutional networks: one gate all along the register, then half of it is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from qjax.circuit import Circuit, errors
from qjax.library._checks import aligned, check_circuit, real

_CONVOLUTION = 15  # Angles of a gate on two qubits: all of SU(4).
_POOLING = 6  # Angles of the two rotations that an outcome chooses between.


def quantum_convolutional(circuit: Circuit, weights: Any) -> Circuit:
    r"""Appends a quantum convolutional network, which ends on qubit 0.

    A level l = 0, 1, ... acts on the qubits 0, s, 2s, ... that are left, :math:`s = 2^l`.

    - Convolutions: layers of one gate :math:`U` on neighbours, the pairs (1st, 2nd), (3rd, 4th)
      and so on first, then (2nd, 3rd), (4th, 5th) and so on. With :math:`V(\alpha) =
      RZ(\alpha_3) RY(\alpha_2) RZ(\alpha_1)` it is any two-qubit gate up to a phase,

      .. math:: U = \bigl( V(w_{10..12}) \otimes V(w_{13..15}) \bigr) \,
                e^{-\frac{i}{2} (w_7 XX + w_8 YY + w_9 ZZ)} \,
                \bigl( V(w_{1..3}) \otimes V(w_{4..6}) \bigr)

    - Pooling: the 2nd, 4th, ... qubits are measured and the one before each is rotated by
      :math:`V(p_{1..3})`, and by :math:`V(p_{4..6})` after it where the outcome is 1. A last one
      without a partner stays. The measurements are deferred: the rotations are controlled, and
      nothing acts on a measured qubit again.

    All pairs of a layer share their angles. After all levels only qubit 0 is left; measure it.

    Args:
        circuit: A circuit on n qubits, at least 2.
        weights: Real ``[levels, 15 * layers + 6]``, radians: a row has the angles of its layers of
            convolutions in turn, then those of the pooling; see `quantum_convolutional_shape`.

    Returns:
        The circuit with the network appended.

    Raises:
        TypeError: If the weights are not real.
        ValueError: If they have another shape or are not finite.

    References:
        Cong, Choi and Lukin, Nature Physics 15, 1273 (2019), arXiv 1810.03787. They pool three
        qubits to one. The form of U: Vatan and Williams, arXiv quant-ph/0308006.

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from qjax.library import quantum_convolutional, quantum_convolutional_shape
        >>> weights = jnp.zeros(quantum_convolutional_shape(1, 8))
        >>> circuit = quantum_convolutional(qjax.Circuit(8), weights)
        >>> circuit.count_ops()["rxx"], circuit.count_ops()["cry"]  # 7 + 3 + 1 and 4 + 2 + 1.
        (11, 7)
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    weights = real(weights, "weights")
    if not _fits(weights.shape, n):
        most = (n - 1).bit_length()
        raise ValueError(
            "Argument `weights` must have shape (levels, 15 * layers + 6) with at least one layer "
            f"and 1 to {most} levels on {n} qubits, but has shape {weights.shape}."
            if most
            else "Argument `circuit` must have at least 2 qubits, but has 1."
        )
    (weights,) = aligned(weights)

    for level in range(weights.shape[0]):
        row, left = weights[level], range(0, n, 2**level)
        for layer in range(row.shape[0] // _CONVOLUTION):
            circuit = _convolve(circuit, row[layer * _CONVOLUTION :], left)
        circuit = _pool(circuit, row[-_POOLING:], left)
    return circuit


def quantum_convolutional_shape(layers: int, n: int, levels: int | None = None) -> tuple[int, int]:
    """Shape of the weights of `quantum_convolutional` on n qubits.

    Args:
        layers: Layers of convolutions before each pooling.
        n: Number of qubits, at least 2.
        levels: Number of poolings; as many as leave one qubit if None.

    Returns:
        ``(levels, angles of a level)``.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If `layers` or `levels` is below 1, `n` below 2, or there are more levels than
            leave one qubit.

    Example:
        >>> from qjax.library import quantum_convolutional_shape
        >>> quantum_convolutional_shape(2, 8)
        (3, 36)
    """
    layers, n = errors.positive(layers, "layers"), errors.positive(n, "n")
    if n < 2:
        raise ValueError(f"Argument `n` must be at least 2, but is {n}.")
    most = (n - 1).bit_length()
    levels = most if levels is None else errors.positive(levels, "levels")
    if levels > most:
        raise ValueError(
            f"Argument `levels` must be at most {most} on {n} qubits, but is {levels}."
        )
    return levels, _CONVOLUTION * layers + _POOLING


def _fits(shape: tuple[int, ...], n: int) -> bool:
    if len(shape) != 2 or not 1 <= shape[0] <= (n - 1).bit_length():
        return False
    layers, rest = divmod(shape[1] - _POOLING, _CONVOLUTION)
    return layers >= 1 and rest == 0


def _convolve(circuit: Circuit, w: Any, left: Sequence[int]) -> Circuit:
    """One layer: every pair of neighbours, those that begin at an even place first."""
    for start in (0, 1):
        first, second = left[start:-1:2], left[start + 1 :: 2]
        if first:
            circuit = _turn(circuit, w[:6], first, second)
            for k, gate in enumerate(("rxx", "ryy", "rzz")):
                circuit = getattr(circuit, gate)(w[6 + k], first, second)
            circuit = _turn(circuit, w[9:15], first, second)
    return circuit


def _turn(circuit: Circuit, w: Any, first: Sequence[int], second: Sequence[int]) -> Circuit:
    """V of three angles on each first qubit, and of three more on each second one."""
    angles = jnp.repeat(w.reshape(2, 3), len(first), axis=0)
    for k, gate in enumerate(("rz", "ry", "rz")):
        circuit = getattr(circuit, gate)(angles[:, k], [*first, *second])
    return circuit


def _pool(circuit: Circuit, w: Any, left: Sequence[int]) -> Circuit:
    measured = left[1::2]
    kept = left[: 2 * len(measured) : 2]
    circuit = circuit.rz(w[0], kept).ry(w[1], kept).rz(w[2], kept)
    return circuit.crz(w[3], measured, kept).cry(w[4], measured, kept).crz(w[5], measured, kept)
