"""Light cones in bulk: the terms of an observable that see one circuit, on other qubits each.

Each term's cone is walked on its own, in time that does not grow with the circuit; its qubits are
numbered as the walk meets them. Cones with the same gates on the same numbers are one circuit,
whose parameters have one more axis.
"""

from __future__ import annotations

import functools
import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Gate, Operation, Repeat, Slot, Structure, Word, bits
from qjax.passes._alike import is_symmetric, numbering
from qjax.passes._light_cone import AMPLITUDES_A_GATE, flipped, permutes
from qjax.passes._uses import joined

# Cones that at most one other is like: the two ends of a chain mirror each other.
_RARE = 2
# Which parameters can stand in one array: their shape a gate, and whether they are complex.
_Table = tuple[tuple[int, ...], bool]


class Cones(NamedTuple):
    """Light cones that are one circuit but for its parameters.

    Attributes:
        circuit: The circuit on the cone's own qubits.
        axes: For each of its leaves 0, where it is ``[cones, ...]``, or None, where all share it.
        words: What is measured on each.
        places: Which of the given words these are, ``[cones, words]``; some are measured twice.
    """

    circuit: Circuit
    axes: tuple[int | None, ...]
    words: tuple[Word, ...]
    places: np.ndarray


def cones(circuit: Circuit, words: Sequence[Word], limit: int) -> tuple[Cones, ...] | None:
    """The light cones of Pauli strings, those that are alike put together.

    Args:
        circuit: Any circuit; its parameters may be traced.
        words: Distinct strings, none of them the identity.
        limit: Largest number of qubits of a cone.

    Returns:
        The groups, or None where a cone is wider than the limit.

    Example:
        >>> import qjax
        >>> from qjax.passes import cones
        >>> chain = qjax.Circuit(9).ry(0.1, range(9)).cx(range(8), range(1, 9))
        >>> words = [word for q in range(9) for word in qjax.X(q).words]
        >>> [len(group.places) for group in cones(chain, words, limit=4)]
        [8, 1]
    """
    shapes = tuple((np.shape(leaf), _is_complex(leaf)) for leaf in circuit.leaves)
    plan = _plan(circuit.structure, shapes, tuple(words), limit)
    if plan is None:
        return None
    tables = _tables(circuit)
    return tuple(_built(group, tables) for group in plan)


class _Use(NamedTuple):
    """One use of a gate somewhere in the circuit, and where its parameters are in the tables."""

    gate: Gate
    adjoint: bool
    qubits: tuple[int, ...]
    flips: tuple[int, ...]
    permutes: bool
    rows: tuple[tuple[_Table, int], ...]
    level: int
    before: tuple[int, ...] = ()


class _Base(NamedTuple):
    """Strings that are measured on one cone: the widest one's qubits, and the strings' places."""

    qubits: tuple[int, ...]
    places: list[int]


class _Cone(NamedTuple):
    """The uses that some strings see, in order of execution, and the numbers of their qubits."""

    uses: list[_Use]
    label: dict[int, int]

    @property
    def cost(self) -> int:
        return len(self.uses) * (AMPLITUDES_A_GATE + 2 ** len(self.label))


class _Member(NamedTuple):
    """A cone, the rows of its uses' parameters, and the places of its strings."""

    base: _Base
    cone: _Cone
    rows: list[tuple[int, ...]]
    places: list[int]


class _Group(NamedTuple):
    structure: Structure
    tables: tuple[_Table, ...]  # Of each leaf.
    rows: tuple[np.ndarray, ...]  # [cones, uses]
    words: tuple[Word, ...]
    places: np.ndarray


