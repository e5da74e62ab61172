"""Light cones in bulk: the terms of an observable that see one circuit, on other qubits each.

Each term's cone is walked on its own, in time that does not grow with the circuit; its qubits are
numbered as the walk meets them. Cones with the same gates on the same numbers are one circuit,
whose parameters have one more axis.
"""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Operation, Slot, Structure, Word, is_symmetric
from qjax.passes._alike import numbering
from qjax.passes._uses import joined
from qjax.passes._walk import Base, Cone, Table, bases, events_of, uses_of, walk

# Cones that at most one other is like: the two ends of a chain mirror each other.
_RARE = 2


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
        >>> pairs = qjax.Circuit(9).ry(0.1, range(9)).cx(range(0, 8, 2), range(1, 9, 2))
        >>> words = [word for q in range(9) for word in qjax.X(q).words]
        >>> [(len(group.places), group.circuit.n_qubits) for group in cones(pairs, words, limit=4)]
        [(4, 2), (4, 2), (1, 1)]
    """
    shapes = tuple((np.shape(leaf), _is_complex(leaf)) for leaf in circuit.leaves)
    plan = _plan(circuit.structure, shapes, tuple(words), limit)
    if plan is None:
        return None
    tables = _tables(circuit)
    return tuple(_built(group, tables) for group in plan)


class _Member(NamedTuple):
    """A cone, the rows of its uses' parameters, and the places of its strings."""

    base: Base
    cone: Cone
    rows: list[tuple[int, ...]]
    places: list[int]


class _Group(NamedTuple):
    structure: Structure
    tables: tuple[Table, ...]  # Of each leaf.
    rows: tuple[np.ndarray, ...]  # [cones, uses]
    words: tuple[Word, ...]
    places: np.ndarray


@functools.lru_cache(maxsize=32)
def _plan(
    structure: Structure, shapes: Any, words: tuple[Word, ...], limit: int
) -> tuple[_Group, ...] | None:
    """All that follows from structure; the same for every call."""
    uses, last = uses_of(structure, shapes)
    seen_from = functools.partial(walk, uses, last, words, limit)
    walked = [(base, seen_from(base)) for base in bases(words)]
    members: dict[Any, list[_Member]] = defaultdict(list)
    for base, cone in walked:
        if cone is None:
            return None
        signature, member = _signed(base, cone, words)
        members[signature].append(member)
    members = _alike(members)
    rare = [member for each in members.values() if len(each) <= _RARE for member in each]
    groups = {signature: each for signature, each in members.items() if len(each) > _RARE}
    for base, cone in _merged(rare, seen_from):
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


def _signed(base: Base, cone: Cone, words: Sequence[Word]) -> tuple[Any, _Member]:
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


def _merged(
    members: list[_Member], seen_from: Callable[[Base], Cone | None]
) -> list[tuple[Base, Cone]]:
    """Cones that hardly another is like, as at an edge, joined where one circuit costs less."""
    merged: list[tuple[Base, Cone]] = []
    for member in sorted(members, key=lambda member: min(member.base.qubits)):
        base, cone = member.base, member.cone
        for i, (other, wide) in enumerate(merged):
            if not cone.label.keys() & wide.label.keys():
                continue
            qubits, places = other.qubits + base.qubits, other.places + base.places
            both = Base(tuple(dict.fromkeys(qubits)), list(dict.fromkeys(places)))
            union = seen_from(both)
            if union is not None and union.cost < wide.cost + cone.cost:
                merged[i] = (both, union)
                break
        else:
            merged.append((base, cone))
    return merged


def _grouped(signature: Any, members: list[_Member]) -> _Group:
    """One structure for all cones; uses of one gate that follow each other are one operation."""
    n_qubits, words, gates = signature
    items: list[Operation] = []
    tables: list[Table] = []
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


def _tables(circuit: Circuit) -> dict[Table, Any]:
    """All parameters of one kind as one array, ``[rows, *event]``."""
    events = events_of(circuit.structure)
    parts: dict[Table, list[Any]] = defaultdict(list)
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


def _built(group: _Group, tables: dict[Table, Any]) -> Cones:
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
