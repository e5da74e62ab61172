"""Light cone: gates that an observable cannot see are dropped, and the qubits that only they touch.

Going back from the measurement, a gate that commutes with the observable as evolved so far cancels
with its inverse. Only structure is read, so angles may be traced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from qjax.circuit import Circuit, IndexMap, Operation, Repeat, Structure, mixing

# One more gate takes as long to compile as a thousand runs take to apply it to so many amplitudes:
# about 45 ms, and 1 ns each with the gradient, on a CPU.
AMPLITUDES_A_GATE = 2**15
# Costs are predicted as if no gates were fused, so unrolling has to promise at least this much.
_WORTHWHILE = 0.75


class _View(NamedTuple):
    """What is known of the evolved observable: masks, bit q for qubit q.

    Attributes:
        seen: Qubits on which it may act.
        mixed: Those of them on which it may not commute with Z.
    """

    seen: int
    mixed: int


class _Kept(NamedTuple):
    """What is kept of one item.

    Attributes:
        position: Which item.
        uses: Of an operation: its uses that are kept, increasing.
        rounds: Of a repeat: the first and the last but one of its rounds, in order of execution.
        inside: Of a repeat: what is kept of each of these rounds.
        unrolled: Of a repeat: whether this is one round, written out.
    """

    position: int
    uses: tuple[int, ...] = ()
    rounds: tuple[int, int] = (0, 0)
    inside: tuple[_Kept, ...] = ()
    unrolled: bool = False


_Plan = tuple[_Kept, ...]


def light_cone(
    circuit: Circuit, qubits: Iterable[int], mixed: Iterable[int] | None = None
) -> tuple[Circuit, tuple[int, ...]]:
    r"""The part of a circuit that an observable on some qubits can see.

    Going back, a gate G is dropped if :math:`G^\dagger O G = O` for the observable O as evolved so
    far: where O acts on none of its qubits, or G is diagonal on those that they share, as a
    control is, and O commutes with Z there.

    The last rounds of a repeat may need less than the others. Either all rounds keep what the
    first one needs, or, where that is predicted to save a quarter, the last ones are written out,
    each with its own gates: a gate costs :math:`2^k` a run on the k qubits that are kept, and in
    the program, where it has to be compiled, as much as on 15 qubits.

    Args:
        circuit: Any circuit; its angles may be traced.
        qubits: What the observable acts on.
        mixed: Those of the qubits on which it may not commute with Z; all of them by default.

    Returns:
        The smaller circuit, whose qubits are those kept in increasing order, and these qubits. It
        is the same circuit where there is nothing to drop.

    Raises:
        ValueError: If a qubit is out of range.

    Example:
        >>> import qjax
        >>> from qjax.passes import light_cone
        >>> chain = qjax.Circuit(4).ry(0.1, range(4)).cx([2, 1, 0], [3, 2, 1]).rz(0.2, range(4))
        >>> smaller, kept = light_cone(chain, [1], mixed=[])  # As Z(1) sees it.
        >>> kept, smaller.count_ops()
        ((0, 1), {'ry': 2, 'cx': 1})
    """
    n, items = circuit.n_qubits, circuit.structure.items
    seen = _mask(qubits, n)
    start = _View(seen, seen if mixed is None else _mask(mixed, n))
    plan, view = _walk(items, start, unroll=False)
    if any(isinstance(item, Repeat) for item in items):
        other = _walk(items, start, unroll=True)
        if _cost(*other) < _WORTHWHILE * _cost(plan, view):
            plan, view = other
    kept = tuple(q for q in range(n) if view.seen >> q & 1) or (0,)
    if len(kept) == n and _size(plan)[1] == circuit.structure.n_gates:
        return circuit, kept
    builder = _Builder(kept, depth=0)
    builder.add(items, plan, circuit.leaves.__getitem__, ())
    return Circuit.from_parts(builder.structure(), builder.leaves), kept


def _mask(qubits: Iterable[int], n_qubits: int) -> int:
    qubits = set(qubits)
    if qubits - set(range(n_qubits)):
        raise ValueError(
            f"Argument `qubits` must be between 0 and {n_qubits - 1}, but is {sorted(qubits)}."
        )
    return sum(1 << q for q in qubits)


# What is kept: from the last item to the first, by structure alone.


def _walk(items: Sequence[Any], view: _View, *, unroll: bool) -> tuple[_Plan, _View]:
    plan: list[_Kept] = []
    for position in reversed(range(len(items))):
        item = items[position]
        if isinstance(item, Repeat):
            parts, view = _rounds(position, item, view, unroll)
            plan += parts
            continue
        uses = []
        for j, acts, flips in _masks(item):
            if flips & view.seen or acts & view.mixed:
                uses.append(j)
                # A permutation of basis states takes what is diagonal to what is diagonal.
                mixes = flips if acts & view.mixed or not permutes(item) else 0
                view = _View(view.seen | acts, view.mixed | mixes)
        if uses:
            plan.append(_Kept(position, tuple(sorted(uses))))
    return tuple(reversed(plan)), view


def _masks(item: Operation | IndexMap) -> list[tuple[int, int, int]]:
    """The uses, last one first: position, qubits, and those on which it is not diagonal."""
    if isinstance(item, IndexMap):
        acts = sum(1 << q for q in item.support)
        return [(0, acts, acts)]
    mixes = mixing(item.gate)

    def masks(qubits: tuple[int, ...]) -> tuple[int, int]:
        turned = (q for q, mixed in zip(qubits, mixes, strict=True) if mixed)
        return sum(1 << q for q in qubits), sum(1 << q for q in turned)

    return [(j, *masks(qubits)) for j, qubits in reversed(item.uses())]


def permutes(item: Operation | IndexMap) -> bool:
    """Whether basis states go to basis states."""
    return isinstance(item, IndexMap) or item.gate.index_map is not None


def _rounds(position: int, item: Repeat, view: _View, unroll: bool) -> tuple[list[_Kept], _View]:
    """What is kept of a repeat, the last rounds first.

    A view only grows, so after at most two rounds a qubit it stays as it is.
    """
    parts: list[_Kept] = []
    inside: _Plan = ()
    left = item.length
    for last in reversed(range(item.length)):
        inside, before = _walk(item.body.items, view, unroll=unroll)
        if before == view:
            break
        view = before
        if unroll:
            parts.append(_Kept(position, (), (last, last + 1), inside, unrolled=True))
            left = last
    if left:
        parts.append(_Kept(position, (), (0, left), inside))
    return [part for part in parts if part.inside], view


def _size(plan: _Plan) -> tuple[int, int]:
    """Number of gates in the program, and of gates that are run."""
    written = run = 0
    for kept in plan:
        first, stop = kept.rounds
        inner = _size(kept.inside) if stop else (max(len(kept.uses), 1),) * 2
        written += inner[0]
        run += inner[1] * max(stop - first, 1)
    return written, run


def _cost(plan: _Plan, view: _View) -> int:
    written, run = _size(plan)
    return written * AMPLITUDES_A_GATE + run * 2 ** view.seen.bit_count()


# The smaller circuit.


class _Builder:
    """Collects items on the kept qubits, and the leaves that they need.

    Args:
        kept: Qubits, increasing.
        depth: Number of repeats around these items, and so of leading axes of their leaves.
    """

    def __init__(self, kept: tuple[int, ...], depth: int):
        self.kept, self.depth = kept, depth
        self.place = {q: i for i, q in enumerate(kept)}
        self.items: list[Any] = []
        self.leaves: list[Any] = []
        self._index: dict[Any, int] = {}

    def structure(self) -> Structure:
        return Structure(len(self.kept), tuple(self.items), len(self.leaves))

    def add(
        self, items: Sequence[Any], plan: _Plan, read: Callable[[int], Any], path: tuple[int, ...]
    ) -> None:
        """Adds what is kept of some items, whose leaves are read by index; path says which."""
        for kept in plan:
            item = items[kept.position]
            if isinstance(item, Repeat):
                self.repeat(item, kept, read, path)
            elif isinstance(item, IndexMap):
                self.items.append(_restricted(item, self.kept))
            else:
                self.operation(item, kept.uses, read, path)

    def operation(
        self, item: Operation, uses: tuple[int, ...], read: Callable[[int], Any], path: Any
    ) -> None:
        whole = len(uses) == len(item.qubits)
        single = self.depth + len(item.gate.event_shape)  # Axes of a parameter of all uses alike.
        slots = []
        for slot in item.slots:
            cut = not whole and slot.entry is None and np.ndim(read(slot.leaf)) > single
            key = (*path, slot.leaf, uses if cut else None)
            if key not in self._index:
                self._index[key] = len(self.leaves)
                leaf = read(slot.leaf)
                self.leaves.append(self.at(leaf, np.array(uses)) if cut else leaf)
            slots.append(slot._replace(leaf=self._index[key]))
        qubits = tuple(tuple(self.place[q] for q in item.qubits[j]) for j in uses)
        self.items.append(item._replace(qubits=qubits, slots=tuple(slots)))

    def repeat(
        self, item: Repeat, kept: _Kept, read: Callable[[int], Any], path: tuple[int, ...]
    ) -> None:
        first, stop = kept.rounds
        if item.reverse:
            first, stop = item.length - stop, item.length - first
        if kept.unrolled:
            inner = lambda i: self.at(read(item.start + i), first)  # noqa: E731
            self.add(item.body.items, kept.inside, inner, (*path, kept.position, first))
            return
        whole = stop - first == item.length
        part = lambda leaf: leaf if whole else self.at(leaf, slice(first, stop))  # noqa: E731
        body = _Builder(self.kept, self.depth + 1)
        body.add(item.body.items, kept.inside, lambda i: part(read(item.start + i)), ())
        self.items.append(Repeat(body.structure(), stop - first, len(self.leaves), item.reverse))
        self.leaves += body.leaves

    def at(self, leaf: Any, index: Any) -> Any:
        """Part of a leaf, behind the axes of the repeats around it."""
        return leaf[(slice(None),) * self.depth + (index,)]


def _restricted(item: IndexMap, kept: tuple[int, ...]) -> IndexMap:
    """The map on the kept qubits; it leaves the others as they are."""
    n, k = item.n_qubits, len(kept)

    def cut(index: int) -> int:
        return sum((index >> (n - 1 - q) & 1) << (k - 1 - i) for i, q in enumerate(kept))

    return IndexMap(tuple(cut(item.columns[q]) for q in kept), cut(item.offset))
