"""Ansaetze: layers of rotations with trained angles, and entangling gates between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, errors
from qjax.library._checks import (
    aligned,
    check_circuit,
    layers_of,
    real,
    rotation_gate,
    two_qubit_gate,
)
from qjax.library._layers import entangle, layered, pairs_of


def hardware_efficient(
    circuit: Circuit,
    weights: Any,
    rotations: Sequence[str] = ("ry", "rz"),
    entangler: str = "ring",
    gate: str = "cx",
) -> Circuit:
    r"""Appends layers of single-qubit rotations, each followed by entangling gates.

    .. math:: \prod_l \; E \; \prod_q R_k(w_{lqk}) \cdots R_1(w_{lq1}), \quad l = 1, 2, \dots
              \text{ from right to left}

    Args:
        circuit: A circuit on n qubits.
        weights: Real ``[layers, n, len(rotations)]``, radians; see `hardware_efficient_shape`.
        rotations: Gates on each qubit, the first acting first: ``"rx"``, ``"ry"``, ``"rz"``,
            ``"p"``.
        entangler: Which pairs E joins, in this order. ``"chain"``: (0, 1), (1, 2) and so on.
            ``"ring"``: a chain, then (n-1, 0) where n > 2. ``"full"``: every pair (a, b), a < b.
            ``"brickwork"``: (0, 1), (2, 3) and so on, then (1, 2), (3, 4) and so on.
        gate: What joins a pair, the first qubit being the control: ``"cx"``, ``"cz"``, ``"cy"``,
            ``"ch"``, ``"swap"``, ``"iswap"``.

    Returns:
        The circuit with the layers appended; several are one ``repeat``.

    Raises:
        TypeError: If the weights are not real.
        ValueError: If they have another shape or are not finite, or a name is unknown.

    References:
        Kandala et al., Nature 549, 242 (2017), arXiv 1704.05050.

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from qjax.library import hardware_efficient, hardware_efficient_shape
        >>> weights = jnp.zeros(hardware_efficient_shape(6, 4))
        >>> hardware_efficient(qjax.Circuit(4), weights, entangler="chain").count_ops()
        {'ry': 24, 'rz': 24, 'cx': 18}
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    names = [rotation_gate(name, "rotations") for name in _sequence(rotations)]
    weights = layers_of(weights, "weights", n, len(names))
    pairs, gate = pairs_of(entangler, n), two_qubit_gate(gate, "gate")

    def layer(circuit: Circuit, w: Any) -> Circuit:
        for k, name in enumerate(names):
            circuit = getattr(circuit, name)(w[:, k], range(n))
        return entangle(circuit, gate, pairs)

    return layered(circuit, layer, weights)


def hardware_efficient_shape(
    layers: int, n: int, rotations: Sequence[str] = ("ry", "rz")
) -> tuple[int, int, int]:
    """Shape of the weights of `hardware_efficient` on n qubits.

    Args:
        layers: Number of layers.
        n: Number of qubits.
        rotations: Gates on each qubit, as there; a name alone is one gate.

    Returns:
        ``(layers, n, len(rotations))``.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is below 1, or no rotation is named.

    Example:
        >>> from qjax.library import hardware_efficient_shape
        >>> hardware_efficient_shape(6, 4)
        (6, 4, 2)
    """
    return errors.positive(layers, "layers"), errors.positive(n, "n"), len(_sequence(rotations))