@functools.lru_cache(maxsize=32)
def _plan(
    structure: Structure, shapes: Any, words: tuple[Word, ...], limit: int
) -> tuple[_Group, ...] | None:
    """All that follows from structure; the same for every call."""
    uses, last = _uses(structure, shapes)
    walk = functools.partial(_walk, uses, last, words, limit)
    walked = [(base, walk(base)) for base in _bases(words)]
    members: dict[Any, list[_Member]] = defaultdict(list)
    for base, cone in walked:
        if cone is None:
            return None
        signature, member = _signed(base, cone, words)
        members[signature].append(member)
    members = _alike(members)
    rare = [member for each in members.values() if len(each) <= _RARE for member in each]
    groups = {signature: each for signature, each in members.items() if len(each) > _RARE}
    for base, cone in _merged(rare, walk):
        signature, member = _signed(base, cone, words)
        groups.setdefault(signature, []).append(member)
    return tuple(_grouped(signature, each) for signature, each in _alike(groups).items())


def _alike(members: dict[Any, list[_Member]]) -> dict[Any, list[_Member]]:
    """Puts together those that differ in nothing but names, as mirror images do."""
    groups: dict[Any, list[_Member]] = defaultdict(list)
    kinds: dict[Any, int] = {}
    for (n_qubits, words, gates), each in members.items():
        known = [(g[0], kinds.setdefault((*g[:2], g[3]), len(kinds)), g[2]) for g in gates]
        order, label = numbering(known, words, n_qubits)
        local = [word.renamed(label.__getitem__) for word in words]
        rank = sorted(range(len(local)), key=local.__getitem__)
        renamed = []
        for i in order:
            gate, adjoint, qubits, tables = gates[i]
            named = [label[q] for q in qubits]
            named = sorted(named) if is_symmetric(gate) else named
            renamed.append((gate, adjoint, tuple(named), tables))
        groups[n_qubits, tuple(local[i] for i in rank), tuple(renamed)] += [
            member._replace(
                rows=[member.rows[i] for i in order], places=[member.places[i] for i in rank]
            )
            for member in each
        ]
    return groups


def _signed(base: _Base, cone: _Cone, words: Sequence[Word]) -> tuple[Any, _Member]:
    """What is equal for cones that are alike, and what is a cone's own."""
    label = cone.label
    local = [words[i].renamed(label.__getitem__) for i in base.places]
    order = sorted(range(len(local)), key=local.__getitem__)
    gates = tuple(
        (u.gate, u.adjoint, tuple(label[q] for q in u.qubits), tuple(t for t, _ in u.rows))
        for u in cone.uses
    )
    rows = [tuple(row for _, row in use.rows) for use in cone.uses]
    signature = (len(label), tuple(local[i] for i in order), gates)
    return signature, _Member(base, cone, rows, [base.places[i] for i in order])


def _merged(members: list[_Member], walk: Any) -> list[tuple[_Base, _Cone]]:
    """Cones that hardly another is like, as at an edge, joined where one circuit costs less."""
    merged: list[tuple[_Base, _Cone]] = []
    for member in sorted(members, key=lambda member: min(member.base.qubits)):
        base, cone = member.base, member.cone
        for i, (other, wide) in enumerate(merged):
            if not cone.label.keys() & wide.label.keys():
                continue
            both = _Base(
                tuple(dict.fromkeys(other.qubits + base.qubits)), other.places + base.places
            )
            union = walk(both)
            if union is not None and union.cost < wide.cost + cone.cost:
                merged[i] = (both, union)
                break
        else:
            merged.append((base, cone))
    return merged


# Every use of a gate, with the one before it on each of its qubits.


def _uses(structure: Structure, shapes: Any) -> tuple[list[_Use], list[int]]:
    first = _first_rows(shapes, structure)
    uses: list[_Use] = []
    last = [-1] * structure.n_qubits
    level = 0
    for item, rounds, start in _operations(structure, (), 0):
        turned = tuple(flipped(item.gate))
        busy: dict[int, int] = {}
        for j, qubits in item.uses():
            # Uses on one level share no qubit, so that their order is free.
            here = max((busy.get(q, level) for q in qubits), default=level)
            busy |= dict.fromkeys(qubits, here + 1)
            rows = tuple(
                _row(shapes[start + slot.leaf], first[start + slot.leaf], item, slot, rounds, j)
                for slot in item.slots
            )
            use = _Use(
                item.gate,
                item.adjoint,
                qubits,
                tuple(qubits[place] for place in turned),
                permutes(item),
                rows,
                here,
                tuple(last[q] for q in qubits),
            )
            for q in qubits:
                last[q] = len(uses)
            uses.append(use)
        level = max(busy.values(), default=level)
    return uses, last


