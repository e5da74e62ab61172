"""All determinants with given numbers of electrons: where a molecule's states are."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from qjax.chemistry._encoding import Encoding
from qjax.chemistry._excitations import Excitation, determinant
from qjax.chemistry._fermions import applied
from qjax.circuit import PauliSum

# Matrices up to this size are diagonalised whole.
_DENSE = 64


@dataclasses.dataclass(frozen=True)
class Sector:
    """The determinants of so many electrons of either spin, a basis of states.

    A Hamiltonian of molecules keeps both numbers, and so do excitations: of all ``2**n`` amplitudes
    of n qubits only these can differ from 0. Eight orbitals with four electrons of either spin have
    65,536 amplitudes, and 4,900 determinants.

    Args:
        n_orbitals: Number of orbitals, at most 31.
        electrons: How many electrons have spin up and spin down.

    Raises:
        ValueError: If there are more electrons than orbitals.

    Example:
        >>> from qjax.chemistry import Sector
        >>> len(Sector(8, (4, 4)))
        4900
    """

    n_orbitals: int
    electrons: tuple[int, int]

    def __post_init__(self) -> None:
        """Checks the fields."""
        determinant(self.n_orbitals, self.electrons)

    @functools.cached_property
    def occupations(self) -> np.ndarray:
        """Masks of the modes that are occupied, ``[determinants]``, increasing."""
        up, down = (
            np.array(
                [sum(1 << 2 * p + spin for p in some) for some in _choices(self.n_orbitals, k)]
            )
            for spin, k in enumerate(self.electrons)
        )
        return np.sort((up[:, None] | down[None, :]).reshape(-1))

    def __len__(self) -> int:
        """Number of determinants."""
        return len(self.occupations)

    @property
    def reference(self) -> int:
        """Position of the determinant of the first orbitals."""
        mask = determinant(self.n_orbitals, self.electrons)
        return int(np.searchsorted(self.occupations, mask))

    def matrix(self, observable: PauliSum, encoding: Encoding | None = None) -> Any:
        """An observable between the determinants, as a sparse matrix.

        Args:
            observable: The observable, with known coefficients.
            encoding: How modes are encoded in its qubits; mode j in qubit j by default.

        Returns:
            A ``scipy.sparse.csr_array`` ``[determinants, determinants]``, real where it can be.

        Raises:
            ValueError: If the observable acts on more qubits than there are modes.
        """
        from scipy.sparse import coo_array

        if observable.n_qubits > 2 * self.n_orbitals:
            raise ValueError(
                f"Argument `observable` must act on {2 * self.n_orbitals} qubits, but acts on "
                f"qubit {observable.n_qubits - 1}."
            )
        basis = self.occupations if encoding is None else encoding.encode(self.occupations)
        strings: dict[int, list[tuple[int, complex]]] = defaultdict(list)
        for word, value in zip(observable.words, observable.coefficients.tolist(), strict=True):
            phase = (1, 1j, -1, -1j)[(word.x & word.z).bit_count() % 4]
            strings[word.x].append((word.z, value * phase))
        order = np.argsort(basis)
        rows, columns, values = [], [], []
        for x, members in strings.items():
            # (P psi)[b] = i**|x & z| (-1)**|(b ^ x) & z| psi[b ^ x].
            row, column = _positions(basis[order], basis ^ x)
            z, c = (np.array(part) for part in zip(*members, strict=True))
            odd = np.bitwise_count((basis[row] ^ x)[None, :] & z[:, None]) & 1
            entries = c @ (1.0 - 2.0 * odd)
            kept = np.flatnonzero(entries)
            rows.append(row[kept])
            columns.append(order[column[kept]])
            values.append(entries[kept])
        total = np.concatenate(values)
        total = total if np.any(total.imag) else total.real
        places = (np.concatenate(rows), np.concatenate(columns))
        return coo_array((total, places), shape=(len(basis),) * 2).tocsr()

    def rotations(self, excitations: Sequence[Excitation]) -> tuple[np.ndarray, np.ndarray]:
        r"""The generators :math:`G = T - T^\dagger`: each pairs determinants up.

        Args:
            excitations: The excitations.

        Returns:
            For each excitation and determinant the partner and the sign, int32 and int8
            ``[excitations, determinants]``: :math:`(G \psi)_b = s_b \psi_{p_b}`, and s is 0 where
            there is no partner.

        Raises:
            ValueError: If an excitation changes the number of electrons of a spin, or names modes
                that there are not, or one twice.
        """
        partners = np.tile(np.arange(len(self), dtype=np.int32), (len(excitations), 1))
        signs = np.zeros(partners.shape, np.int8)
        for row, excitation in enumerate(excitations):
            excitation.check(2 * self.n_orbitals)
            ladder = excitation.ladder()
            back = [(mode, not creates) for mode, creates in ladder[::-1]]
            for steps, sign in ((back, 1), (ladder, -1)):
                image, found = applied(self.occupations, steps)
                where = np.flatnonzero(found)
                inside, place = _positions(self.occupations, image[where])
                if len(inside) < len(where):
                    raise ValueError(
                        "Argument `excitations` must keep the electrons of either spin, but holds "
                        f"{excitation}."
                    )
                partners[row, where] = place
                signs[row, where] = sign * found[where]
        return partners, signs

    def ground_state(self, observable: PauliSum, encoding: Encoding | None = None) -> Any:
        """Lowest eigenvalue of an observable among these states, and its state ``[determinants]``.

        By Lanczos iterations, ``scipy.sparse.linalg.eigsh``. Arguments are those of `matrix`.

        Example:
            >>> import numpy as np
            >>> from qjax.chemistry import Integrals, Sector, hamiltonian
            >>> hop, repel = -np.array([[0, 1.0], [1.0, 0]]), np.zeros((2, 2, 2, 2))
            >>> repel[0, 0, 0, 0] = repel[1, 1, 1, 1] = 2.0  # Two sites of a Hubbard model.
            >>> dimer = hamiltonian(Integrals(0.0, hop, repel, (1, 1)))
            >>> energy, _ = Sector(2, (1, 1)).ground_state(dimer)
            >>> round(energy, 6)  # 1 - sqrt(5)
            -1.236068
        """
        from scipy.sparse.linalg import eigsh

        matrix = self.matrix(observable, encoding)
        if len(self) <= _DENSE:
            values, states = np.linalg.eigh(matrix.toarray())
        else:
            # A start of its own, so that the same molecule gives the same state.
            start = np.random.default_rng(0).normal(size=len(self))
            values, states = eigsh(matrix, k=1, which="SA", v0=start)
        return float(values[0]), states[:, 0]

    def embedded(self, state: np.ndarray, encoding: Encoding | None = None) -> np.ndarray:
        """A state of these determinants as one of all qubits, ``[2**n]``, qubit 0 first."""
        n = 2 * self.n_orbitals
        basis = self.occupations if encoding is None else encoding.encode(self.occupations)
        index = sum((basis >> q & 1) << (n - 1 - q) for q in range(n))
        total = np.zeros(2**n, np.asarray(state).dtype)
        total[index] = state
        return total


def _choices(n: int, k: int) -> list[tuple[int, ...]]:
    return list(itertools.combinations(range(n), k))


def _positions(ordered: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the wanted numbers there are, and where among the ordered ones."""
    places = np.searchsorted(ordered, wanted).clip(max=len(ordered) - 1)
    found = np.flatnonzero(ordered[places] == wanted)
    return found, places[found]
