"""The uses of gates in a run of operations, and their matrices, one stack a kind of gate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Gate, IndexMap, Operation, Slot


class Kind(NamedTuple):
    """A gate or its inverse."""

    gate: Gate
    adjoint: bool


class Use(NamedTuple):
    """One use of a gate.

    Attributes:
        kind: The gate, or its inverse.
        row: Where its parameters are in the stack of its kind.
        qubits: What it acts on.
    """

    kind: Kind
    row: int
    qubits: tuple[int, ...]


class Stacks:
    """Parameters of all uses, one array a kind of gate and parameter.

    Many gates of one kind are then a few array operations, however they were written.
    """

    def __init__(self, leaves: tuple[Any, ...], operations: Iterable[Operation], dtype: Any):
        self.uses: list[Use] = []
        self._leaves = leaves
        self._dtype = dtype
        self._slots: dict[Kind, list[tuple[tuple[Slot, ...], int]]] = defaultdict(list)
        self._matrices: dict[Kind, jax.Array] = {}
        self._phases: dict[Kind, jax.Array] = {}
        counts: dict[Kind, int] = defaultdict(int)
        for operation in operations:
            kind = Kind(operation.gate, operation.adjoint)
            fixed = operation.gate.is_fixed
            for j, qubits in operation.uses():
                self.uses.append(Use(kind, 0 if fixed else counts[kind] + j, qubits))
            if not fixed:
                self._slots[kind].append((operation.slots, len(operation.qubits)))
                counts[kind] += len(operation.qubits)

    def parameters(self, kind: Kind) -> list[jax.Array]:
        """One array ``[uses, *event_shape]`` a parameter."""
        columns = range(len(kind.gate.parameters))
        entries = self._slots[kind]
        return [
            stack_parameter(self._leaves, [(slots[i], m) for slots, m in entries], kind.gate)
            for i in columns
        ]

    def matrices(self, kind: Kind, rows: np.ndarray) -> jax.Array:
        """Matrices ``[len(rows), d, d]``, or ``[1, d, d]`` of a gate without parameters."""
        if kind not in self._matrices:
            parameters = self.parameters(kind)
            total = kind.gate.matrices(*parameters, dtype=self._dtype)
            if kind.gate.data == "matrix" or callable(kind.gate.matrix):
                total = _unitary_or_nan(total)
            self._matrices[kind] = jnp.conj(jnp.swapaxes(total, -1, -2)) if kind.adjoint else total
        return _take(self._matrices[kind], rows)

    def phases(self, kind: Kind, rows: np.ndarray) -> jax.Array:
        """Angles of the diagonal ``[len(rows), d]``, or ``[1, d]``."""
        if kind not in self._phases:
            total = kind.gate.phases(*self.parameters(kind), dtype=self._dtype)
            self._phases[kind] = -total if kind.adjoint else total
        return _take(self._phases[kind], rows)

    def parameter(self, use: Use) -> jax.Array:
        """The only parameter of one use, with the sign that inverts where it is inverted."""
        value = self.parameters(use.kind)[0][use.row]
        return -value if use.kind.adjoint else value


def stack_parameter(
    leaves: tuple[Any, ...], entries: list[tuple[Slot, int]], gate: Gate
) -> jax.Array:
    """All values of one parameter; literals of one leaf are read in one go."""
    parts: list[jax.Array] = []
    pending: list[tuple[int, int, int]] = []

    def flush() -> None:
        if pending:
            rows = np.repeat([e for _, e, _ in pending], [m for _, _, m in pending])
            parts.append(_take(jnp.asarray(leaves[pending[0][0]]), rows))
            pending.clear()

    for slot, m in entries:
        if slot.entry is None:
            flush()
            leaf = jnp.asarray(leaves[slot.leaf])
            whole = leaf if leaf.ndim > len(gate.event_shape) else leaf[None]
            parts.append(jnp.broadcast_to(whole, (m, *gate.event_shape)))
        else:
            if pending and pending[0][0] != slot.leaf:
                flush()
            pending.append((slot.leaf, slot.entry, m))
    flush()
    if len(parts) == 1:
        return parts[0]
    dtype = (
        jnp.result_type(*(p.dtype for p in parts)) if len({p.dtype for p in parts}) > 1 else None
    )
    return jnp.concatenate([p if dtype is None else p.astype(dtype) for p in parts])


def _take(stack: jax.Array, rows: np.ndarray) -> jax.Array:
    """Static rows of a stack: all of them, a slice, or a gather. A stack of one row is kept."""
    if stack.shape[0] == 1:
        return stack
    rows = np.asarray(rows)
    if np.array_equal(rows, np.arange(stack.shape[0])):
        return stack
    steps = np.diff(rows)
    if len(rows) == 1 or (steps[0] > 0 and np.all(steps == steps[0])):
        stride = int(steps[0]) if len(steps) else 1
        return stack[int(rows[0]) : int(rows[-1]) + 1 : stride]
    return stack[rows]


def _unitary_or_nan(matrices: jax.Array) -> jax.Array:
    """The matrices, nan in place of one that is not unitary: no gradient could be right for it."""
    product = jnp.einsum(
        "...ji,...jk->...ik", matrices.conj(), matrices, precision=jax.lax.Precision.HIGHEST
    )
    error = jnp.max(
        jnp.abs(product - jnp.eye(matrices.shape[-1], dtype=matrices.dtype)[None]), (-1, -2)
    )
    return jnp.where((error < 1e-3)[..., None, None], matrices, jnp.nan)


def index_map(use: Use, n_qubits: int) -> IndexMap | None:
    """The use as a permutation of basis states, where it is one that is affine over GF(2)."""
    local = use.kind.gate.index_map
    if local is None:
        return None
    placed = IndexMap.of_gate(*local, use.qubits, n_qubits)
    return placed.inverse() if use.kind.adjoint else placed