def _operations(
    structure: Structure, rounds: tuple[tuple[int, int], ...], start: int
) -> Iterator[tuple[Operation, tuple[tuple[int, int], ...], int]]:
    """Operations in order of execution, with the rounds they are in and their first leaf."""
    for item in structure.items:
        if isinstance(item, Repeat):
            order = range(item.length)
            for i in reversed(order) if item.reverse else order:
                yield from _operations(item.body, (*rounds, (i, item.length)), start + item.start)
        else:
            assert isinstance(item, Operation)
            yield item, rounds, start


def _first_rows(shapes: Any, structure: Structure) -> list[int]:
    """Where each leaf begins in its table; the leaves' event shapes follow from their gates."""
    events = _events(structure)
    total: dict[_Table, int] = defaultdict(int)
    first = []
    for i, (shape, is_complex) in enumerate(shapes):
        table = (events.get(i, ()), is_complex)
        first.append(total[table])
        total[table] += int(np.prod(shape[: len(shape) - len(table[0])]))
    return first


@functools.lru_cache(maxsize=32)
def _events(structure: Structure, start: int = 0) -> dict[int, tuple[int, ...]]:
    """The shape of a gate's parameter, by leaf."""
    events: dict[int, tuple[int, ...]] = {}
    for item in structure.items:
        if isinstance(item, Repeat):
            events |= _events(item.body, start + item.start)
        elif isinstance(item, Operation):
            events |= {start + slot.leaf: item.gate.event_shape for slot in item.slots}
    return events


def _row(
    leaf: tuple[tuple[int, ...], bool],
    first: int,
    item: Operation,
    slot: Slot,
    rounds: tuple[tuple[int, int], ...],
    j: int,
) -> tuple[_Table, int]:
    shape, is_complex = leaf
    event = item.gate.event_shape
    lead = shape[: len(shape) - len(event)]
    index = [i for i, _ in rounds]
    if len(lead) > len(rounds):
        # One parameter for all uses may be kept as an axis of length one.
        index.append(slot.entry if slot.entry is not None else min(j, lead[-1] - 1))
    return (event, is_complex), first + int(np.ravel_multi_index(index, lead)) if lead else first


# Cones.


def _bases(words: Sequence[Word]) -> list[_Base]:
    """Strings whose qubits are among those of a wider one are measured with it.

    With every such one: a second value of a string costs little, and more cones are alike.
    """
    supports = [tuple(bits(word.x | word.z)) or (0,) for word in words]
    bases: list[_Base] = []
    at: dict[int, list[_Base]] = defaultdict(list)
    for i in sorted(range(len(words)), key=lambda i: -len(supports[i])):
        support = supports[i]
        fitting = [base for base in at[support[0]] if set(support) <= set(base.qubits)]
        if not fitting:
            fitting = [_Base(_around(support), [])]
            bases += fitting
            for q in support:
                at[q] += fitting
        for base in fitting:
            base.places.append(i)
    return bases


def _around(support: tuple[int, ...]) -> tuple[int, ...]:
    """The qubits from the widest gap on, so that a pair across the end of a ring is as others."""
    gaps = [b - a for a, b in zip(support, support[1:], strict=False)]
    if not gaps or max(gaps) < 2 or len(set(gaps)) == 1 and len(gaps) > 1:
        return support
    cut = gaps.index(max(gaps)) + 1
    return support[cut:] + support[:cut]


