"""Integrals of a molecule in its orbitals, and what closed formulas make of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Integrals(NamedTuple):
    r"""A Hamiltonian of electrons in real orbitals, in Hartree.

    .. math:: H = E_0 + \sum_{pq,\sigma} h_{pq} a^\dagger_{p\sigma} a_{q\sigma}
              + \tfrac12 \sum_{pqrs,\sigma\tau} (pq|rs)
              a^\dagger_{p\sigma} a^\dagger_{r\tau} a_{s\tau} a_{q\sigma}

    Attributes:
        constant: :math:`E_0`, the repulsion of the nuclei.
        one: :math:`h_{pq}`, ``[orbitals, orbitals]``.
        two: :math:`(pq|rs)`, in the order of chemists, ``[orbitals] * 4``.
        electrons: How many have spin up and spin down.
    """

    constant: float
    one: np.ndarray
    two: np.ndarray
    electrons: tuple[int, int]

    @property
    def n_orbitals(self) -> int:
        """Number of orbitals in space; there are twice as many modes."""
        return len(self.one)

    def check(self) -> None:
        """Raises ValueError where shapes, symmetries or numbers of electrons do not fit."""
        n = self.n_orbitals
        for name, array, shape in (("one", self.one, (n,) * 2), ("two", self.two, (n,) * 4)):
            if np.shape(array) != shape:
                raise ValueError(
                    f"Argument `{name}` must have shape {shape}, but has shape {np.shape(array)}."
                )
            if not np.all(np.isfinite(array)):
                raise ValueError(f"Argument `{name}` must be finite, but has inf or nan.")
        two = np.asarray(self.two)
        same = [np.allclose(two, two.transpose(p)) for p in ((1, 0, 2, 3), (2, 3, 0, 1))]
        if not np.allclose(self.one, np.transpose(self.one)) or not all(same):
            raise ValueError(
                "Arguments `one` and `two` must be those of real orbitals: h_pq = h_qp, and "
                "(pq|rs) = (qp|rs) = (rs|pq)."
            )
        if len(self.electrons) != 2 or not all(0 <= k <= n for k in self.electrons):
            raise ValueError(
                f"Argument `electrons` must be two numbers from 0 to {n}, but is {self.electrons}."
            )

    def closed_shells(self) -> int:
        """Number of doubly occupied orbitals, the first ones; ValueError if spins differ."""
        up, down = self.electrons
        if up != down:
            raise ValueError(
                "Argument `integrals` must have as many electrons of either spin, but has "
                f"{up} and {down}."
            )
        return up


def hartree_fock_energy(integrals: Integrals) -> float:
    r"""Energy of the determinant of the first orbitals, in Hartree.

    .. math:: E = E_0 + 2 \sum_i h_{ii} + \sum_{ij} 2 (ii|jj) - (ij|ji)

    Args:
        integrals: Those of a closed-shell molecule.

    Raises:
        ValueError: If the spins differ in number.

    References:
        Szabo and Ostlund, Modern Quantum Chemistry, equation 3.184.

    Example:
        >>> import numpy as np
        >>> from qjax.chemistry import Integrals, hartree_fock_energy
        >>> hartree_fock_energy(Integrals(0.5, np.array([[-1.0]]), np.array([[[[0.7]]]]), (1, 1)))
        -0.8
    """
    i = np.arange(integrals.closed_shells())
    one, two = np.asarray(integrals.one), np.asarray(integrals.two)
    a, b = np.meshgrid(i, i)
    pairs = 2 * two[a, a, b, b] - two[a, b, b, a]
    return float(integrals.constant + 2 * one[i, i].sum() + pairs.sum())


def mp2_amplitudes(integrals: Integrals) -> np.ndarray:
    r"""Amplitudes of Moller-Plesset perturbation theory to second order.

    .. math:: t_{ij}^{ab} = \frac{(ia|jb)}{e_i + e_j - e_a - e_b}

    with the orbital energies e of the Fock operator. The orbitals must be those of Hartree and
    Fock, the occupied ones first.

    Args:
        integrals: Those of a closed-shell molecule.

    Returns:
        ``[occupied, occupied, virtual, virtual]``, of opposite spins; of equal ones,
        :math:`t_{ij}^{ab} - t_{ij}^{ba}`.

    Raises:
        ValueError: If the spins differ in number.

    References:
        Szabo and Ostlund, Modern Quantum Chemistry, section 6.5.

    Example:
        >>> import numpy as np
        >>> from qjax.chemistry import Integrals, mp2_amplitudes
        >>> two = np.zeros((2, 2, 2, 2))
        >>> two[0, 1, 0, 1] = two[1, 0, 0, 1] = two[0, 1, 1, 0] = two[1, 0, 1, 0] = 0.2
        >>> levels = Integrals(0.0, np.diag([-1.0, 0.0]), two, (1, 1))
        >>> mp2_amplitudes(levels).round(6).tolist()
        [[[[-0.125]]]]
    """
    n = integrals.closed_shells()
    one, two = np.asarray(integrals.one), np.asarray(integrals.two)
    coulomb = np.einsum("ppii->pi", two)[:, :n].sum(1)
    exchange = np.einsum("piip->pi", two)[:, :n].sum(1)
    e = np.diag(one) + 2 * coulomb - exchange
    gaps = e[:n, None, None, None] + e[None, :n, None, None]
    gaps = gaps - e[None, None, n:, None] - e[None, None, None, n:]
    return two[:n, n:, :n, n:].transpose(0, 2, 1, 3) / gaps
