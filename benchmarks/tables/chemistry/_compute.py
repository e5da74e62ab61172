"""What computes the cells: each function gives a number by name, and shares the rest."""

import functools
import time
from typing import Any

import jax
import jax.numpy as jnp

import qjax
from benchmarks.tables.chemistry._molecules import MOLECULES
from qjax import chemistry
from qjax.chemistry import Growth, Minimum, Sector


def references(name: str, what: str) -> float:
    """Returns a reference energy: from our own qubit Hamiltonian, but for CCSD, which is PySCF's.

    HF is the expectation value of the circuit that prepares the determinant, FCI the lowest
    eigenvalue of the strings between the determinants of the sector.
    """
    if what == "HF":
        return _hartree_fock(name)
    return _ground_energy(name) if what == "FCI" else MOLECULES[name].energy(what)


def uccsd(name: str, what: str) -> float:
    """Returns a number of the UCCSD ansatz, or its error in millihartree."""
    ansatz = chemistry.uccsd(MOLECULES[name].integrals)
    if what == "qubits":
        return 2 * ansatz.n_orbitals
    if what == "parameters":
        return len(ansatz.groups)
    return 1000 * (_minimum(name)[0].energy - _ground_energy(name))


def optimisation_seconds(name: str) -> float:
    """Returns what the optimisation of the UCCSD ansatz took, compilation included."""
    return _minimum(name)[1]


def adapt(name: str, what: str) -> float:
    """Returns a number of the growth of an ADAPT-VQE ansatz."""
    if what.startswith("MP2"):
        return 1000 * (MOLECULES[name].energy("MP2") - _ground_energy(name))
    growth = _growth(name)
    ansatz = growth[-1].ansatz
    if what in ("parameters", "excitations"):
        return len(ansatz.groups if what == "parameters" else ansatz.excitations)
    if what.startswith("millihartree"):
        return 1000 * (growth[-1].minimum.energy - _ground_energy(name))
    kind, _, index = what.partition(" ")
    return growth[int(index)].norm if kind == "norm" else growth[int(index) - 1].minimum.energy


def states(name: str, what: str) -> float:
    """Returns an expectation value in the optimised UCCSD state, by its circuit."""
    return _expectations(name)[what]


@functools.cache
def _hartree_fock(name: str) -> float:
    integrals = MOLECULES[name].integrals
    encoding = chemistry.jordan_wigner(2 * integrals.n_orbitals)
    circuit = chemistry.hartree_fock(encoding, integrals.electrons)
    return float(_measured(circuit, [chemistry.hamiltonian(integrals, encoding)])[0])


@functools.cache
def _ground_energy(name: str) -> float:
    integrals = MOLECULES[name].integrals
    sector = Sector(integrals.n_orbitals, integrals.electrons)
    return sector.ground_state(chemistry.hamiltonian(integrals))[0]


@functools.cache
def _minimum(name: str) -> tuple[Minimum, float]:
    integrals = MOLECULES[name].integrals
    start = time.perf_counter()
    found = chemistry.vqe(integrals, chemistry.uccsd(integrals))
    return found, time.perf_counter() - start


@functools.cache
def _growth(name: str) -> list[Growth]:
    return list(chemistry.adapt_vqe(MOLECULES[name].integrals))


@functools.cache
def _expectations(name: str) -> dict[str, float]:
    integrals = MOLECULES[name].integrals
    ansatz, minimum = chemistry.uccsd(integrals), _minimum(name)[0]
    energies = {}
    for make in (chemistry.jordan_wigner, chemistry.bravyi_kitaev):
        encoding = make(2 * integrals.n_orbitals)
        circuit = ansatz.circuit(minimum.parameters, encoding)
        observables = [
            chemistry.hamiltonian(integrals, encoding),
            chemistry.number(encoding),
            chemistry.spin_z(encoding),
            chemistry.spin_squared(encoding),
        ]
        energies[make], number, spin, total = map(float, _measured(circuit, observables))
    first, second = energies.values()
    return {
        "electrons": number,
        "spin along z": spin,
        "total spin": total,
        "Bravyi-Kitaev less Jordan-Wigner": second - first,
        "circuit less sector": first - minimum.energy,
    }


def _measured(circuit: qjax.Circuit, observables: list[qjax.PauliSum]) -> Any:
    """Expectation values in double precision."""
    with jax.enable_x64(True):
        engine = qjax.Statevector(dtype=jnp.complex128)
        return jax.device_get(qjax.expectation(circuit, observables, engine=engine))