def strongly_entangling(
    circuit: Circuit, weights: Any, ranges: Sequence[int] | None = None, gate: str = "cx"
) -> Circuit:
    r"""Appends strongly entangling layers, as ``StronglyEntanglingLayers`` of PennyLane.

    Layer l rotates every qubit by :math:`RZ(w_{lq3}) RY(w_{lq2}) RZ(w_{lq1})`, then joins by `gate`
    qubit q to qubit :math:`(q + r_l) \bmod n` for q = 0, 1, ..., n-1. By default
    :math:`r_l = (l \bmod (n - 1)) + 1`, l counted from 0.

    Args:
        circuit: A circuit on n qubits; on one there is no CX.
        weights: Real ``[layers, n, 3]``, radians; see `strongly_entangling_shape`.
        ranges: The range r of each layer, from 1 to n-1.
        gate: What joins a pair, as in `hardware_efficient`.

    Returns:
        The circuit with the layers appended. One period of the ranges is the body of a ``repeat``,
        so that compile time does not grow with the number of periods.

    Raises:
        TypeError: If the weights are not real, or a range is not an integer.
        ValueError: If the weights have another shape or are not finite, there are not as many
            ranges as layers, a range is not between 1 and n-1, or the gate is unknown.

    References:
        Schuld et al., "Circuit-centric quantum classifiers", arXiv 1804.00633.

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from qjax.library import strongly_entangling, strongly_entangling_shape
        >>> weights = jnp.zeros(strongly_entangling_shape(8, 3))
        >>> circuit = strongly_entangling(qjax.Circuit(3), weights)
        >>> len(circuit), circuit.count_ops()
        (1, {'rz': 48, 'ry': 24, 'cx': 24})
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    weights = layers_of(weights, "weights", n, 3)
    ranges, gate = _ranges(ranges, weights.shape[0], n), two_qubit_gate(gate, "gate")
    period = _period(ranges)
    whole = len(ranges) // period * period

    def rounds(circuit: Circuit, w: Any) -> Circuit:
        for r, row in zip(ranges, w, strict=False):
            circuit = (
                circuit.rz(row[:, 0], range(n)).ry(row[:, 1], range(n)).rz(row[:, 2], range(n))
            )
            circuit = entangle(circuit, gate, [(q, (q + r) % n) for q in range(n) if n > 1])
        return circuit

    circuit = layered(circuit, rounds, weights[:whole].reshape(-1, period, n, 3))
    return rounds(circuit, weights[whole:])


def strongly_entangling_shape(layers: int, n: int) -> tuple[int, int, int]:
    """Shape of the weights of `strongly_entangling` on n qubits.

    Args:
        layers: Number of layers.
        n: Number of qubits.

    Returns:
        ``(layers, n, 3)``.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is below 1.

    Example:
        >>> from qjax.library import strongly_entangling_shape
        >>> strongly_entangling_shape(8, 3)
        (8, 3, 3)
    """
    return errors.positive(layers, "layers"), errors.positive(n, "n"), 3


def data_reuploading(
    circuit: Circuit,
    x: Any,
    weights: Any,
    scales: Any = None,
    entangler: str = "ring",
    gate: str = "cz",
) -> Circuit:
    r"""Appends layers that each encode the sample again, shifted and scaled by trained angles.

    In layer l qubit q is rotated by :math:`RZ(a_3) RY(a_2) RZ(a_1)` with the angles

    .. math:: a_{lqk} = w_{lqk} + s_{lqk} x_{qk}

    and then the qubits are entangled, in the last layer too.

    Args:
        circuit: A circuit on n qubits; on one there is no entangling gate.
        x: One sample: real ``[n, 3]``, one feature an angle, or ``[n]``, a qubit's feature in all
            three of its angles.
        weights: The shifts w, real ``[layers, n, 3]``; see `data_reuploading_shape`.
        scales: The factors s, of the same shape; 1 by default.
        entangler: As in `hardware_efficient`.
        gate: As in `hardware_efficient`.

    Returns:
        The circuit with the layers appended; several are one ``repeat``.

    Raises:
        TypeError: If an argument is not real.
        ValueError: If an argument has another shape or is not finite, or a name is unknown.

    References:
        Pérez-Salinas et al., Quantum 4, 226 (2020), arXiv 1907.02085, where a layer is
        U(w + s x), and CZ entangles.

    Example:
        >>> import jax, jax.numpy as jnp, qjax
        >>> from qjax.library import data_reuploading, data_reuploading_shape
        >>> weights = jnp.zeros(data_reuploading_shape(3, 2))
        >>> predict = lambda x: qjax.expectation(
        ...     data_reuploading(qjax.Circuit(2), x, weights), qjax.Z(0))
        >>> jax.vmap(predict)(jnp.zeros((5, 2))).tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    x = real(x, "x", (n,), (n, 3))
    weights = layers_of(weights, "weights", n, 3)
    scales = np.ones(weights.shape) if scales is None else real(scales, "scales", weights.shape)
    x, weights, scales = aligned(x, weights, scales)
    x = x if x.ndim == 2 else x[:, None]
    angles = weights + scales * jnp.broadcast_to(x, weights.shape)
    pairs, gate = pairs_of(entangler, n), two_qubit_gate(gate, "gate")

    def layer(circuit: Circuit, a: Any) -> Circuit:
        circuit = circuit.rz(a[:, 0], range(n)).ry(a[:, 1], range(n)).rz(a[:, 2], range(n))
        return entangle(circuit, gate, pairs)

    return layered(circuit, layer, angles)


def data_reuploading_shape(layers: int, n: int) -> tuple[int, int, int]:
    """Shape of the weights of `data_reuploading` on n qubits, and of its scales.

    Args:
        layers: Number of layers.
        n: Number of qubits.

    Returns:
        ``(layers, n, 3)``.

    Raises:
        TypeError: If a number is not an integer.
        ValueError: If one is below 1.

    Example:
        >>> from qjax.library import data_reuploading_shape
        >>> data_reuploading_shape(3, 2)
        (3, 2, 3)
    """
    return errors.positive(layers, "layers"), errors.positive(n, "n"), 3


def _sequence(rotations: Any) -> tuple[str, ...]:
    """The names; a string alone is one of them."""
    names = (rotations,) if isinstance(rotations, str) else tuple(rotations)
    if not names:
        raise ValueError("Argument `rotations` must name at least one gate, but is empty.")
    return names


def _ranges(ranges: Any, layers: int, n: int) -> tuple[int, ...]:
    if n == 1:
        return (0,) * layers
    if ranges is None:
        return tuple(layer % (n - 1) + 1 for layer in range(layers))
    ranges = tuple(errors.positive(r, "ranges") for r in ranges)
    if len(ranges) != layers:
        raise ValueError(
            f"Argument `ranges` must have one entry a layer, {layers}, but has {len(ranges)}."
        )
    if max(ranges) >= n:
        raise ValueError(
            f"Argument `ranges` must be between 1 and {n - 1} on {n} qubits, but is {max(ranges)}."
        )
    return ranges


def _period(ranges: tuple[int, ...]) -> int:
    """The smallest p such that every range equals the one p layers later."""
    return next(p for p in range(1, len(ranges) + 1) if ranges[p:] == ranges[:-p])
