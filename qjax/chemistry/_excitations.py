"""Excitations of electrons between orbitals, and those of a closed-shell determinant."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from qjax.chemistry._encoding import Encoding
from qjax.chemistry._fermions import added, ladders
from qjax.circuit import PauliSum


class Excitation(NamedTuple):
    r"""An excitation of electrons.

    .. math:: T = a^\dagger_{c_1} a^\dagger_{c_2} \cdots a_{d_1} a_{d_2} \cdots

    Attributes:
        created: The modes :math:`c_1, c_2, \dots`
        annihilated: As many modes :math:`d_1, d_2, \dots`
    """

    created: tuple[int, ...]
    annihilated: tuple[int, ...]

    def flipped(self) -> Excitation:
        """The same with every spin turned around."""
        return Excitation(*(tuple(mode ^ 1 for mode in modes) for modes in self))

    def check(self, n_modes: int) -> None:
        """Raises ValueError unless the modes are different ones of so many."""
        modes = (*self.created, *self.annihilated)
        if not modes or len(set(modes)) < len(modes) or not all(0 <= m < n_modes for m in modes):
            raise ValueError(
                f"Argument `excitations` must name different modes from 0 to {n_modes - 1}, but "
                f"holds {self}."
            )

    def ladder(self) -> list[tuple[int, bool]]:
        """Its operators as modes, and whether they create."""
        return [(m, True) for m in self.created] + [(m, False) for m in self.annihilated]

    def generator(self, encoding: Encoding) -> PauliSum:
        """The anti-Hermitian T - T^dagger; its strings commute, with imaginary coefficients."""
        modes, creates = zip(*self.ladder(), strict=True)
        undone = [not creating for creating in creates[::-1]]
        forth = ladders(encoding, np.ones(1), np.array([modes]), creates)
        back = ladders(encoding, -np.ones(1), np.array([modes[::-1]]), undone)
        return added(encoding.n_modes, forth, back)


def determinant(n_orbitals: int, electrons: tuple[int, int]) -> int:
    """The first orbitals occupied, as a mask of modes."""
    if not all(0 <= k <= n_orbitals for k in electrons):
        raise ValueError(
            f"Argument `electrons` must be two numbers from 0 to {n_orbitals}, but is {electrons}."
        )
    return sum(1 << 2 * p + spin for spin in (0, 1) for p in range(electrons[spin]))


def excitation_pool(n_orbitals: int, pairs: int) -> tuple[tuple[Excitation, ...], ...]:
    """Single and double excitations of a closed-shell determinant, one group a parameter.

    An excitation and its image under a flip of all spins share a parameter, so that the ansatz does
    not tell up from down. With o occupied and v virtual orbitals and s = o v there are s singles,
    o (o - 1) v (v - 1) / 4 doubles of equal spins and s (s + 1) / 2 of opposite spins.

    Args:
        n_orbitals: Number of orbitals.
        pairs: Number of orbitals that are doubly occupied.

    Raises:
        ValueError: If there are more pairs than orbitals.

    References:
        Romero et al., arXiv 1701.02691, section 2.

    Example:
        >>> from qjax.chemistry import excitation_pool
        >>> pool = excitation_pool(4, 2)
        >>> len(pool), sum(map(len, pool))
        (15, 26)
    """
    determinant(n_orbitals, (pairs, pairs))
    return tuple(group for group, _ in grouped(n_orbitals, pairs))


def grouped(
    n_orbitals: int, pairs: int
) -> Iterator[tuple[tuple[Excitation, ...], tuple[int, int, int, int, bool]]]:
    """Groups, with the orbitals i, j, a, b of a double, and whether its spins are equal."""
    occupied, virtual = range(pairs), range(pairs, n_orbitals)
    moves = list(itertools.product(occupied, virtual))

    def both(*modes: int) -> tuple[Excitation, ...]:
        half = len(modes) // 2
        first = Excitation(modes[:half], modes[half:])
        second = first.flipped()
        same = [set(x) == set(y) for x, y in zip(first, second, strict=True)]
        return (first,) if all(same) else (first, second)

    for i, a in moves:
        yield both(2 * a, 2 * i), (i, -1, a - pairs, -1, False)
    for i, j in itertools.combinations(occupied, 2):
        for a, b in itertools.combinations(virtual, 2):
            yield both(2 * a, 2 * b, 2 * j, 2 * i), (i, j, a - pairs, b - pairs, True)
    for (i, a), (j, b) in itertools.combinations_with_replacement(moves, 2):
        yield both(2 * a, 2 * b + 1, 2 * j + 1, 2 * i), (i, j, a - pairs, b - pairs, False)
