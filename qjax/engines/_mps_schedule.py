"""Any circuit as gates on neighbouring sites of a chain: merged, and routed by swaps."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import GATES, Circuit, Gate, IndexMap, Operation, Repeat, Structure
from qjax.passes._uses import Kind, Stacks

_IDENTITY, _SWAP = 0, 1  # First rows of the table of matrices.


class Schedule(NamedTuple):
    """What runs a circuit on a chain.

    Attributes:
        vectors: State of each site before the first gate, ``[n, 2]``.
        sites: The left site of each gate, ``[gates]``.
        gates: ``[gates, 4, 4]``, the left site most significant.
        places: Where each qubit is at the end.
    """

    vectors: jax.Array
    sites: np.ndarray
    gates: jax.Array
    places: tuple[int, ...]


class _Use(NamedTuple):
    """One use of a gate: its qubits, its row of the table, whether it is diagonal."""

    qubits: tuple[int, ...]
    row: int
    diagonal: bool


class _Block:
    """Gates on one pair of qubits, in order."""

    def __init__(self, pair: frozenset[int], uses: list[_Use]):
        self.pair, self.uses = pair, uses
        self.diagonal = all(use.diagonal for use in uses)

    def add(self, use: _Use) -> None:
        self.uses.append(use)
        self.diagonal &= use.diagonal


def check_gates(structure: Structure) -> None:
    """Raises ValueError where a gate is wider than what runs on a chain."""
    for item in structure.items:
        if isinstance(item, Repeat):
            check_gates(item.body)
        elif isinstance(item, Operation):
            _narrow(item.gate)


def schedule(circuit: Circuit, dtype: Any, *, restore: bool = False) -> Schedule:
    """Merges the gates of a circuit into few on two neighbouring sites each.

    Single-qubit gates go into those on two qubits, and so do later gates on the same pair where
    all in between commute with them. Qubits that are not neighbours are brought together by swaps
    and left where they are. Rounds of a repeat are merged with one another; their matrices are
    built at once, so the program does not grow with their number.

    Args:
        circuit: Any circuit of gates that `check_gates` lets pass.
        dtype: Of the matrices.
        restore: Whether qubits are taken back to the sites of their numbers.
    """
    n = circuit.n_qubits
    uses, table = _collect(circuit.structure, circuit.leaves, dtype)
    blocks, early = _merge(uses, n)
    sites, entries, places = _route(blocks, n, restore)
    # A gate on the first of two qubits has its own matrix in every other row.
    singles = _products(table, [[2 * use.row for use in early[q]] for q in range(n)])
    return Schedule(singles[:, ::2, 0], sites, _products(table, entries), places)


def _collect(
    structure: Structure, leaves: Sequence[Any], dtype: Any
) -> tuple[list[_Use], jax.Array]:
    """The uses in order of execution, and their matrices ``[2 * rows, 4, 4]``.

    Row 2 r is a gate on (first, second) or on the first alone; row 2 r + 1 on (second, first) or
    on the second alone.
    """
    identity = jnp.broadcast_to(jnp.eye(4, dtype=dtype)[None], (2, 4, 4))
    swap = identity[:, np.array([0, 2, 1, 3])]
    uses: list[_Use] = []
    tables, start = [identity, swap], 2
    leaves = tuple(leaves)
    for repeated, group in groupby(structure.items, lambda item: isinstance(item, Repeat)):
        items: Any = tuple(group)
        parts = [(_repeat, item) for item in items] if repeated else [(_straight, items)]
        for collect, part in parts:
            inner, matrices = collect(part, leaves, dtype)
            uses += [use._replace(row=use.row + start) for use in inner]
            tables.append(matrices)
            start += matrices.shape[0] // 2
    return uses, jnp.concatenate(tables)


def _repeat(item: Repeat, leaves: tuple[Any, ...], dtype: Any) -> tuple[list[_Use], jax.Array]:
    """The uses of all rounds."""
    uses: list[_Use] = []

    def one(leaves: Any, _: Any) -> jax.Array:
        found, table = _collect(item.body, leaves, dtype)
        uses[:] = found
        return table

    stacked = leaves[item.start : item.start + item.body.n_leaves]
    table = jax.vmap(one)(stacked, jnp.zeros(item.length))
    rows = table.shape[1] // 2
    rounds = range(item.length)[:: -1 if item.reverse else 1]
    total = [use._replace(row=use.row + r * rows) for r in rounds for use in uses]
    return total, table.reshape(-1, 4, 4)


def _straight(
    items: tuple[Any, ...], leaves: tuple[Any, ...], dtype: Any
) -> tuple[list[_Use], jax.Array]:
    """The uses of operations without a repeat, wide gates as several."""
    operations, others = [], dict[Gate, Operation]()
    for item in items:
        if isinstance(item, IndexMap):
            raise ValueError("Engine `MPS` runs circuits of gates, but this one is fused already.")
        core, steps = _narrow(item.gate)
        others |= {gate: Operation(gate, ((),)) for gate, _ in steps if gate is not core}
        for gate, places in steps:
            if gate is core:
                qubits = tuple(tuple(row[p] for p in places) for row in item.qubits)
                operations.append(item._replace(gate=core, qubits=qubits))
    stacks = Stacks(leaves, (*operations, *others.values()), np.result_type(dtype, np.complex64))
    first: dict[Any, int] = {}
    tables, start = [jnp.zeros((0, 4, 4), dtype)], 0
    for kind in dict.fromkeys(use.kind for use in stacks.uses):
        count = 1 + max(use.row for use in stacks.uses if use.kind == kind)
        first[kind] = start
        matrices = stacks.matrices(kind, np.arange(count)).astype(dtype)
        # Where all uses share one angle there may be one matrix for all of them.
        matrices = jnp.broadcast_to(matrices, (count, *matrices.shape[1:]))
        tables.append(_both_ways(matrices))
        start += count
    rows = iter([first[use.kind] + use.row for use in stacks.uses])
    uses = []
    for item in items:
        core, steps = _narrow(item.gate)
        for _, qubits in item.uses():
            for gate, places in steps:
                row = next(rows) if gate is core else first[Kind(gate, False)]
                uses.append(_Use(tuple(qubits[p] for p in places), row, gate.is_diagonal))
    return uses, jnp.concatenate(tables)


@functools.cache
def _narrow(gate: Gate) -> tuple[Gate | None, tuple[tuple[Gate, tuple[int, ...]], ...]]:
    """A gate as gates on one or two of its qubits, and that of them which has its parameters."""
    if gate.n_qubits <= 2:
        return gate, ((gate, tuple(range(gate.n_qubits))),)
    if gate.pauli:
        return _narrow_word(gate.pauli)
    circuits = {
        GATES["ccx"]: _toffoli(0, 1, 2),
        GATES["cswap"]: (("cx", 2, 1), *_toffoli(0, 1, 2), ("cx", 2, 1)),
    }
    if gate not in circuits:
        raise ValueError(
            f"Gate `{gate.name}` acts on {gate.n_qubits} qubits, but engine `MPS` runs gates on "
            "one and two qubits, `ccx`, `cswap`, and Pauli rotations of any width. Write it with "
            "those, or use another engine, such as `qjax.Statevector()`."
        )
    return None, tuple((GATES[name], places) for name, *places in circuits[gate])  # type: ignore[misc]


def _narrow_word(word: str) -> tuple[Gate, tuple[tuple[Gate, tuple[int, ...]], ...]]:
    """A Pauli rotation turned to Z, its parity gathered on the way to the last two qubits."""
    places = [p for p, letter in enumerate(word) if letter != "I"] or [0]
    if len(places) <= 2:
        core = Gate("pauli_rotation", pauli="".join(word[p] for p in places))
        return core, ((core, tuple(places)),)
    turn = [
        (GATES[name], (p,))
        for p in places
        for name in {"X": ["h"], "Y": ["sdg", "h"]}.get(word[p], [])
    ]
    back = [(GATES["s"] if gate is GATES["sdg"] else gate, where) for gate, where in turn[::-1]]
    ladder = [(GATES["cx"], pair) for pair in pairwise(places[:-1])]
    core = GATES["rzz"]
    return core, (*turn, *ladder, (core, tuple(places[-2:])), *ladder[::-1], *back)


def _toffoli(a: int, b: int, c: int) -> tuple[tuple[Any, ...], ...]:
    """CCX in CX, H and T: Nielsen and Chuang, figure 4.9."""
    half = (("cx", b, c), ("tdg", c), ("cx", a, c), ("t", c))
    rest = (("h", c), ("t", b), ("cx", a, b), ("t", a), ("tdg", b), ("cx", a, b))
    return (("h", c), *half, *half, *rest)


def _both_ways(matrices: jax.Array) -> jax.Array:
    """Gates on one or two qubits as ``[2 * gates, 4, 4]``, in either order of the sites."""
    if matrices.shape[-1] == 2:
        eye = jnp.eye(2, dtype=matrices.dtype)
        ways = [
            jnp.einsum("zab,cd->zacbd", matrices, eye, precision=_EXACT),
            jnp.einsum("zab,cd->zcadb", matrices, eye, precision=_EXACT),
        ]
    else:
        split = matrices.reshape(-1, 2, 2, 2, 2)
        ways = [split, split.transpose(0, 2, 1, 4, 3)]
    return jnp.stack([way.reshape(-1, 4, 4) for way in ways], 1).reshape(-1, 4, 4)


def _merge(uses: Sequence[_Use], n: int) -> tuple[list[_Block], list[list[_Use]]]:
    """Blocks in order of execution, and the gates on each qubit before its first one."""
    blocks: list[_Block] = []
    history: list[list[_Block]] = [[] for _ in range(n)]
    early: list[list[_Use]] = [[] for _ in range(n)]
    for use in uses:
        homes = [_home(use, history[q]) for q in use.qubits]
        if homes[0] is not None and homes[0] is homes[-1]:
            homes[0].add(use)
        elif len(use.qubits) == 1:
            early[use.qubits[0]].append(use)
        else:
            blocks.append(_Block(frozenset(use.qubits), [use]))
            for q in use.qubits:
                history[q].append(blocks[-1])
    return blocks, early


def _home(use: _Use, blocks: list[_Block]) -> _Block | None:
    """The block, among those on one of its qubits, that a gate can go into."""
    for block in reversed(blocks):
        if block.pair.issuperset(use.qubits):
            return block
        if not (use.diagonal and block.diagonal):
            return None
    return None


def _route(
    blocks: Sequence[_Block], n: int, restore: bool
) -> tuple[np.ndarray, list[list[int]], tuple[int, ...]]:
    """The sites of each gate, the rows of the matrices in it, and where each qubit ends."""
    sites: list[int] = []
    entries: list[list[int]] = []
    holds, places, last = list(range(n)), list(range(n)), [-1] * n

    def emit(site: int, rows: list[int]) -> None:
        if not last[site] == last[site + 1] >= 0:
            last[site] = last[site + 1] = len(sites)
            sites.append(site)
            entries.append([])
        entries[last[site]] += rows

    def swap(site: int) -> None:
        emit(site, [2 * _SWAP])
        holds[site], holds[site + 1] = holds[site + 1], holds[site]
        for at in (site, site + 1):
            places[holds[at]] = at

    for block in blocks:
        site, other = sorted(places[q] for q in block.pair)
        for at in range(site, other - 1):
            swap(at)
        rows = [2 * use.row + (places[use.qubits[0]] != other - 1) for use in block.uses]
        emit(other - 1, rows)
    for q in range(n if restore else 0):
        for at in range(places[q], q, -1):
            swap(at - 1)
    return np.array(sites, np.int32), entries, tuple(places)


def _products(table: jax.Array, entries: list[list[int]]) -> jax.Array:
    """For each list of rows the product of their matrices, the first acting first."""
    depth = max(map(len, entries), default=0)
    rows = np.full((depth, len(entries)), 2 * _IDENTITY, np.int32)
    for i, entry in enumerate(entries):
        rows[: len(entry), i] = entry

    def absorb(total: jax.Array, row: jax.Array) -> tuple[jax.Array, None]:
        return jnp.matmul(table[row], total, precision=_EXACT), None

    start = jnp.broadcast_to(jnp.eye(4, dtype=table.dtype)[None], (len(entries), 4, 4))
    return jax.lax.scan(absorb, start, jnp.asarray(rows))[0]


_EXACT = jax.lax.Precision.HIGHEST
