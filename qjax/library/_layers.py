"""Which pairs of qubits a layer entangles, and how layers are repeated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from qjax.circuit import Circuit
from qjax.library._checks import choice

Pairs = list[tuple[int, int]]


def _chain(n: int) -> Pairs:
    return [(q, q + 1) for q in range(n - 1)]


def _ring(n: int) -> Pairs:
    return _chain(n) + ([(n - 1, 0)] if n > 2 else [])


def _full(n: int) -> Pairs:
    return [(a, b) for a in range(n) for b in range(a + 1, n)]


def _brickwork(n: int) -> Pairs:
    chain = _chain(n)
    return chain[::2] + chain[1::2]


PATTERNS: dict[str, Callable[[int], Pairs]] = {
    "brickwork": _brickwork,
    "chain": _chain,
    "full": _full,
    "ring": _ring,
}


def pairs_of(pattern: Any, n: int) -> Pairs:
    """Pairs of a named pattern on n qubits, in the order in which gates act."""
    return PATTERNS[choice(pattern, "entangler", PATTERNS)](n)


def entangle(circuit: Circuit, gate: str, pairs: Sequence[tuple[int, int]]) -> Circuit:
    """Appends a two-qubit gate on each pair."""
    if not pairs:
        return circuit
    return getattr(circuit, gate)(*zip(*pairs, strict=True))


def layered(
    circuit: Circuit,
    body: Callable[[Circuit, Any], Circuit],
    xs: Any = None,
    length: int | None = None,
) -> Circuit:
    """``circuit.repeat(body, xs, length)``; one layer is appended as it is, open to fusion."""
    shapes = [leaf.shape for leaf in jax.tree.leaves(xs)]
    if (shapes[0][0] if shapes else length) == 1:
        return body(circuit, jax.tree.map(lambda leaf: leaf[0], xs))
    return circuit.repeat(body, xs, length)