def _walk(
    uses: list[_Use], last: list[int], words: Sequence[Word], limit: int, base: _Base
) -> _Cone | None:
    """What the strings of a base see, unless these are more qubits than the limit."""
    label = {q: i for i, q in enumerate(base.qubits)}
    x = 0
    for i in base.places:
        x |= words[i].x
    mixed = set(bits(x))
    # The latest first; on one level by number, so that equal cones are walked alike.
    heap = [(-uses[last[q]].level, label[q], last[q]) for q in label if last[q] >= 0]
    heapq.heapify(heap)
    kept: list[_Use] = []
    done = set()
    while heap:
        _, _, i = heapq.heappop(heap)
        if i in done:
            continue
        done.add(i)
        use = uses[i]
        if any(q in label for q in use.flips) or any(q in mixed for q in use.qubits):
            if not use.permutes or any(q in mixed for q in use.qubits):
                mixed.update(use.flips)
            for q in use.qubits:
                label.setdefault(q, len(label))
            if len(label) > limit:
                return None
            kept.append(use)
        for q, before in zip(use.qubits, use.before, strict=True):
            if before >= 0 and q in label:
                heapq.heappush(heap, (-uses[before].level, label[q], before))
    return _Cone(kept[::-1], label)


def _grouped(signature: Any, members: list[_Member]) -> _Group:
    """One structure for all cones; uses of one gate that follow each other are one operation."""
    n_qubits, words, gates = signature
    items: list[Operation] = []
    tables: list[_Table] = []
    runs: list[list[int]] = []
    for i, (gate, adjoint, _, keys) in enumerate(gates):
        same = runs and (gate, adjoint, keys) == (*gates[runs[-1][0]][:2], gates[runs[-1][0]][3])
        runs = [*runs[:-1], [*runs[-1], i]] if same else [*runs, [i]]
    rows = []
    for run in runs:
        gate, adjoint, _, keys = gates[run[0]]
        run = run[::-1] if adjoint else run  # An adjoint operation runs its last use first.
        slots = tuple(Slot(len(tables) + k) for k in range(len(keys)))
        items.append(Operation(gate, tuple(gates[i][2] for i in run), slots, adjoint))
        tables += keys
        for k in range(len(keys)):
            rows.append(np.array([[each.rows[i][k] for i in run] for each in members], np.int32))
    structure = Structure(n_qubits, tuple(items), len(tables))
    places = np.array([each.places for each in members])
    return _Group(structure, tuple(tables), tuple(rows), words, places)


# With the parameters.


def _is_complex(leaf: Any) -> bool:
    return bool(jnp.issubdtype(jnp.result_type(leaf), jnp.complexfloating))


def _tables(circuit: Circuit) -> dict[_Table, Any]:
    """All parameters of one kind as one array, ``[rows, *event]``."""
    events = _events(circuit.structure)
    parts: dict[_Table, list[Any]] = defaultdict(list)
    for i, leaf in enumerate(circuit.leaves):
        event = events.get(i, ())
        parts[event, _is_complex(leaf)].append((leaf, (-1, *event)))
    return {table: _concatenated(leaves) for table, leaves in parts.items()}


def _concatenated(leaves: list[tuple[Any, tuple[int, ...]]]) -> Any:
    traced = [leaf for leaf, _ in leaves if isinstance(leaf, jax.Array)]
    if not traced:
        return np.concatenate([np.reshape(leaf, shape) for leaf, shape in leaves])
    floats = [x.dtype for x in traced if jnp.issubdtype(x.dtype, jnp.inexact)]
    dtype = jnp.result_type(*floats) if floats else jnp.result_type(float)
    parts = [jnp.asarray(leaf).astype(dtype).reshape(shape) for leaf, shape in leaves]
    runs = [list(run) for _, run in itertools.groupby(parts, lambda part: part.shape == (1,))]
    return jnp.concatenate([x for run in runs for x in (_single(run) if run[1:] else run)])


def _single(run: list[jax.Array]) -> list[jax.Array]:
    return [joined(*run)] if run[0].shape == (1,) else run


def _built(group: _Group, tables: dict[_Table, Any]) -> Cones:
    leaves, axes = [], []
    for table, rows in zip(group.tables, group.rows, strict=True):
        shared = bool(np.all(rows == rows[:1]))
        index = rows[0] if shared else rows
        if shared and np.all(index == index[0]):
            index = index[0]
        leaves.append(tables[table][index])
        axes.append(None if shared else 0)
    circuit = Circuit.from_parts(group.structure, leaves)
    return Cones(circuit, tuple(axes), group.words, group.places)
