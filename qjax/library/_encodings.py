"""Encodings: circuits whose angles are the features of one sample."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, errors
from qjax.library._checks import check_circuit, choice, real, rotation_gate
from qjax.library._layers import PATTERNS, Pairs, layered


def angle_encoding(circuit: Circuit, x: Any, rotation: str = "ry") -> Circuit:
    r"""Appends one rotation a feature, :math:`\prod_i R(x_i)` with feature i on qubit i.

    Args:
        circuit: A circuit on n qubits.
        x: Real ``[n]``, radians.
        rotation: ``"rx"``, ``"ry"``, ``"rz"`` or ``"p"``; the last two act on phases only, so
            put a layer of ``h`` before them.

    Returns:
        The circuit with n rotations appended.

    Raises:
        TypeError: If ``x`` is not real.
        ValueError: If ``x`` has another shape or is not finite, or the rotation is unknown.

    Example:
        >>> import numpy as np, qjax
        >>> from qjax.library import angle_encoding
        >>> circuit = angle_encoding(qjax.Circuit(2), [0.0, np.pi / 2])
        >>> qjax.expectation(circuit, [qjax.Z(0), qjax.X(1)]).round(4).tolist()
        [1.0, 1.0]
    """
    check_circuit(circuit)
    gate = rotation_gate(rotation, "rotation")
    x = real(x, "x", (circuit.n_qubits,))
    return getattr(circuit, gate)(x, range(circuit.n_qubits))


def iqp_encoding(
    circuit: Circuit, x: Any, depth: int = 1, pairs: Iterable[tuple[int, int]] | None = None
) -> Circuit:
    r"""Appends the diagonal ("IQP") encoding of features and their products.

    Each of ``depth`` layers is

    .. math:: \prod_{(i,j)} e^{-i x_i x_j Z_i Z_j / 2} \prod_i e^{-i x_i Z_i / 2} \; H^{\otimes n}

    which is ``IQPEmbedding`` of PennyLane.

    Args:
        circuit: A circuit on n qubits.
        x: Real ``[n]``.
        depth: Number of layers.
        pairs: Pairs (i, j) of qubits; all pairs by default, none if empty.

    Returns:
        The circuit with the layers appended; several are one ``repeat``.

    Raises:
        TypeError: If ``x`` is not real, or ``depth`` is not an integer.
        ValueError: If ``x`` has another shape, ``depth`` is below 1, or a pair is not two
            different qubits of the circuit.

    References:
        Havlicek et al., Nature 567, 209 (2019), arXiv 1804.11326.

    Example:
        >>> import qjax
        >>> from qjax.library import iqp_encoding
        >>> iqp_encoding(qjax.Circuit(3), [0.1, 0.2, 0.3], depth=2).count_ops()
        {'h': 6, 'rz': 6, 'rzz': 6}
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    x = real(x, "x", (n,))
    depth = errors.positive(depth, "depth")
    a, b = _columns(PATTERNS["full"](n) if pairs is None else _checked_pairs(pairs, n))

    def layer(circuit: Circuit, _: Any) -> Circuit:
        circuit = circuit.h(range(n)).rz(x, range(n))
        return circuit.rzz(x[a] * x[b], a, b) if len(a) else circuit

    return layered(circuit, layer, length=depth)


_ENTANGLEMENT = {"circular": "ring", "full": "full", "linear": "chain"}


def zz_feature_map(circuit: Circuit, x: Any, reps: int = 2, entanglement: str = "full") -> Circuit:
    r"""Appends the ZZ feature map, equal to Qiskit's ``ZZFeatureMap`` amplitude for amplitude.

    Each of ``reps`` layers is a Hadamard and P(2 x_i) on every qubit i, then on every pair (i, j)

    .. math:: CX_{ij} \; P_j\bigl(2 (\pi - x_i)(\pi - x_j)\bigr) \; CX_{ij}

    All of it but the Hadamards is diagonal: the gate of a pair, P(t) on the parity of two bits, is
    appended as the equal P(t) on each of them and CP(-2t), which engines fuse into one pass.

    Args:
        circuit: A circuit on n qubits.
        x: Real ``[n]``, feature i on qubit i. (Qiskit's qubit i is bit i from the right of a basis
            index, ours from the left.)
        reps: Number of layers.
        entanglement: ``"full"``, ``"linear"`` (neighbours) or ``"circular"`` (neighbours, and the
            last with the first where there are more than two).

    Returns:
        The circuit with the layers appended; several are one ``repeat``.

    Raises:
        TypeError: If ``x`` is not real, or ``reps`` is not an integer.
        ValueError: If ``x`` has another shape, ``reps`` is below 1, or the entanglement is unknown.

    References:
        Havlicek et al., Nature 567, 209 (2019), arXiv 1804.11326.

    Example:
        >>> import numpy as np, qjax
        >>> from qjax.library import zz_feature_map
        >>> kernel = lambda x, y: abs(qjax.amplitude(
        ...     zz_feature_map(qjax.Circuit(2), x) + zz_feature_map(qjax.Circuit(2), y).inverse(),
        ...     "00")) ** 2
        >>> round(float(kernel([0.1, 0.2], [0.1, 0.2])), 4)
        1.0
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    x = jnp.asarray(real(x, "x", (n,)))
    reps = errors.positive(reps, "reps")
    pattern = _ENTANGLEMENT[choice(entanglement, "entanglement", _ENTANGLEMENT)]
    a, b = _columns(PATTERNS[pattern](n))
    pair = 2 * (jnp.pi - x[a]) * (jnp.pi - x[b])
    single = (2 * x).at[a].add(pair).at[b].add(pair)

    def layer(circuit: Circuit, _: Any) -> Circuit:
        circuit = circuit.h(range(n)).p(single, range(n))
        return circuit.cp(-2 * pair, a, b) if len(a) else circuit

    return layered(circuit, layer, length=reps)


def _columns(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.array(pairs, int).reshape(-1, 2).T
    return first, second


def _checked_pairs(pairs: Any, n: int) -> Pairs:
    if isinstance(pairs, str) or not hasattr(pairs, "__iter__"):
        raise TypeError(f"Argument `pairs` must be pairs of qubits, but is {pairs!r}.")
    checked = []
    for pair in pairs:
        row = errors.as_qubits(pair, n, "pairs")
        if isinstance(row, int) or len(row) != 2 or row[0] == row[1]:
            raise ValueError(
                f"Argument `pairs` must hold pairs of different qubits, but holds {pair!r}."
            )
        checked.append((row[0], row[1]))
    return checked
