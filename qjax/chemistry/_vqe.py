"""The variational quantum eigensolver for molecules, with a fixed and with a growing ansatz."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from qjax.chemistry._ansatz import Ansatz
from qjax.chemistry._cluster_energy import ClusterEnergy, Minimum
from qjax.chemistry._excitations import Excitation, excitation_pool
from qjax.chemistry._integrals import Integrals


class Growth(NamedTuple):
    """One round of ADAPT-VQE.

    Attributes:
        norm: Norm of the derivatives by all groups of the pool, before one is appended.
        chosen: The group that is appended.
        ansatz: All groups so far, its start the parameters found.
        minimum: The best parameters of that ansatz.
    """

    norm: float
    chosen: tuple[Excitation, ...]
    ansatz: Ansatz
    minimum: Minimum


def vqe(integrals: Integrals, ansatz: Ansatz, *, tolerance: float = 1e-7) -> Minimum:
    r"""Minimises the energy :math:`\langle\theta|H|\theta\rangle` of an ansatz.

    By L-BFGS from the ansatz's own start, in double precision whatever JAX's settings.

    Args:
        integrals: Those of the molecule.
        ansatz: Such as `uccsd` returns.
        tolerance: Largest component of the gradient at the end, in Hartree a radian.

    Returns:
        The minimum.

    Raises:
        ValueError: If the integrals or the ansatz do not fit.

    References:
        Peruzzo et al., arXiv 1304.3061.

    Example:
        >>> import numpy as np
        >>> from qjax.chemistry import Ansatz, Excitation, Integrals, vqe
        >>> sites = np.diag([-1.0, 1.0]), np.zeros((2, 2, 2, 2))
        >>> for p in (0, 1):
        ...     for q in (0, 1):
        ...         sites[1][p, p, q, q] = sites[1][p, q, p, q] = sites[1][p, q, q, p] = 1.0
        >>> pair = Ansatz(2, (1, 1), ((Excitation((2, 3), (1, 0)),),), np.zeros(1))
        >>> round(vqe(Integrals(0.0, *sites, (1, 1)), pair).energy, 6)  # 1 - sqrt(5)
        -1.236068
    """
    energy = ClusterEnergy(integrals)
    return energy.minimize(energy.rotations(ansatz), np.asarray(ansatz.start), tolerance)


def adapt_vqe(
    integrals: Integrals,
    pool: tuple[tuple[Excitation, ...], ...] | None = None,
    *,
    threshold: float = 1e-3,
    max_rounds: int = 100,
    tolerance: float = 1e-7,
) -> Iterator[Growth]:
    r"""Grows an ansatz by the group of excitations with the largest derivative of the energy.

    Of each group G of the pool the derivative, were it appended, is
    :math:`2 \langle\psi| H G |\psi\rangle`. Where the norm of all of them falls below the
    threshold, or the group just appended is the largest again, it ends. All parameters are
    optimised anew each round, from where they were.

    Args:
        integrals: Those of a closed-shell molecule.
        pool: Groups to choose from; by default those of `excitation_pool`.
        threshold: Norm of the derivatives at which it ends, in Hartree a radian.
        max_rounds: Largest number of groups.
        tolerance: Of each optimisation, as that of `vqe`.

    Yields:
        One `Growth` a round.

    Raises:
        ValueError: If the spins differ in number, or the integrals do not fit.

    References:
        Grimsley, Economou, Barnes and Mayhall, arXiv 1812.11173.

    Example:
        >>> import numpy as np
        >>> from qjax.chemistry import Integrals, adapt_vqe
        >>> sites = np.diag([-1.0, 1.0]), np.zeros((2, 2, 2, 2))
        >>> for p in (0, 1):
        ...     for q in (0, 1):
        ...         sites[1][p, p, q, q] = sites[1][p, q, p, q] = sites[1][p, q, q, p] = 1.0
        >>> for growth in adapt_vqe(Integrals(0.0, *sites, (1, 1))):
        ...     print(round(growth.norm, 6), round(growth.minimum.energy, 6))
        2.0 -1.236068
    """
    energy = ClusterEnergy(integrals)
    if pool is None:
        pool = excitation_pool(integrals.n_orbitals, integrals.closed_shells())
    ansatz = Ansatz(integrals.n_orbitals, integrals.electrons, pool, np.zeros(len(pool)))
    offered = energy.rotations(ansatz)
    ansatz = ansatz._replace(groups=(), start=np.zeros(0))
    rows = np.zeros(0, int)
    for _ in range(max_rounds if pool else 0):
        gradient = energy.slopes(ansatz.start, offered.rows(rows, ansatz.owners), offered)
        norm = float(np.linalg.norm(gradient))
        best = int(np.argmax(np.abs(gradient)))
        if norm < threshold or (ansatz.groups and ansatz.groups[-1] == pool[best]):
            return
        rows = np.concatenate([rows, np.flatnonzero(offered.owners == best)])
        ansatz = ansatz._replace(groups=(*ansatz.groups, pool[best]))
        rotations = offered.rows(rows, ansatz.owners)
        minimum = energy.minimize(rotations, np.append(ansatz.start, 0.0), tolerance)
        ansatz = ansatz._replace(start=minimum.parameters)
        yield Growth(norm, pool[best], ansatz, minimum)
