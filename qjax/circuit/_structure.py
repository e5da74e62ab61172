"""The static part of a circuit: which gates on which qubits, and where their parameters are."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from qjax.circuit._gate import Gate
from qjax.circuit._index_map import IndexMap


class Slot(NamedTuple):
    """Where a parameter is: a whole leaf, or one entry of a leaf of literal numbers."""

    leaf: int
    entry: int | None = None


class Operation(NamedTuple):
    """One gate applied to one or more qubit tuples in order.

    Attributes:
        gate: What is applied.
        qubits: One tuple of qubits a use, ``[uses][gate.n_qubits]``.
        slots: One slot a parameter of the gate.
        adjoint: Whether the inverse is applied: every use inverted, the last one first.
    """

    gate: Gate
    qubits: tuple[tuple[int, ...], ...]
    slots: tuple[Slot, ...] = ()
    adjoint: bool = False

    def uses(self) -> list[tuple[int, tuple[int, ...]]]:
        """The uses in order of execution, each with its position in the parameters."""
        uses = list(enumerate(self.qubits))
        return uses[::-1] if self.adjoint else uses


class Repeat(NamedTuple):
    """A sub-circuit run once for each leading slice of its leaves.

    Attributes:
        body: Structure of one round.
        length: Number of rounds.
        start: Index of its first leaf; it has ``body.n_leaves`` of them, each ``[length, ...]``.
        reverse: Whether the last slice runs first.
    """

    body: Structure
    length: int
    start: int
    reverse: bool = False


Item = Operation | IndexMap | Repeat


class Structure:
    """Everything static about a circuit; hashed once, so that it is a cheap key for ``jit``."""

    __slots__ = ("__dict__", "items", "n_leaves", "n_qubits")

    def __init__(self, n_qubits: int, items: tuple[Item, ...], n_leaves: int):
        self.n_qubits = n_qubits
        self.items = items
        self.n_leaves = n_leaves

    @functools.cached_property
    def _hash(self) -> int:
        return hash((self.n_qubits, self.n_leaves, self.items))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: Any) -> bool:
        return self is other or (
            isinstance(other, Structure)
            and self.n_qubits == other.n_qubits
            and self.n_leaves == other.n_leaves
            and self._hash == other._hash
            and self.items == other.items
        )

    def __repr__(self) -> str:
        return f"Structure({self.n_qubits} qubits, {len(self.items)} operations)"

    def __reduce__(self) -> Any:
        return Structure, (self.n_qubits, self.items, self.n_leaves)

    def unrolled(self) -> Iterator[Operation | IndexMap]:
        """The operations in order of execution, rounds of a repeat one after another."""
        for item in self.items:
            if isinstance(item, Repeat):
                for _ in range(item.length):
                    yield from item.body.unrolled()
            else:
                yield item

    def depth(self) -> int:
        """Number of layers when every gate starts as soon as its qubits are free."""
        busy = [0] * self.n_qubits
        for item in self.unrolled():
            rows = [q for _, q in item.uses()] if isinstance(item, Operation) else [item.support]
            for qubits in rows:
                level = 1 + max((busy[q] for q in qubits), default=0)
                for q in qubits:
                    busy[q] = level
        return max(busy, default=0)

    @property
    def n_gates(self) -> int:
        """Number of gates, repeats counted in full."""
        return sum(self.count().values())

    def count(self) -> Counter[str]:
        """Number of gates by name, repeats counted in full."""
        total: Counter[str] = Counter()
        for item in self.items:
            if isinstance(item, Repeat):
                for name, k in item.body.count().items():
                    total[name] += k * item.length
            elif isinstance(item, IndexMap):
                total["index_map"] += 1
            else:
                total[item.gate.name] += len(item.qubits)
        return total
