"""Fermions as Kronecker products of a few modes, and integrals to try them on."""

import functools
import json
from pathlib import Path

import numpy as np

from qjax.chemistry import Integrals

_Z = np.diag([1.0, -1.0])
_LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


@functools.cache
def annihilator(n, mode):
    """a_mode on n modes, mode 0 the most significant bit."""
    factors = [_Z] * mode + [_LOWER] + [np.eye(2)] * (n - mode - 1)
    return functools.reduce(np.kron, factors)


def product(n, modes, creates):
    parts = [
        annihilator(n, m).T if c else annihilator(n, m) for m, c in zip(modes, creates, strict=True)
    ]
    return functools.reduce(np.matmul, parts)


def hamiltonian(integrals):
    n = len(integrals.one)
    total = integrals.constant * np.eye(4**n)
    for p, q in np.ndindex(n, n):
        for s in (0, 1):
            total += integrals.one[p, q] * product(2 * n, (2 * p + s, 2 * q + s), (1, 0))
    for p, q, r, s in np.ndindex(n, n, n, n):
        for a in (0, 1):
            for b in (0, 1):
                modes = (2 * p + a, 2 * r + b, 2 * s + b, 2 * q + a)
                total += integrals.two[p, q, r, s] / 2 * product(2 * n, modes, (1, 1, 0, 0))
    return total


def generator(n, excitation):
    modes = (*excitation.created, *excitation.annihilated)
    creates = (1,) * len(excitation.created) + (0,) * len(excitation.annihilated)
    up = product(n, modes, creates)
    return up - up.T


def spin_operators(n_orbitals):
    """N, S_z and S^2, from the three components of the spin."""
    n = 2 * n_orbitals
    number = sum(product(n, (m, m), (1, 0)) for m in range(n))
    plus = sum(product(n, (2 * p, 2 * p + 1), (1, 0)) for p in range(n_orbitals))
    x, y = (plus + plus.T) / 2, (plus - plus.T) / 2j
    z = sum(product(n, (m, m), (1, 0)) * (0.5 - m % 2) for m in range(n))
    return number, z, (x @ x + y @ y + z @ z).real


def random_integrals(n_orbitals, electrons, seed):
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(n_orbitals,) * 2), rng.normal(size=(n_orbitals,) * 4)
    two = two + two.transpose(1, 0, 2, 3)
    two = two + two.transpose(0, 1, 3, 2)
    two = two + two.transpose(2, 3, 0, 1)
    return Integrals(rng.normal(), one + one.T, two / 8, electrons)


def h4():
    """Returns the integrals of four hydrogen atoms 0.8 Angstrom apart in STO-3G, by PySCF."""
    stored = json.loads((Path(__file__).parent / "chemistry" / "h4.json").read_text())
    two = np.zeros((4,) * 4)
    for p, q, r, s, value in stored["two"]:
        for a, b in ((p, q), (q, p)):
            for c, d in ((r, s), (s, r)):
                two[a, b, c, d] = two[c, d, a, b] = value
    return Integrals(stored["constant"], np.array(stored["one"]), two, (2, 2))
