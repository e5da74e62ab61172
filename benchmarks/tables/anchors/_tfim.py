"""The critical open Ising chain: its ground energy by Lanczos, and by a trained circuit."""

import math
import time
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import qjax
from benchmarks.tables._frame import Cell, Outcome, within
from benchmarks.tables.anchors._optimize import minimum
from qjax.library import transverse_field_ising

SEED = 1611
LANCZOS = (4, 8, 12, 16)
TRAINED = (4, 6, 8, 10, 12)
_QUICK = {"lanczos": 12, "trained": 8}


def cells() -> list[Cell]:
    """Returns a cell a length and method."""
    rules = {"lanczos": (within(absolute=1e-9), LANCZOS), "trained": (within(1e-6), TRAINED)}
    return [
        Cell(f"tfim/{method}/{n}", energy(n), rule, n <= _QUICK[method])
        for method, (rule, lengths) in rules.items()
        for n in lengths
    ]


def energy(n: int) -> float:
    """Returns the ground energy of -sum ZZ - sum X on an open chain, from free fermions.

    Pfeuty, Annals of Physics 57, 79 (1970), at the critical field.
    """
    return 1 - 1 / math.sin(math.pi / (2 * (2 * n + 1)))


def run(cells: list[Cell]) -> Iterator[tuple[Cell, Outcome]]:
    """Yields the energies."""
    for cell in cells:
        _, method, length = cell.key.split("/")
        began = time.perf_counter()
        with jax.enable_x64(True):
            value = {"lanczos": lanczos, "trained": trained}[method](int(length))
        yield cell, Outcome(value, seconds=time.perf_counter() - began)


def lanczos(n: int) -> float:
    """Returns the lowest eigenvalue of the Hamiltonian as a sparse matrix."""
    from scipy.sparse.linalg import eigsh

    start = np.random.default_rng(SEED).normal(size=2**n)
    return float(eigsh(matrix(transverse_field_ising(n), n), k=1, which="SA", v0=start)[0][0])


def matrix(observable: qjax.PauliSum, n: int) -> Any:
    """Returns a real sum of Pauli strings without Y as a sparse matrix `[2**n, 2**n]`."""
    from scipy.sparse import coo_array

    index = np.arange(2**n)
    parts = []
    for word, weight in zip(observable.words, np.asarray(observable.coefficients), strict=True):
        flips, signs = (sum(1 << n - 1 - q for q in range(n) if m >> q & 1) for m in word)
        parity = np.bitwise_count(index & signs) & 1
        parts.append((index ^ flips, weight * (1.0 - 2 * parity)))
    columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    return coo_array((values, (np.tile(index, len(parts)), columns)), shape=(2**n, 2**n)).tocsr()


def trained(n: int) -> float:
    """Returns the lowest energy that the Hamiltonian variational ansatz is trained to.

    Layers of exp(-i a ZZ) on every bond and exp(-i b X) on every site, each with an angle of its
    own, from the ground state of the field; as many as there are sites, for with half as many the
    optimiser creeps. Wecker, Hastings and Troyer, arXiv 1507.08969.
    """
    hamiltonian = transverse_field_ising(n)

    def layer(circuit: qjax.Circuit, angles: jax.Array) -> qjax.Circuit:
        bonds, sites = angles[: n - 1], angles[n - 1 :]
        return circuit.rzz(bonds, range(n - 1), range(1, n)).rx(sites, range(n))

    def value(angles: jax.Array) -> jax.Array:
        circuit = qjax.Circuit(n).h(range(n)).repeat(layer, angles)
        return qjax.expectation(circuit, hamiltonian, engine=qjax.Statevector(jnp.complex128))

    # Near the best ones: slowly from the field to the bonds.
    ramp = (np.arange(n)[:, None] + 0.5) / n
    start = np.hstack([np.tile(ramp, n - 1), np.tile(1 - ramp, n)])
    return minimum(value, -1.5 * start)[0]
