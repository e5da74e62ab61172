"""Permutations of basis states that are affine over GF(2): networks of X, CX and SWAP."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class IndexMap(NamedTuple):
    """The permutation |b> -> |A b + c> over GF(2), on all qubits of a circuit.

    Attributes:
        columns: Image under A of the basis index in which only qubit q is 1, one a qubit.
        offset: c.
    """

    columns: tuple[int, ...]
    offset: int

    @classmethod
    def identity(cls, n_qubits: int) -> IndexMap:
        """The map that moves nothing."""
        return cls(tuple(1 << (n_qubits - 1 - q) for q in range(n_qubits)), 0)

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        return len(self.columns)

    @property
    def support(self) -> tuple[int, ...]:
        """Qubits whose bit is read for, or changed by, something other than itself."""
        n = self.n_qubits
        touched = self.offset
        for column, unit in zip(self.columns, IndexMap.identity(n).columns, strict=True):
            if column != unit:
                touched |= column | unit
        return tuple(q for q in range(n) if touched >> (n - 1 - q) & 1)

    def then(self, other: IndexMap) -> IndexMap:
        """This map followed by another."""
        columns = tuple(other.image(c) ^ other.offset for c in self.columns)
        return IndexMap(columns, other.image(self.offset))

    def image(self, index: int) -> int:
        """Where one basis index goes."""
        n, image = self.n_qubits, self.offset
        for q, column in enumerate(self.columns):
            if index >> (n - 1 - q) & 1:
                image ^= column
        return image

    def inverse(self) -> IndexMap:
        """The map that undoes this one, by Gauss-Jordan elimination over GF(2)."""
        n = self.n_qubits
        rows = list(zip(self.columns, IndexMap.identity(n).columns, strict=True))
        for i in range(n):
            bit = 1 << (n - 1 - i)
            pivot = next(j for j in range(i, n) if rows[j][0] & bit)
            rows[i], rows[pivot] = rows[pivot], rows[i]
            for j in range(n):
                if j != i and rows[j][0] & bit:
                    rows[j] = (rows[j][0] ^ rows[i][0], rows[j][1] ^ rows[i][1])
        linear = IndexMap(tuple(right for _, right in rows), 0)
        return IndexMap(linear.columns, linear.image(self.offset))

    def widened(self) -> IndexMap:
        """The map on one more bit, the last, which stays as it is."""
        return IndexMap((*(c << 1 for c in self.columns), 1), self.offset << 1)

    def permuted(self, source: Iterable[int], target: Iterable[int]) -> IndexMap:
        """The same map between two orders of the qubits, most significant first.

        Args:
            source: Qubit at each place of the index that is read.
            target: Qubit at each place of the index that is written.
        """
        n, target = self.n_qubits, list(target)

        def move(index: int) -> int:
            bits = (index >> (n - 1 - q) & 1 for q in target)
            return sum(bit << (n - 1 - place) for place, bit in enumerate(bits))

        return IndexMap(tuple(move(self.columns[q]) for q in source), move(self.offset))

    @classmethod
    def of_gate(
        cls, columns: tuple[int, ...], offset: int, qubits: tuple[int, ...], n_qubits: int
    ) -> IndexMap:
        """A gate's own map (bit 0 least significant) placed on some qubits of many."""
        k = len(qubits)

        def lift(local: int) -> int:
            bits = ((j, local >> (k - 1 - j) & 1) for j in range(k))
            return sum(bit << (n_qubits - 1 - qubits[j]) for j, bit in bits)

        lifted = list(cls.identity(n_qubits).columns)
        for j, q in enumerate(qubits):
            lifted[q] = lift(columns[k - 1 - j])
        return cls(tuple(lifted), lift(offset))
