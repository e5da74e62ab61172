"""The transverse-field Ising chain exactly, as free fermions: NumPy only, no code of qjax.

H = -j sum Z Z - h sum X on an open chain. Majorana operators with strings of X,
a_{2q} = X...X Z_q and a_{2q+1} = X...X Y_q, make it quadratic, H = i/4 sum A_kl a_k a_l, with
X_q = i a_{2q} a_{2q+1} and Z_q Z_{q+1} = i a_{2q+1} a_{2q+2}. Means of both are then entries of the
covariance <i a_k a_l>, which turns with exp(A t).
"""

import numpy as np


def generator(n: int, j: float = 1.0, h: float = 1.0) -> np.ndarray:
    """Returns A, `[2n, 2n]`, antisymmetric."""
    couplings = np.full(2 * n - 1, -2 * j)
    couplings[::2] = -2 * h
    return np.diag(couplings, 1) - np.diag(couplings, -1)


def ground_energy(n: int, j: float = 1.0, h: float = 1.0) -> float:
    """Returns the smallest eigenvalue of H."""
    return -np.abs(np.linalg.eigvalsh(1j * generator(n, j, h))).sum() / 4


def quench(n: int, time: float, j: float = 1.0, h: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Evolves |0...0>, in which all ZZ are 1.

    Returns:
        The means of X, `[n]`, and of ZZ on neighbours, `[n - 1]`.
    """
    bonds = np.zeros(2 * n - 1)
    bonds[1::2] = 1
    values, vectors = np.linalg.eigh(1j * generator(n, j, h))
    turn = (vectors * np.exp(-1j * values * time)) @ vectors.conj().T
    means = np.diag(turn.real @ (np.diag(bonds, 1) - np.diag(bonds, -1)) @ turn.real.T, 1)
    return means[::2], means[1::2]
