"""Molecules: integrals and reference energies, by PySCF."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from qjax.chemistry._integrals import Integrals

Atom = tuple[str, tuple[float, float, float]]


@dataclasses.dataclass(frozen=True)
class Molecule:
    """A closed-shell molecule in a basis of atomic orbitals; needs PySCF, ``qjax-ml[chem]``.

    Its Hartree-Fock orbitals are adapted to the symmetry of the molecule, so that integrals which
    it forbids are 0.

    Args:
        atoms: Element and position of each, in Angstrom.
        basis: Name of the basis set.
        charge: Charge, in units of the elementary charge.

    Raises:
        ImportError: If PySCF is not installed, once something is computed.
        ValueError: If the number of electrons is odd, or Hartree-Fock does not converge.

    Example:
        >>> from qjax.chemistry import Molecule
        >>> helium = Molecule((("He", (0.0, 0.0, 0.0)),))
        >>> round(helium.energy("HF"), 6)  # doctest: +SKIP
        -2.807784
    """

    atoms: tuple[Atom, ...]
    basis: str = "sto-3g"
    charge: int = 0

    @functools.cached_property
    def integrals(self) -> Integrals:
        """Those of its Hartree-Fock orbitals, in order of their energies."""
        from pyscf import ao2mo

        field = self._mean_field
        orbitals = np.asarray(field.mo_coeff)
        one = orbitals.T @ field.get_hcore() @ orbitals
        two = ao2mo.restore(1, ao2mo.kernel(field.mol, orbitals), orbitals.shape[1])
        electrons = tuple(int(k) for k in field.mol.nelec)
        return Integrals(float(field.mol.energy_nuc()), one, two, electrons)  # type: ignore[arg-type]

    def energy(self, method: str) -> float:
        """A reference energy in Hartree.

        Args:
            method: ``"HF"``, ``"MP2"``, ``"CCSD"`` or ``"FCI"``.

        Raises:
            ValueError: If the method is another, or does not converge.
        """
        if method not in _METHODS:
            raise ValueError(
                f"Argument `method` must be one of {sorted(_METHODS)}, but is {method!r}."
            )
        return float(_METHODS[method](self._mean_field))

    @functools.cached_property
    def _mean_field(self) -> Any:
        try:
            from pyscf import gto, scf
        except ImportError:
            raise ImportError(
                "Molecules need PySCF: install `qjax-ml[chem]`, or make `Integrals` yourself."
            ) from None
        atoms = [[name, tuple(place)] for name, place in self.atoms]
        options = {"basis": self.basis, "charge": self.charge, "symmetry": True, "verbose": 0}
        if (sum(gto.charge(name) for name, _ in self.atoms) - self.charge) % 2:
            raise ValueError("Argument `atoms` must have an even number of electrons.")
        field = scf.RHF(gto.M(atom=atoms, **options))
        field.conv_tol = 1e-12
        field.kernel()
        _check(field, "Hartree-Fock")
        return field


def hydrogen_chain(n: int, distance: float, basis: str = "sto-3g") -> Molecule:
    """Atoms of hydrogen on a line.

    Args:
        n: How many, an even number.
        distance: From one to the next, in Angstrom.
        basis: Name of the basis set.

    Example:
        >>> from qjax.chemistry import hydrogen_chain
        >>> hydrogen_chain(2, 0.74).atoms
        (('H', (0.0, 0.0, 0.0)), ('H', (0.0, 0.0, 0.74)))
    """
    return Molecule(tuple(("H", (0.0, 0.0, k * distance)) for k in range(n)), basis)


def _check(solver: Any, name: str) -> None:
    if not np.all(solver.converged):
        raise ValueError(f"{name} of this molecule does not converge.")


def _ccsd(field: Any) -> float:
    from pyscf import cc

    solver = cc.CCSD(field)
    solver.conv_tol, solver.max_cycle = 1e-10, 200
    solver.kernel()
    _check(solver, "Coupled cluster")
    return float(solver.e_tot)


def _fci(field: Any) -> float:
    from pyscf import fci

    solver = fci.FCI(field)
    solver.conv_tol = 1e-12
    energy, _ = solver.kernel()
    _check(solver, "Full configuration interaction")
    return float(energy)


def _mp2(field: Any) -> float:
    from pyscf import mp

    return float(mp.MP2(field).run().e_tot)


_METHODS: dict[str, Callable[[Any], float]] = {
    "HF": lambda field: field.e_tot,
    "MP2": _mp2,
    "CCSD": _ccsd,
    "FCI": _fci,
}
