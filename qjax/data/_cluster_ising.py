"""The cluster-Ising chain: its ground states, and in which phase it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

# Sectors by the parity of -1s of X on even and on odd sites; the symmetric one first.
_SECTORS = ((0, 0), (0, 1), (1, 0), (1, 1))
_DEGENERATE = 1e-8


def cluster_ising_states(n: int, h1: ArrayLike, h2: ArrayLike) -> np.ndarray:
    r"""Returns ground states of open cluster-Ising chains, by exact diagonalisation.

    $$H = -\sum_i Z_i X_{i+1} Z_{i+2} - h_1 \sum_i X_i - h_2 \sum_i X_i X_{i+1}$$

    The products of X over the even and over the odd sites are conserved, so that each of four
    sectors is diagonalised on its own (Lanczos, `scipy.sparse.linalg.eigsh`). Where the ground
    state is degenerate, as it is without fields, the symmetric one is returned: both products
    are 1.

    Args:
        n: Number of sites, from 4 to 16.
        h1: Fields `[points]`, in units of the coupling.
        h2: Ising couplings `[points]`, in the same units.

    Returns:
        Float32 `[points, 2**n]`, each of norm 1: they are real. Site 0 is the most significant bit.

    Raises:
        ValueError: If `n` is out of range, or the fields are not finite or differ in shape.

    References:
        Cong, Choi and Lukin, Nature Physics 15, 1273 (2019), arXiv 1810.03787.

    Example:
        >>> from qjax.data import cluster_ising_states
        >>> cluster_ising_states(4, [50.0], [0.0])[0, :4].round(2).tolist()  # All sites at X = 1.
        [0.25, 0.25, 0.25, 0.25]
    """
    fields = _fields(n, h1, h2, 16)
    parts = [_Sector.make(n, parities) for parities in _SECTORS]
    states = np.zeros((len(fields), 2**n), np.float32)
    for row, field in zip(states, fields, strict=True):
        found = [part.ground(*field) for part in parts]
        lowest = min(energy for energy, _ in found)
        k = next(k for k, (energy, _) in enumerate(found) if energy < lowest + _DEGENERATE)
        row[parts[k].basis] = found[k][1]
    return _hadamards(states, n)


def cluster_ising_gap(n: int, h1: ArrayLike, h2: ArrayLike) -> np.ndarray:
    r"""Returns a gap of cluster-Ising rings whose sign tells the topological phase.

    A flux of the symmetry $\prod_{i\ \mathrm{odd}} X_i$ through the ring turns the sign of the one
    ZXZ around site 0. In the topological phase the ground state then has
    $\prod_{i\ \mathrm{even}} X_i = -1$, otherwise +1. With the lowest energies in either sector,

    $$\Delta = E_{+} - E_{-}, \qquad \Delta > 0 \iff \text{topological}.$$

    A level crossing has no width, so that this finds the boundary of the infinite chain from few
    sites; at $h_2 = 0$ it is exact, $h_1 = 1$, for every number of them.

    Args:
        n: Number of sites, a multiple of 4 from 4 to 16: other rings frustrate the
            antiferromagnet.
        h1: Fields `[points]`, in units of the coupling.
        h2: Ising couplings `[points]`, in the same units.

    Returns:
        The gaps, float64 `[points]`, in the same units.

    Raises:
        ValueError: If `n` is out of range, or the fields are not finite or differ in shape.

    References:
        Level crossings under twisted boundaries: Kitazawa, J. Phys. A 30, L285 (1997).

    Example:
        >>> from qjax.data import cluster_ising_gap
        >>> (cluster_ising_gap(8, [0.5, 1.5, 0.0], [0.0, 0.0, -3.0]) > 0).tolist()
        [True, False, False]
    """
    fields = _fields(n, h1, h2, 16)
    if n % 4:
        raise ValueError(f"Argument `n` must be a multiple of 4, but is {n}.")
    plus, minus = (_Sector.make(n, (even, 0), flux=True) for even in (0, 1))
    return np.array([plus.ground(*f)[0] - minus.ground(*f)[0] for f in fields])


class _Sector(NamedTuple):
    """The chain in the basis of X, on states of given parities.

    Attributes:
        basis: Indices of its basis states among all, `[dim]`.
        cluster: Sum of ZXZ, a sparse matrix `[dim, dim]`: it flips the two neighbours of a site.
        field: Sum of X, `[dim]`.
        ising: Sum of XX, `[dim]`.
    """

    basis: np.ndarray
    cluster: Any
    field: np.ndarray
    ising: np.ndarray

    @classmethod
    def make(cls, n: int, parities: tuple[int, int], flux: bool = False) -> _Sector:
        """Returns a sector of the open chain; with a flux, of the ring that it goes through."""
        from scipy.sparse import coo_array

        index = np.arange(2**n)
        x = 1 - 2 * (index[:, None] >> np.arange(n - 1, -1, -1) & 1)
        even, odd = x[:, ::2].prod(1), x[:, 1::2].prod(1)
        basis = np.flatnonzero((even == 1 - 2 * parities[0]) & (odd == 1 - 2 * parities[1]))
        x, place = x[basis], np.zeros(2**n, int)
        place[basis] = np.arange(len(basis))
        flipped, values = zip(*_flips(n, x, flux), strict=True)
        columns = place[basis[None] ^ np.array(flipped)[:, None]].reshape(-1)
        rows = np.tile(np.arange(len(basis)), len(flipped))
        entries = (np.concatenate(values).astype(float), (rows, columns))
        ends = x * np.roll(x, -1, 1)
        return cls(
            basis,
            coo_array(entries, shape=(len(basis), len(basis))).tocsr(),
            x.sum(1).astype(float),
            (ends if flux else ends[:, :-1]).sum(1).astype(float),
        )

    def ground(self, h1: float, h2: float) -> tuple[float, np.ndarray]:
        """Returns the lowest energy, and its state `[dim]`."""
        from scipy.sparse import diags_array
        from scipy.sparse.linalg import eigsh

        matrix = -self.cluster - diags_array(h1 * self.field + h2 * self.ising)
        if len(self.basis) < 64:
            energies, states = np.linalg.eigh(matrix.toarray())
        else:
            # A start of its own, so that the same fields give the same state.
            start = np.random.default_rng(0).normal(size=len(self.basis))
            energies, states = eigsh(matrix, k=1, which="SA", v0=start)
        return float(energies[0]), states[:, 0]


def _flips(n: int, x: np.ndarray, flux: bool) -> Iterator[tuple[int, np.ndarray]]:
    """The bits that each ZXZ flips, and its values `[dim]`: X of the site in the middle."""
    for site in range(n) if flux else range(1, n - 1):
        bits = 1 << n - 1 - (site - 1) % n | 1 << n - 1 - (site + 1) % n
        yield bits, -x[:, site] if flux and site == 0 else x[:, site]


def _hadamards(states: np.ndarray, n: int) -> np.ndarray:
    """From the basis of X to that of Z."""
    for site in range(n):
        a, b = np.moveaxis(states.reshape(-1, 2, 2 ** (n - 1 - site)), 1, 0)
        states = np.stack([a + b, a - b], 1) * np.float32(np.sqrt(0.5))
    return states.reshape(-1, 2**n)


def _fields(n: int, h1: ArrayLike, h2: ArrayLike, most: int) -> np.ndarray:
    """Both fields of every point, `[points, 2]`."""
    if n not in range(4, most + 1):
        raise ValueError(f"Argument `n` must be an integer from 4 to {most}, but is {n}.")
    first, second = np.asarray(h1, float), np.asarray(h2, float)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(
            "Arguments `h1` and `h2` must have one shape (points,), "
            f"but have shapes {first.shape} and {second.shape}."
        )
    fields = np.stack([first, second], 1)
    if not np.isfinite(fields).all():
        raise ValueError("Arguments `h1` and `h2` must be finite, but have inf or nan.")
    return fields
