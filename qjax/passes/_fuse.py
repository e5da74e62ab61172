"""Fuse: neighbouring gates become blocks, phases and index maps."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, IndexMap, Operation, Repeat, Slot, Structure, data_gate
from qjax.passes._schedule import Group, Role, group, phases_of
from qjax.passes._uses import Stacks, Use, index_map

# Tables of phases are one pass over the state each: few, large, and of few angles to compute.
_PHASE_QUBITS = 10
# Bits of a dense block: work grows with each, passes over the state fall (docs/architecture.md).
_BLOCK_BITS = 5
# Time of one step, forward and back, in ns an amplitude on a CPU core: a block by its bits, what a
# complex block adds (the imaginary part has to lie beside its qubits), a phase, an index map.
_BLOCK_COST = (6, 6, 6.2, 6.7, 7.8, 9.5, 14)
_COMPLEX_COST, _PHASE_COST, _INDEX_COST = 3, 3.5, 4


def block_size(n_qubits: int, limit: int = _BLOCK_BITS) -> int:
    """Number of qubits of a block, such that a layer is covered by blocks of about one size."""
    blocks = -(-n_qubits // limit)
    return -(-n_qubits // blocks)


def dense_size(n_qubits: int) -> int:
    """Number of qubits of a dense block.

    One block on five qubits is far larger than the state, and so is its cotangent, of which a batch
    has one a sample: three and two are quicker, most of all where every sample has angles of its
    own.
    """
    return 3 if n_qubits == 5 else block_size(n_qubits)


def fuse(
    circuit: Circuit,
    max_qubits: int | None = None,
    dtype: Any = jnp.complex64,
    *,
    inside: bool = True,
    merged: bool = False,
) -> Circuit:
    """An equal circuit of few operations: dense blocks, diagonals, index maps and repeats.

    There are two ways to fuse, and the cheaper one is taken by predicted cost: as blocks that take
    in every gate on their qubits, or as real blocks, of half the work, between diagonals (RX is RY
    between two S, U is RY between two P).

    Args:
        circuit: Any circuit; its angles may be traced.
        max_qubits: Largest number of qubits of a dense block; by default it follows from the
            number of qubits.
        dtype: Complex dtype of the blocks that are not real.
        inside: Whether repeats are fused too; otherwise they are left as they are.
        merged: Whether only the first way is considered.

    Returns:
        A circuit whose operations are `unitary`, `diagonal`, wide Pauli rotations, index maps, and
        repeats of such.

    Example:
        >>> import qjax
        >>> from qjax.passes import fuse
        >>> ring = qjax.Circuit(8).h(range(8)).cx(range(8), [1, 2, 3, 4, 5, 6, 7, 0])
        >>> fuse(ring).count_ops()
        {'unitary': 2, 'index_map': 1}
    """
    return _Builder(circuit.n_qubits, max_qubits, dtype, merged).build(circuit, inside)


class _Plan:
    """One way to fuse operations without a repeat: which gates go together, and at what cost."""

    def __init__(self, stacks: Stacks, n_qubits: int, max_qubits: int, *, split: bool):
        self.stacks, self.max_qubits, self.split = stacks, max_qubits, split
        self.parts: list[tuple[Role, Any]] = []
        self.cost = 0.0
        self.steps = 0
        for role, uses in phases_of(stacks.uses, self.role, self.absorbs, n_qubits, max_qubits):
            if role == Role.INDEX:
                self.parts.append((role, uses))
                self.cost += _INDEX_COST
                self.steps += 1
                continue
            if role == Role.PHASE:
                groups = _tables(uses, n_qubits)
                self.cost += _PHASE_COST * len(groups)
            else:
                groups = group(uses, max_qubits)
                self.cost += sum(map(self.block_cost, groups))
            self.parts.append((role, groups))
            self.steps += len(groups)

    def role(self, use: Use) -> Role:
        gate = use.kind.gate
        wide = gate.pauli and gate.n_qubits > self.max_qubits
        if gate.is_diagonal and not wide and (gate.n_qubits > 1 or not self.absorbs(use)):
            return Role.PHASE
        return Role.DENSE if gate.index_map is None else Role.INDEX

    def absorbs(self, use: Use) -> bool:
        """Whether a block takes in a diagonal gate or a permutation."""
        return not self.split or use.kind.gate.is_real

    def block_cost(self, block: Group) -> float:
        kinds = {use.kind for use in block.uses}
        is_complex = not all(self.stacks.is_real(kind) for kind in kinds)
        bits = len(block.qubits) + is_complex
        cost = _BLOCK_COST[min(bits, 6)] * 2.0 ** max(bits - 6, 0)
        return cost + _COMPLEX_COST * is_complex


def _best(
    operations: tuple[Operation, ...],
    leaves: Sequence[Any],
    n_qubits: int,
    max_qubits: int,
    dtype: Any,
    merged: bool = False,
) -> _Plan:
    """The cheaper way to fuse some operations."""
    plans = [
        _Plan(
            Stacks(tuple(leaves), operations, dtype, split=split),
            n_qubits,
            max_qubits,
            split=split,
        )
        for split in ((False,) if merged else (False, True))
    ]
    return min(plans, key=lambda plan: plan.cost)


def fused_steps(circuit: Circuit, max_qubits: int | None, dtype: Any) -> int:
    """Number of blocks, tables and index maps that operations without a repeat are fused into."""
    n, items = circuit.n_qubits, circuit.structure.items
    operations = tuple(item for item in items if isinstance(item, Operation))
    width = max_qubits or dense_size(n)
    return _best(operations, circuit.leaves, n, width, dtype).steps


def _tables(uses: list[Use], n_qubits: int) -> list[Group]:
    """Diagonal gates by the table that they go into.

    The last qubits, which lie together, are filled first: a table over few of them is slow to read.
    """
    alone = all(len(use.qubits) == 1 for use in uses)
    width = block_size(n_qubits, _PHASE_QUBITS) if alone else _PHASE_QUBITS
    return group(uses[::-1], width, commuting=True)


class _Builder:
    """Collects the items and leaves of the fused circuit."""

    def __init__(self, n_qubits: int, max_qubits: int | None, dtype: Any, merged: bool):
        self.n_qubits, self.given, self.dtype, self.merged = n_qubits, max_qubits, dtype, merged
        self.max_qubits = max_qubits or dense_size(n_qubits)
        self.items: list[Any] = []
        self.leaves: list[Any] = []

    def build(self, circuit: Circuit, inside: bool) -> Circuit:
        for is_repeat, items in groupby(circuit.structure.items, lambda i: isinstance(i, Repeat)):
            if is_repeat:
                for item in items:
                    self.repeat(item, circuit.leaves, inside)  # type: ignore[arg-type]
            else:
                self.straight(tuple(items), circuit.leaves)
        structure = Structure(self.n_qubits, tuple(self.items), len(self.leaves))
        return Circuit.from_parts(structure, self.leaves)

    def repeat(self, item: Repeat, leaves: Sequence[Any], inside: bool) -> None:
        stacked = tuple(leaves[item.start : item.start + item.body.n_leaves])
        start = len(self.leaves)
        if not inside:
            self.items.append(item._replace(start=start))
            self.leaves += stacked
            return

        def fuse_round(leaves: tuple[Any, ...], _: Any) -> Circuit:
            body = Circuit.from_parts(item.body, leaves)
            return fuse(body, self.given, self.dtype, merged=self.merged)

        body = jax.vmap(fuse_round)(stacked, jnp.zeros(item.length))
        self.items.append(Repeat(body.structure, item.length, start, item.reverse))
        self.leaves += body.leaves

    def straight(self, items: tuple[Any, ...], leaves: tuple[Any, ...]) -> None:
        """Items without a repeat; an index map that is already there is a barrier."""
        for is_map, part in groupby(items, lambda i: isinstance(i, IndexMap)):
            if is_map:
                self.items += part
                continue
            plan = _best(
                tuple(part), leaves, self.n_qubits, self.max_qubits, self.dtype, self.merged
            )
            emit: dict[Role, Any] = {
                Role.DENSE: self.dense,
                Role.PHASE: self.phase,
                Role.INDEX: self.index,
            }
            for role, members in plan.parts:
                emit[role](members, plan.stacks)

    def dense(self, groups: list[Group], stacks: Stacks) -> None:
        key = lambda g: (g.level, *_recipe(g))  # noqa: E731
        buckets: dict[Any, list[Group]] = {}
        for member in groups:  # Blocks that are built alike, and share no qubit, are built at once.
            buckets.setdefault(key(member), []).append(member)
        for bucket in buckets.values():
            first = bucket[0].uses[0]
            k = len(bucket[0].qubits)
            if first.kind.gate.pauli and k > self.max_qubits:
                gate, value = first.kind.gate, stacks.parameter(first)
            else:
                gate, value = data_gate("unitary", "matrix", k), _block(bucket, stacks, self.dtype)
            self._append(gate, tuple(g.qubits for g in bucket), value, first)

    def _append(self, gate: Any, qubits: Any, value: Any, first: Use) -> None:
        if gate.pauli:
            qubits = (first.qubits,)
        self.items.append(Operation(gate, qubits, (Slot(len(self.leaves)),)))
        self.leaves.append(value)

    def phase(self, tables: list[Group], stacks: Stacks) -> None:
        for table in tables:
            gate = data_gate("diagonal", "phases", len(table.qubits))
            self.items.append(Operation(gate, (table.qubits,), (Slot(len(self.leaves)),)))
            self.leaves.append(_phase_table(table, stacks))

    def index(self, uses: list[Use], stacks: Stacks) -> None:
        total = IndexMap.identity(self.n_qubits)
        for use in uses:
            step = index_map(use, self.n_qubits)
            assert step is not None
            total = total.then(step)
        self.items.append(total)


def _recipe(block: Group) -> tuple[Any, ...]:
    """What distinguishes how two blocks are built: the gates, and their places in the block."""
    place = {q: i for i, q in enumerate(block.qubits)}
    steps = ((use.kind, tuple(place[q] for q in use.qubits)) for use in block.uses)
    return len(block.qubits), tuple(steps)


def _block(bucket: list[Group], stacks: Stacks, dtype: Any) -> jax.Array:
    """Matrices ``[blocks, 2**k, 2**k]`` of blocks that are built alike."""
    k, steps = _recipe(bucket[0])
    if all(stacks.is_real(kind) for kind, _ in steps):
        dtype = jnp.finfo(dtype).dtype
    total: jax.Array | None = None
    singles: dict[int, jax.Array] = {}
    for i, (kind, places) in enumerate(steps):
        rows = np.array([block.uses[i].row for block in bucket])
        matrix = stacks.matrices(kind, rows).astype(dtype)
        if places == tuple(range(k)) and k > 1 and total is None and not singles:
            total = matrix
        elif len(places) == 1:
            (place,) = places
            if place in singles:
                matrix = jnp.matmul(matrix, singles[place], precision=jax.lax.Precision.HIGHEST)
            singles[place] = matrix
        else:
            total = _absorb(singles, total, k, dtype)
            total = _embed(matrix, places, total)
            singles = {}
    total = _absorb(singles, total, k, dtype)
    return jnp.broadcast_to(total, (len(bucket), 2**k, 2**k))


def _absorb(
    singles: dict[int, jax.Array], total: jax.Array | None, k: int, dtype: Any
) -> jax.Array:
    """Applies single-qubit gates, at most one a qubit, to the product so far."""
    if total is not None:
        for place, matrix in singles.items():
            total = _embed(matrix, (place,), total)
        return total
    identity = jnp.eye(2, dtype=dtype)[None]
    factors = [singles.get(place, identity).astype(dtype) for place in range(k)]
    return functools.reduce(_kron, factors)


def _kron(a: jax.Array, b: jax.Array) -> jax.Array:
    product = a[:, :, None, :, None] * b[:, None, :, None, :]
    blocks, i, j = product.shape[0], a.shape[1], b.shape[1]
    return product.reshape(blocks, i * j, i * j)


def _embed(matrix: jax.Array, places: Iterable[int], total: jax.Array) -> jax.Array:
    """A gate on some places of a block, times the block's product so far."""
    places = tuple(places)
    m, dim = len(places), total.shape[-1]
    k = dim.bit_length() - 1
    blocks = max(matrix.shape[0], total.shape[0])
    letters = "abcdefghijklmnopqrstuvwx"
    row = letters[:k]
    new = {p: letters[k + i] for i, p in enumerate(places)}
    out = "".join(new.get(p, row[p]) for p in range(k))
    gate = "".join(new[p] for p in places) + "".join(row[p] for p in places)
    matrix = jnp.broadcast_to(matrix, (blocks, *matrix.shape[1:]))
    total = jnp.broadcast_to(total, (blocks, dim, dim))
    product = jnp.einsum(
        f"z{gate},z{row}y->z{out}y",
        matrix.reshape(blocks, *(2,) * (2 * m)),
        total.reshape(blocks, *(2,) * k, dim),
        precision=jax.lax.Precision.HIGHEST,
    )
    return product.reshape(blocks, dim, dim)


def _phase_table(table: Group, stacks: Stacks) -> jax.Array:
    """Sum of the angles of diagonal gates on the qubits of one table, ``[2**m]``."""
    m = len(table.qubits)
    place = {q: i for i, q in enumerate(table.qubits)}
    index = np.arange(2**m)
    total: Any = 0.0
    for kind in dict.fromkeys(use.kind for use in table.uses):
        uses = [use for use in table.uses if use.kind == kind]
        picks = np.zeros((len(uses), 2**m), np.int32)
        for i, use in enumerate(uses):
            for q in use.qubits:
                picks[i] = 2 * picks[i] + (index >> (m - 1 - place[q]) & 1)
        total = total + stacks.phase_table(kind, np.array([use.row for use in uses]), picks)
    return total
