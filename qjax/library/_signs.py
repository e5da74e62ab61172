"""Signs of amplitudes, made of Z, CZ, CCZ and so on: the gates of hypergraph states."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import GATES, Circuit, Gate
from qjax.library._checks import check_circuit


def sign_flips(circuit: Circuit, signs: Any) -> Circuit:
    r"""Appends diag(signs) on the first n qubits, made of Z gates with no, one and more controls.

    A sign of every bit string b is a polynomial over the field of two elements,

    .. math:: s_b = (-1)^{\bigoplus_S a_S \prod_{q \in S} b_q}

    and each :math:`a_S = 1` is one Z on a qubit of S controlled by the others. After a Hadamard on
    each qubit this prepares a hypergraph state, :math:`2^{-n/2} \sum_b s_b |b\rangle`. The sign of
    all zeros must be 1, or is taken out of all others, as a global phase.

    Args:
        circuit: A circuit on n qubits or more.
        signs: 1 and -1, ``[2**n]``. Where they are traced it is one ``diagonal`` instead, the same
            operator: one program for all signs.

    Returns:
        The circuit with the gates appended.

    Raises:
        ValueError: If there are not ``2**n`` signs for an n of at least 1 and at most the number of
            qubits, or one that is known is neither 1 nor -1.

    References:
        Rossi, Huber, Bruss and Macchiavello, arXiv 1211.5554; as the inputs and weights of a
        neuron, Tacchino et al., arXiv 1811.02266.

    Example:
        >>> import qjax
        >>> from qjax.library import sign_flips
        >>> circuit = sign_flips(qjax.Circuit(2).h(range(2)), [1, 1, 1, -1])
        >>> circuit.count_ops()
        {'h': 2, 'cz': 1}
        >>> qjax.statevector(circuit).real.round(4).tolist()
        [0.5, 0.5, 0.5, -0.5]
    """
    check_circuit(circuit)
    traced = isinstance(signs, jax.core.Tracer)
    signs = signs if traced else np.asarray(signs)
    n = int(signs.size).bit_length() - 1
    if signs.shape != (2**n,) or not 1 <= n <= circuit.n_qubits:
        raise ValueError(
            f"Argument `signs` must have shape (2**n,), n from 1 to {circuit.n_qubits}, but has "
            f"shape {signs.shape}."
        )
    if not traced and not np.all(np.abs(signs) == 1):
        raise ValueError("Argument `signs` must be 1 and -1, but has other values.")
    if traced:
        flipped = (signs * signs[0] < 0).astype(jnp.float32)
        return circuit.diagonal(jnp.pi * flipped, range(n))
    exponents = _polynomial(signs, n)
    for k in range(1, n + 1):
        sets = itertools.combinations(range(n), k)
        chosen = [each for each in sets if exponents[sum(1 << (n - 1 - q) for q in each)]]
        if chosen:
            circuit = circuit.apply(_controlled_z(k - 1), *zip(*chosen, strict=True))
    return circuit


def _polynomial(signs: np.ndarray, n: int) -> np.ndarray:
    """The exponents a of all sets of qubits, ``[2**n]``: the Moebius transform of the signs."""
    bits = (signs * signs[0] < 0).reshape((2,) * n)
    for axis in range(n):
        without, both = (bits.take(k, axis=axis) for k in (0, 1))
        bits = np.stack([without, without ^ both], axis=axis)
    return bits.reshape(-1)


@functools.cache
def _controlled_z(controls: int) -> Gate:
    """Z with some controls: one object each, so that circuits compare equal."""
    known = GATES.get("c" * controls + "z")
    return known or _controlled_z(controls - 1).controlled()
