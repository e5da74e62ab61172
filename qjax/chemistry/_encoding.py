"""Which qubits hold the occupations of fermionic modes."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from qjax.circuit import errors

# Masks of qubits and modes, and a pair of them that is sorted as one number, are 64-bit integers.
_MOST_MODES = 31


class Encoding(NamedTuple):
    r"""A linear encoding of occupations, :math:`b = A n` over GF(2), one qubit a mode.

    A is lower triangular: a qubit holds a sum of its own mode and of earlier ones.

    Masks have bit q for qubit q, as the words of an observable have.

    Attributes:
        flips: For each mode, the qubits that change with its occupation: a column of A.
        reads: For each mode, the qubits whose parity is its occupation: a row of the inverse.
    """

    flips: tuple[int, ...]
    reads: tuple[int, ...]

    @property
    def n_modes(self) -> int:
        """Number of modes, and of qubits."""
        return len(self.flips)

    @property
    def parities(self) -> tuple[int, ...]:
        """For each mode, the qubits whose parity is that of all modes before it."""
        before = [0]
        for mask in self.reads[:-1]:
            before.append(before[-1] ^ mask)
        return tuple(before)

    def encode(self, occupations: np.ndarray) -> np.ndarray:
        """Masks of qubits that are 1, from masks of modes that are occupied."""
        total = np.zeros_like(occupations)
        for mode, mask in enumerate(self.flips):
            total ^= (occupations >> mode & 1) * mask
        return total


def jordan_wigner(n_modes: int) -> Encoding:
    r"""The Jordan-Wigner encoding: qubit j holds the occupation of mode j.

    .. math:: a_j = Z_0 \cdots Z_{j-1} \, \tfrac12 (X_j + i Y_j)

    Args:
        n_modes: Number of modes, from 1 to 31.

    Raises:
        TypeError: If it is not an integer.
        ValueError: If it is out of range.

    References:
        Jordan and Wigner, Z. Phys. 47, 631 (1928).

    Example:
        >>> from qjax.chemistry import jordan_wigner, number
        >>> number(jordan_wigner(2))
        1 I() + -0.5 Z(0) + -0.5 Z(1)
    """
    return _partial_sums(n_modes, lambda qubit: qubit)


def parity_encoding(n_modes: int) -> Encoding:
    r"""The parity encoding: qubit j holds :math:`n_0 + \dots + n_j` modulo 2.

    Args:
        n_modes: Number of modes, from 1 to 31.

    Raises:
        TypeError: If it is not an integer.
        ValueError: If it is out of range.

    References:
        Seeley, Richard and Love, arXiv 1208.5986, section II C.

    Example:
        >>> from qjax.chemistry import number, parity_encoding
        >>> number(parity_encoding(2))
        1 I() + -0.5 Z(0) + -0.5 Z(0) @ Z(1)
    """
    return _partial_sums(n_modes, lambda qubit: 0)


def bravyi_kitaev(n_modes: int) -> Encoding:
    r"""The Bravyi-Kitaev encoding: qubit j holds a partial sum, as a Fenwick tree does.

    Qubit j holds :math:`\sum_{k=l}^{j} n_k` modulo 2, where l is j with its trailing ones cleared,
    so that an operator on one mode acts on order log n qubits.

    Args:
        n_modes: Number of modes, from 1 to 31; of any number, not only a power of two.

    Raises:
        TypeError: If it is not an integer.
        ValueError: If it is out of range.

    References:
        Bravyi and Kitaev, Ann. Phys. 298, 210 (2002), arXiv quant-ph/0003137.

    Example:
        >>> from qjax.chemistry import bravyi_kitaev, number
        >>> number(bravyi_kitaev(2))
        1 I() + -0.5 Z(0) + -0.5 Z(0) @ Z(1)
    """
    return _partial_sums(n_modes, lambda qubit: qubit & (qubit + 1))


def _partial_sums(n_modes: int, first: Callable[[int], int]) -> Encoding:
    """The encoding whose qubit q holds the sum of the modes from ``first(q)`` to q."""
    n = errors.positive(n_modes, "n_modes")
    if n > _MOST_MODES:
        raise ValueError(f"Argument `n_modes` must be at most {_MOST_MODES}, but is {n}.")
    reads: list[int] = []
    for qubit in range(n):
        reads.append(functools.reduce(operator.xor, reads[first(qubit) : qubit], 1 << qubit))
    flips = (sum(1 << q for q in range(mode, n) if first(q) <= mode) for mode in range(n))
    return Encoding(tuple(flips), tuple(reads))
