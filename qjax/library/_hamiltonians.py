"""Hamiltonians: sums of Pauli strings, built in one go however many terms they have."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp
import numpy as np

from qjax.circuit import I, PauliSum, Word, errors
from qjax.library._checks import real
from qjax.library._layers import PATTERNS


def transverse_field_ising(n: int, j: Any = 1.0, h: Any = 1.0, periodic: bool = False) -> PauliSum:
    r"""Transverse-field Ising chain.

    .. math:: H = -\sum_b j_b Z_b Z_{b+1} - \sum_i h_i X_i

    Args:
        n: Number of qubits.
        j: Coupling, a scalar or one a bond ``[bonds]``, bond b between qubits b and b + 1; possibly
            traced.
        h: Field, a scalar or ``[n]``; possibly traced.
        periodic: Whether a bond joins the last qubit to the first, where there are more than two.

    Returns:
        The sum, couplings first. Terms whose coefficient is the number 0 are left out.

    Raises:
        TypeError: If ``n`` is not an integer, or a coefficient is not real.
        ValueError: If ``n`` is below 1, or a coefficient has another shape or is not finite.

    Example:
        >>> from qjax.library import transverse_field_ising
        >>> transverse_field_ising(3, h=0.5)
        -1 Z(0) @ Z(1) + -1 Z(1) @ Z(2) + -0.5 X(0) + -0.5 X(1) + -0.5 X(2)
    """
    n = errors.positive(n, "n")
    bonds = _bonds(n, periodic)
    return _total(
        _terms(-1, j, "j", [Word(0, bond) for bond in bonds]),
        _terms(-1, h, "h", [Word(1 << q, 0) for q in range(n)]),
    )


def cluster_ising(
    n: int, j: Any = 1.0, h1: Any = 1.0, h2: Any = 0.0, periodic: bool = False
) -> PauliSum:
    r"""Cluster-Ising chain, which has a symmetry-protected topological phase.

    .. math:: H = -\sum_i j_i Z_i X_{i+1} Z_{i+2} - h_1 \sum_i X_i - h_2 \sum_b X_b X_{b+1}

    Without fields its ground state is the cluster state. With :math:`h_2 = 0` it maps to free
    fermions, and the phases meet at :math:`h_1 = j`.

    Args:
        n: Number of qubits.
        j: Coupling, a scalar or one for each three neighbours ``[n - 2]``, ``[n]`` if periodic;
            possibly traced.
        h1: Field, a scalar or ``[n]``; possibly traced.
        h2: Coupling, a scalar or one a bond ``[bonds]``, bond b between qubits b and b + 1;
            possibly traced.
        periodic: Whether the chain closes to a ring, where there are more than two qubits.

    Returns:
        The sum, ZXZ first, then X and XX. Terms whose coefficient is the number 0 are left out.

    Raises:
        TypeError: If ``n`` is not an integer, or a coefficient is not real.
        ValueError: If ``n`` is below 1, or a coefficient has another shape or is not finite.

    References:
        Cong, Choi and Lukin, Nature Physics 15, 1273 (2019), arXiv 1810.03787, equation 2.

    Example:
        >>> from qjax.library import cluster_ising
        >>> cluster_ising(3, h1=0.0, h2=0.5)
        -1 Z(0) @ X(1) @ Z(2) + -0.5 X(0) @ X(1) + -0.5 X(1) @ X(2)
    """
    n = errors.positive(n, "n")
    threes = [(q, (q + 1) % n, (q + 2) % n) for q in range(n if periodic else n - 2) if n > 2]
    return _total(
        _terms(-1, j, "j", [Word(1 << b, 1 << a | 1 << c) for a, b, c in threes]),
        _terms(-1, h1, "h1", [Word(1 << q, 0) for q in range(n)]),
        _terms(-1, h2, "h2", [Word(bond, 0) for bond in _bonds(n, periodic)]),
    )


def heisenberg(
    n: int,
    jx: Any = 1.0,
    jy: Any = 1.0,
    jz: Any = 1.0,
    h: Any = 0.0,
    periodic: bool = False,
) -> PauliSum:
    r"""Heisenberg chain in Pauli matrices (not spins: S = sigma / 2), a field along Z.

    .. math:: H = \sum_b \bigl( j^x_b X_b X_{b+1} + j^y_b Y_b Y_{b+1} + j^z_b Z_b Z_{b+1} \bigr)
              + \sum_i h_i Z_i

    Positive couplings are antiferromagnetic.

    Args:
        n: Number of qubits.
        jx: Coupling, a scalar or one a bond ``[bonds]``, bond b between qubits b and b + 1;
            possibly traced.
        jy: As ``jx``.
        jz: As ``jx``.
        h: Field, a scalar or ``[n]``; possibly traced.
        periodic: Whether a bond joins the last qubit to the first, where there are more than two.

    Returns:
        The sum, XX first, then YY, ZZ and Z. Terms whose coefficient is the number 0 are left out.

    Raises:
        TypeError: If ``n`` is not an integer, or a coefficient is not real.
        ValueError: If ``n`` is below 1, or a coefficient has another shape or is not finite.

    Example:
        >>> from qjax.library import heisenberg
        >>> heisenberg(2, jz=2.0)
        1 X(0) @ X(1) + 1 Y(0) @ Y(1) + 2 Z(0) @ Z(1)
    """
    n = errors.positive(n, "n")
    bonds = _bonds(n, periodic)
    return _total(
        _terms(1, jx, "jx", [Word(bond, 0) for bond in bonds]),
        _terms(1, jy, "jy", [Word(bond, bond) for bond in bonds]),
        _terms(1, jz, "jz", [Word(0, bond) for bond in bonds]),
        _terms(1, h, "h", [Word(0, 1 << q) for q in range(n)]),
    )


def maxcut(edges: Iterable[tuple[int, int]], weights: Any = None) -> PauliSum:
    r"""Cut size of a graph: its expectation is the expected weight of the edges that are cut.

    .. math:: C = \frac12 \sum_{(a,b)} w_{ab} (1 - Z_a Z_b)

    The bit of qubit a says on which side vertex a is. The maximum cut is the largest eigenvalue.

    Args:
        edges: Pairs of vertices, which are qubits; an edge that is listed twice counts twice.
        weights: Real ``[edges]``, possibly traced; 1 each by default.

    Returns:
        The sum: the constant first, then one term an edge.

    Raises:
        TypeError: If a vertex is not an integer, or the weights are not real.
        ValueError: If there are no edges, an edge is not two different vertices of at least 0, or
            the weights have another shape.

    Example:
        >>> import qjax
        >>> from qjax.library import maxcut
        >>> cut = maxcut([(0, 1), (1, 2), (2, 0)])
        >>> qjax.expectation(qjax.Circuit(3).x(0), cut).round(4).tolist()
        2.0
    """
    bonds = [_edge(edge) for edge in edges]
    if not bonds:
        raise ValueError("Argument `edges` must hold at least one edge, but is empty.")
    shape = (len(bonds),)
    weights = np.ones(shape) if weights is None else real(weights, "weights", shape)
    return _total(
        _terms(0.5, weights.sum(), "weights", [Word(0, 0)]),
        _terms(-0.5, weights, "weights", [Word(0, bond) for bond in bonds]),
    )


def _bonds(n: int, periodic: bool) -> list[int]:
    """Masks of neighbouring qubits on a chain or a ring."""
    return [1 << a | 1 << b for a, b in PATTERNS["ring" if periodic else "chain"](n)]


def _edge(edge: Any) -> int:
    try:
        a, b = (operator.index(vertex) for vertex in edge)
    except TypeError:
        raise TypeError(
            f"Argument `edges` must hold pairs of integers, but holds {edge!r}."
        ) from None
    except ValueError:
        a = b = 0
    if a == b or min(a, b) < 0:
        raise ValueError(
            "Argument `edges` must hold pairs of different vertices of at least 0, but holds "
            f"{edge!r}."
        )
    return 1 << a | 1 << b


def _terms(factor: float, value: Any, name: str, words: list[Word]) -> PauliSum | None:
    """A multiple of a value on each word; None where that is nothing, or is known to be 0."""
    value = factor * real(value, name, (), (len(words),))
    known = isinstance(value, np.ndarray | np.generic)
    if not words or (known and not np.any(value)):
        return None
    if known:
        return PauliSum(((tuple(words), tuple(np.broadcast_to(value, len(words)).tolist())),))
    return PauliSum(((tuple(words), jnp.broadcast_to(value, (len(words),))),))


def _total(*parts: PauliSum | None) -> PauliSum:
    kept = [part for part in parts if part is not None]
    return functools.reduce(operator.add, kept) if kept else I() * 0.0
