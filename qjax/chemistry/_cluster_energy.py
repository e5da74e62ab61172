"""Energies of unitary coupled cluster states, between the determinants of a sector."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.chemistry._ansatz import Ansatz
from qjax.chemistry._evolve import Matrix, Rotations, evolve, expectation, slopes
from qjax.chemistry._integrals import Integrals
from qjax.chemistry._operators import hamiltonian
from qjax.chemistry._sector import Sector
from qjax.circuit import PauliSum

# Numbers of rotations and parameters are filled up to multiples of this.
_FILLED = 16


class Minimum(NamedTuple):
    """What a minimisation found.

    Attributes:
        energy: Lowest energy, in Hartree.
        parameters: Where, ``[groups]``, in radians.
        evaluations: How often energy and gradient were computed.
        slope: Largest component of the gradient there, in Hartree a radian.
    """

    energy: float
    parameters: np.ndarray
    evaluations: int
    slope: float


class ClusterEnergy:
    """The energy of unitary coupled cluster states of one molecule, in double precision.

    The states are held on the determinants of a sector, which is exact: neither the Hamiltonian nor
    an excitation leaves it. `Ansatz.circuit` is the same state as a circuit, for any other engine.

    Args:
        integrals: Those of the molecule.
        observable: Another observable than its Hamiltonian, in the Jordan-Wigner encoding.

    Raises:
        ValueError: If the integrals do not fit, or the observable is not Hermitian, or not real
            between the determinants.
    """

    def __init__(self, integrals: Integrals, observable: PauliSum | None = None):
        observable = hamiltonian(integrals) if observable is None else observable
        observable.check_hermitian()
        self.sector = Sector(integrals.n_orbitals, integrals.electrons)
        sparse = self.sector.matrix(observable)
        if np.iscomplexobj(sparse.data):
            raise ValueError("Argument `observable` must be real between the determinants.")
        self.matrix = Matrix.of(sparse)

    def rotations(self, ansatz: Ansatz) -> Rotations:
        """The excitations of an ansatz on this sector.

        Raises:
            ValueError: If the ansatz has other orbitals or electrons, or an excitation does
                not fit.
        """
        ours, theirs = ((each.n_orbitals, tuple(each.electrons)) for each in (self.sector, ansatz))
        if ours != theirs:
            raise ValueError(
                f"Argument `ansatz` must have {ours[0]} orbitals and {ours[1]} electrons, but has "
                f"{theirs[0]} and {theirs[1]}."
            )
        partners, signs = self.sector.rotations(ansatz.excitations)
        return Rotations(partners, signs, ansatz.owners)

    def state(self, ansatz: Ansatz, parameters: Any) -> np.ndarray:
        """The state of an ansatz, real ``[determinants]``."""
        with jax.enable_x64(True):
            theta = jnp.asarray(parameters, jnp.float64)
            rotations = jax.tree.map(jnp.asarray, self.rotations(ansatz))
            return np.asarray(_state(theta, rotations, self.sector.reference))

    def energy_and_gradient(
        self, parameters: Any, rotations: Rotations
    ) -> tuple[float, np.ndarray]:
        """Energy in Hartree, and its derivatives by the parameters."""
        with jax.enable_x64(True):
            theta = jnp.asarray(parameters, jnp.float64)
            value, gradient = _energy(theta, rotations, self.matrix, self.sector.reference)
            return float(value), np.asarray(gradient)

    def minimize(self, rotations: Rotations, start: np.ndarray, tolerance: float = 1e-7) -> Minimum:
        """Lowest energy by L-BFGS, until no component of the gradient exceeds the tolerance."""
        from scipy.optimize import minimize

        count = len(start)
        filled = rotations.padded(_multiple(len(rotations.owners)))
        width = _multiple(count)
        with jax.enable_x64(True):
            held, matrix = jax.device_put((filled, self.matrix))

            def function(parameters: np.ndarray) -> tuple[float, np.ndarray]:
                theta = jnp.asarray(np.pad(parameters, (0, width - count)))
                value, gradient = _energy(theta, held, matrix, self.sector.reference)
                return float(value), np.asarray(gradient)[:count]

            if not count:  # A determinant without excitations.
                return Minimum(function(start)[0], start, 1, 0.0)
            options = {"maxiter": 10_000, "maxfun": 20_000, "ftol": 0.0, "gtol": tolerance}
            found = minimize(function, start, jac=True, method="L-BFGS-B", options=options)
        return Minimum(
            float(found.fun), found.x, int(found.nfev), float(np.abs(found.jac).max(initial=0.0))
        )

    def slopes(
        self, parameters: np.ndarray, rotations: Rotations, offered: Rotations
    ) -> np.ndarray:
        """Derivatives at 0 by each parameter of other rotations, were they appended."""
        filled = rotations.padded(_multiple(len(rotations.owners)))
        width = _multiple(len(parameters))
        with jax.enable_x64(True):
            theta = jnp.asarray(np.pad(parameters, (0, width - len(parameters))))
            each = np.asarray(_slopes(theta, filled, offered, self.matrix, self.sector.reference))
        return np.bincount(offered.owners, each)


def _multiple(count: int) -> int:
    return max(1, -(-count // _FILLED)) * _FILLED


@jax.jit
def _state(parameters: jax.Array, rotations: Rotations, reference: Any) -> jax.Array:
    dim = rotations.partners.shape[1]
    start = (jnp.arange(dim) == reference).astype(parameters.dtype)
    return evolve(start, parameters, rotations)


@jax.jit
@jax.value_and_grad
def _energy(
    parameters: jax.Array, rotations: Rotations, matrix: Matrix, reference: Any
) -> jax.Array:
    return expectation(_state(parameters, rotations, reference), matrix)


@jax.jit
def _slopes(
    parameters: jax.Array, rotations: Rotations, offered: Rotations, matrix: Matrix, reference: Any
) -> jax.Array:
    return slopes(_state(parameters, rotations, reference), offered, matrix)
