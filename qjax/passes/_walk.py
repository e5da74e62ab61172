"""The uses of gates in a whole circuit, and the light cones of strings among them."""

from __future__ import annotations

import functools
import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from qjax.circuit import Gate, Operation, Repeat, Slot, Structure, Word, bits, mixing
from qjax.passes._light_cone import AMPLITUDES_A_GATE, permutes

# Which parameters can stand in one array: their shape a gate, and whether they are complex.
Table = tuple[tuple[int, ...], bool]


class Use(NamedTuple):
    """One use of a gate somewhere in the circuit, and where its parameters are in the tables."""

    gate: Gate
    adjoint: bool
    qubits: tuple[int, ...]
    flips: tuple[int, ...]
    permutes: bool
    rows: tuple[tuple[Table, int], ...]
    level: int
    before: tuple[int, ...] = ()


class Base(NamedTuple):
    """Strings that are measured on one cone: the widest one's qubits, and the strings' places."""

    qubits: tuple[int, ...]
    places: list[int]


class Cone(NamedTuple):
    """The uses that some strings see, in order of execution, and the numbers of their qubits."""

    uses: list[Use]
    label: dict[int, int]

    @property
    def cost(self) -> int:
        return len(self.uses) * (AMPLITUDES_A_GATE + 2 ** len(self.label))


# Every use of a gate, with the one before it on each of its qubits.


def uses_of(structure: Structure, shapes: Any) -> tuple[list[Use], list[int]]:
    """All uses in order of execution, and the last one on each qubit.

    Args:
        structure: The circuit's, repeats included.
        shapes: For each leaf its shape, and whether it is complex.
    """
    first = _first_rows(shapes, structure)
    uses: list[Use] = []
    last = [-1] * structure.n_qubits
    level = 0
    for item, rounds, start in _operations(structure, (), 0):
        mixes = mixing(item.gate)
        busy: dict[int, int] = {}
        for j, qubits in item.uses():
            # Uses on one level share no qubit, so that their order is free.
            here = max((busy.get(q, level) for q in qubits), default=level)
            busy |= dict.fromkeys(qubits, here + 1)
            rows = tuple(
                _row(shapes[start + slot.leaf], first[start + slot.leaf], item, slot, rounds, j)
                for slot in item.slots
            )
            use = Use(
                item.gate,
                item.adjoint,
                qubits,
                tuple(q for q, mixed in zip(qubits, mixes, strict=True) if mixed),
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
    events = events_of(structure)
    total: dict[Table, int] = defaultdict(int)
    first = []
    for i, (shape, is_complex) in enumerate(shapes):
        table = (events.get(i, ()), is_complex)
        first.append(total[table])
        total[table] += int(np.prod(shape[: len(shape) - len(table[0])]))
    return first


@functools.lru_cache(maxsize=32)
def events_of(structure: Structure, start: int = 0) -> dict[int, tuple[int, ...]]:
    """The shape of a gate's parameter, by leaf."""
    events: dict[int, tuple[int, ...]] = {}
    for item in structure.items:
        if isinstance(item, Repeat):
            events |= events_of(item.body, start + item.start)
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
) -> tuple[Table, int]:
    shape, is_complex = leaf
    event = item.gate.event_shape
    lead = shape[: len(shape) - len(event)]
    index = [i for i, _ in rounds]
    if len(lead) > len(rounds):
        # One parameter for all uses may be kept as an axis of length one.
        index.append(slot.entry if slot.entry is not None else min(j, lead[-1] - 1))
    return (event, is_complex), first + int(np.ravel_multi_index(index, lead)) if lead else first


# Cones.


def bases(words: Sequence[Word]) -> list[Base]:
    """Strings whose qubits are among those of a wider one are measured with it.

    With every such one: a second value of a string costs little, and more cones are alike.
    """
    supports = [tuple(bits(word.x | word.z)) or (0,) for word in words]
    bases: list[Base] = []
    at: dict[int, list[Base]] = defaultdict(list)
    for i in sorted(range(len(words)), key=lambda i: -len(supports[i])):
        support = supports[i]
        fitting = [base for base in at[support[0]] if set(support) <= set(base.qubits)]
        if not fitting:
            fitting = [Base(_around(support), [])]
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


def walk(
    uses: list[Use], last: list[int], words: Sequence[Word], limit: int, base: Base
) -> Cone | None:
    """What the strings of a base see, unless these are more qubits than the limit."""
    label = {q: i for i, q in enumerate(base.qubits)}
    x = 0
    for i in base.places:
        x |= words[i].x
    mixed = set(bits(x))
    # The latest first; on one level by number, so that equal cones are walked alike.
    heap = [(-uses[last[q]].level, label[q], last[q]) for q in label if last[q] >= 0]
    heapq.heapify(heap)
    kept: list[Use] = []
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
    return Cone(kept[::-1], label)
