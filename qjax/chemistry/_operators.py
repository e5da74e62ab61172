"""Observables of electrons as sums of Pauli strings, in any linear encoding.

Mode 2p is orbital p with spin up, mode 2p + 1 the same orbital with spin down.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qjax.chemistry._encoding import Encoding, jordan_wigner
from qjax.chemistry._fermions import added, identity, ladders
from qjax.chemistry._integrals import Integrals
from qjax.circuit import PauliSum, Word

# Integrals that are this small are rounding.
_NOTHING = 1e-12


def hamiltonian(integrals: Integrals, encoding: Encoding | None = None) -> PauliSum:
    """The Hamiltonian of a molecule as an observable, in Hartree.

    Args:
        integrals: Those of the molecule.
        encoding: How modes are encoded in qubits; ``jordan_wigner`` by default.

    Returns:
        The sum, on twice as many qubits as orbitals.

    Raises:
        ValueError: If the integrals or the number of modes of the encoding do not fit.

    References:
        Szabo and Ostlund, Modern Quantum Chemistry, equation 2.232.

    Example:
        >>> import numpy as np
        >>> from qjax.chemistry import Integrals, hamiltonian
        >>> site = Integrals(0.0, np.array([[-1.0]]), np.array([[[[4.0]]]]), (1, 1))
        >>> hamiltonian(site)
        -0.5 Z(0) + -0.5 Z(1) + 1 Z(0) @ Z(1)
    """
    integrals.check()
    n = integrals.n_orbitals
    encoding = _matching(encoding, n)
    one, two = np.asarray(integrals.one, float), np.asarray(integrals.two, float)
    p, q = np.nonzero(np.abs(one) > _NOTHING)
    pairs = [(2 * p + spin, 2 * q + spin) for spin in (0, 1)]
    hopping = ladders(
        encoding,
        np.tile(one[p, q], 2),
        np.concatenate([np.stack(m, 1) for m in pairs]),
        (True, False),
    )
    p, q, r, s = np.nonzero(np.abs(two) > _NOTHING)
    fours = np.concatenate(
        [np.stack([2 * p + a, 2 * r + b, 2 * s + b, 2 * q + a], 1) for a in (0, 1) for b in (0, 1)]
    )
    values = np.tile(two[p, q, r, s] / 2, 4)
    allowed = (fours[:, 0] != fours[:, 1]) & (fours[:, 2] != fours[:, 3])
    repulsion = ladders(encoding, values[allowed], fours[allowed], (True, True, False, False))
    return added(2 * n, identity(integrals.constant), hopping, repulsion)


def number(encoding: Encoding) -> PauliSum:
    r"""The number of electrons, :math:`N = \sum_j a_j^\dagger a_j`.

    Args:
        encoding: How modes are encoded in qubits.

    Example:
        >>> import qjax
        >>> from qjax.chemistry import bravyi_kitaev, hartree_fock, number
        >>> encoding = bravyi_kitaev(4)
        >>> float(qjax.expectation(hartree_fock(encoding, (1, 1)), number(encoding)))
        2.0
    """
    return _diagonal(encoding, np.ones(encoding.n_modes))


def spin_z(encoding: Encoding) -> PauliSum:
    r"""The spin along z, :math:`S_z = \frac12 \sum_p n_{p\uparrow} - n_{p\downarrow}`.

    Args:
        encoding: How modes are encoded in qubits.

    Raises:
        ValueError: If the number of modes is odd.

    Example:
        >>> import qjax
        >>> from qjax.chemistry import hartree_fock, jordan_wigner, spin_z
        >>> encoding = jordan_wigner(4)
        >>> float(qjax.expectation(hartree_fock(encoding, (1, 0)), spin_z(encoding)))
        0.5
    """
    return _diagonal(encoding, np.tile([0.5, -0.5], _orbitals(encoding)))


def spin_squared(encoding: Encoding) -> PauliSum:
    r"""The total spin, :math:`S^2 = S_- S_+ + S_z (S_z + 1)`, s (s + 1) in a state of spin s.

    Args:
        encoding: How modes are encoded in qubits.

    Raises:
        ValueError: If the number of modes is odd.

    References:
        Szabo and Ostlund, Modern Quantum Chemistry, equations 2.240 to 2.246.

    Example:
        >>> import qjax
        >>> from qjax.chemistry import hartree_fock, jordan_wigner, spin_squared
        >>> encoding = jordan_wigner(4)
        >>> float(qjax.expectation(hartree_fock(encoding, (2, 0)), spin_squared(encoding)))
        2.0
    """
    n = _orbitals(encoding)
    p, q = (axis.reshape(-1) for axis in np.meshgrid(range(n), range(n), indexing="ij"))
    modes = np.stack([2 * p + 1, 2 * p, 2 * q, 2 * q + 1], 1)
    exchange = ladders(encoding, np.ones(n * n), modes, (True, False, True, False))
    z = spin_z(encoding)
    return (added(encoding.n_modes, exchange) + z @ z + z).simplify()


def from_openfermion(operator: Any) -> PauliSum:
    """An observable from an OpenFermion ``QubitOperator``.

    Args:
        operator: The operator; anything whose ``terms`` maps tuples of pairs such as ``(0, "X")``
            to coefficients.

    Raises:
        TypeError: If it has no such terms.
        ValueError: If it has none at all.

    Example:
        >>> from types import SimpleNamespace
        >>> from qjax.chemistry import from_openfermion
        >>> from_openfermion(SimpleNamespace(terms={(): 0.5, ((0, "X"), (2, "Y")): -1.5}))
        0.5 I() + -1.5 X(0) @ Y(2)
    """
    if not isinstance(getattr(operator, "terms", None), dict):
        raise TypeError(
            f"Argument `operator` must be an OpenFermion `QubitOperator`, but is {operator!r}."
        )
    if not operator.terms:
        raise ValueError("Argument `operator` must have at least one term, but is empty.")
    words, values = [], []
    for term, value in operator.terms.items():
        x = sum(1 << q for q, letter in term if letter in "XY")
        z = sum(1 << q for q, letter in term if letter in "YZ")
        words.append(Word(x, z))
        value = complex(value)
        values.append(value if value.imag else value.real)
    return PauliSum(((tuple(words), tuple(values)),))


def _diagonal(encoding: Encoding, weights: np.ndarray) -> PauliSum:
    """A weighted sum of occupations."""
    modes = np.arange(encoding.n_modes)
    occupied = ladders(encoding, weights, np.stack([modes, modes], 1), (True, False))
    return added(encoding.n_modes, occupied)


def _orbitals(encoding: Encoding) -> int:
    if encoding.n_modes % 2:
        raise ValueError(
            f"Argument `encoding` must have two modes an orbital, but has {encoding.n_modes}."
        )
    return encoding.n_modes // 2


def _matching(encoding: Encoding | None, n_orbitals: int) -> Encoding:
    encoding = jordan_wigner(2 * n_orbitals) if encoding is None else encoding
    if encoding.n_modes != 2 * n_orbitals:
        raise ValueError(
            f"Argument `encoding` must have {2 * n_orbitals} modes, two an orbital, but has "
            f"{encoding.n_modes}."
        )
    return encoding
