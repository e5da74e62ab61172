"""Exchanges: which qubits lie across devices, and when they change places with others.

With ``2**d`` devices, d qubits are *global*: their values are the bits of the device's number. A
gate that can change a qubit's value needs it *local*; to any other gate (a diagonal one, a control)
the value of a global qubit is a number that the device knows. So a circuit is cut into stages, each
with its global qubits, and between two stages some global and some local qubits are exchanged.

A stage takes in every gate that its local qubits allow, later gates that do not depend on those
left behind included. What is made local next is what is needed soonest, as in Belady's rule for a
cache; a few such choices are followed at once, and the plan of fewest exchanges is taken. Häner and
Steiger (arXiv 1704.01127, section 3.4) exchange several qubits at once in this way.

SWAP exchanges nothing, it renames; X on a global qubit is a note to read its bit inverted.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from qjax.circuit import GATES, Operation, Repeat, Structure, mixing

_BEAM = 4  # Plans that are followed at once.


class Visit(NamedTuple):
    """One use of a gate, or a repeat, on wires: a qubit that SWAP has moved is on another wire.

    Attributes:
        item: Position of its operation or repeat.
        row: Which of the operation's uses.
        wires: What it acts on; of a repeat, the wire of every qubit.
        needs: Those that must be local.
        turns: Those on which it does not commute with Z.
    """

    item: int
    row: int
    wires: tuple[int, ...]
    needs: frozenset[int]
    turns: frozenset[int]


class Stage(NamedTuple):
    """What runs without an exchange.

    Attributes:
        across: Wires that are global.
        visits: In order of execution.
    """

    across: frozenset[int]
    visits: tuple[Visit, ...]


class Staging(NamedTuple):
    """A plan.

    Attributes:
        stages: In order of execution, at least one.
        wires: On which wire each qubit is in the end.
        moved: How many qubits change from local to global, all exchanges together.
    """

    stages: tuple[Stage, ...]
    wires: tuple[int, ...]
    moved: int


def widest(structure: Structure) -> int:
    """The largest number of qubits that a gate needs local.

    Example:
        >>> import qjax
        >>> from qjax.passes import widest
        >>> widest(qjax.Circuit(3).ccx(0, 1, 2).rzz(0.1, 0, 2).structure)
        1
    """
    widths = [0]
    for item in structure.items:
        if isinstance(item, Repeat):
            widths.append(widest(item.body))
        elif isinstance(item, Operation) and item.gate is not GATES["swap"]:
            widths.append(sum(mixing(item.gate)))
    return max(widths)


@functools.lru_cache(maxsize=256)
def staged(
    structure: Structure,
    d: int,
    across: frozenset[int] | None = None,
    local: frozenset[int] = frozenset(),
    *,
    closed: bool = False,
) -> Staging:
    """Plans the exchanges of a circuit, the fewest that are found.

    Args:
        structure: The circuit's, whose gates need at most ``n_qubits - d`` qubits local.
        d: How many qubits are global.
        across: The qubits that are global at first; any, if None.
        local: Qubits that must be local in the end, at most ``n_qubits - d``.
        closed: Whether the qubits that are global in the end must be those that are at first, as in
            a loop.

    Example:
        >>> import qjax
        >>> from qjax.passes import staged
        >>> ring = qjax.Circuit(6).ry(0.1, range(6)).cz(range(6), [1, 2, 3, 4, 5, 0])
        >>> [sorted(stage.across) for stage in staged(ring.structure, 2).stages]
        [[4, 5], [2, 3]]
    """
    n = structure.n_qubits
    visits, wires = _visits(structure, d)
    every = frozenset(range(n))

    def start(choice: frozenset[int]) -> _Path:
        needs = every - {wires[q] for q in choice} if closed else {wires[q] for q in local}
        end = Visit(_END, 0, tuple(range(n)), frozenset(needs), every)
        done, left = _advance((*visits, end), choice, n)
        return _Path((Stage(choice, done),), left, 0)

    beam = [
        start(c)
        for c in (dict.fromkeys(_choices(visits, n, d, None)) if across is None else [across])
    ]
    while all(path.left for path in beam):
        found: dict[tuple[int, frozenset[int]], _Path] = {}
        for path in beam:
            for choice in dict.fromkeys(_choices(path.left, n, d, path.across)):
                new = path.then(choice, n)
                found.setdefault((len(new.left), choice), new)
        beam = sorted(found.values(), key=lambda path: (len(path.left), path.moved))[:_BEAM]
    best = min((path for path in beam if not path.left), key=lambda path: path.moved)
    stages = (s._replace(visits=tuple(v for v in s.visits if v.item != _END)) for s in best.stages)
    return Staging(tuple(stages), wires, best.moved)


_END = -1  # What must be local in the end is asked for by one more visit, of no gate.


class _Path(NamedTuple):
    """A plan so far: its stages, what is left to do, and qubits exchanged."""

    stages: tuple[Stage, ...]
    left: tuple[Visit, ...]
    moved: int

    @property
    def across(self) -> frozenset[int]:
        return self.stages[-1].across

    def then(self, across: frozenset[int], n: int) -> _Path:
        done, left = _advance(self.left, across, n)
        moved = self.moved + len(self.across - across)
        return _Path((*self.stages, Stage(across, done)), left, moved)


def _visits(structure: Structure, d: int) -> tuple[tuple[Visit, ...], tuple[int, ...]]:
    """All uses in order, and the wire of each qubit in the end."""
    wires = list(range(structure.n_qubits))
    visits: list[Visit] = []
    for index, item in enumerate(structure.items):
        if isinstance(item, Repeat):
            needs, touched = (frozenset(wires[q] for q in qubits) for qubits in _seen(item.body, d))
            visits.append(Visit(index, 0, tuple(wires), needs, touched))
            continue
        assert isinstance(item, Operation)
        for row, qubits in item.uses():
            if item.gate is GATES["swap"]:
                a, b = qubits
                wires[a], wires[b] = wires[b], wires[a]
                continue
            on = tuple(wires[q] for q in qubits)
            turns = frozenset(w for w, m in zip(on, mixing(item.gate), strict=True) if m)
            needs = frozenset() if item.gate is GATES["x"] else turns
            visits.append(Visit(index, row, on, needs, turns))
    return tuple(visits), tuple(wires)


@functools.lru_cache(maxsize=256)
def _seen(body: Structure, d: int) -> tuple[frozenset[int], frozenset[int]]:
    """Of a loop, the qubits that had better be local when it starts, and all that it touches."""
    plan = staged(body, d, closed=True)
    visits = [visit for stage in plan.stages for visit in stage.visits]
    touched = frozenset(w for visit in visits for w in visit.wires)
    touched |= {q for q, wire in enumerate(plan.wires) if q != wire}
    if len(plan.stages) == 1:
        return frozenset(w for visit in visits for w in visit.needs), touched
    return frozenset(range(body.n_qubits)) - plan.stages[0].across, touched


class _Waiting:
    """What waits on each wire: nothing passes what turns it, and only Z-like gates the rest."""

    def __init__(self) -> None:
        self.turned: set[int] = set()
        self.touched: set[int] = set()

    def frees(self, visit: Visit) -> bool:
        return self.turned.isdisjoint(visit.wires) and self.touched.isdisjoint(visit.turns)

    def add(self, visit: Visit) -> None:
        self.turned.update(visit.turns)
        self.touched.update(visit.wires)


def _advance(
    visits: tuple[Visit, ...], across: frozenset[int], n: int
) -> tuple[tuple[Visit, ...], tuple[Visit, ...]]:
    """What can run, and what is left."""
    waiting = _Waiting()
    done: list[Visit] = []
    left: list[Visit] = []
    for position, visit in enumerate(visits):
        if len(waiting.turned) == n:
            left += visits[position:]
            break
        if not visit.needs & across and waiting.frees(visit):
            done.append(visit)
        else:
            waiting.add(visit)
            left.append(visit)
    return tuple(done), tuple(left)


def _choices(
    left: tuple[Visit, ...], n: int, d: int, across: frozenset[int] | None
) -> Iterator[frozenset[int]]:
    """Some sets of wires to be global next; those that are needed soonest are not in them."""
    soonest: dict[int, int] = {}
    for position, visit in enumerate(left):
        for wire in visit.needs:
            soonest.setdefault(wire, position)
    at_hand = frozenset() if across is None else frozenset(range(n)) - across

    def rank(wire: int) -> tuple[int, bool, int]:
        return soonest.get(wire, len(left)), wire not in at_hand, wire

    order = sorted(range(n), key=rank)
    every = frozenset(range(n))
    # Each one is also tried with a wire left out, whether or not it is needed soon.
    for out in (frozenset[int](), *map(frozenset, zip(range(n), strict=True))):
        local = _gathered(left, every - out, n - d)
        more = [w for w in order if w not in local and w not in out][: n - d - len(local)]
        yield every - local - frozenset(more)


def _gathered(left: tuple[Visit, ...], allowed: frozenset[int], room: int) -> frozenset[int]:
    """Wires such that gates can run one after another, until there is no room for more."""
    local, waiting = frozenset[int](), _Waiting()
    for visit in left:
        if len(local) == room or len(waiting.turned) == len(allowed):
            break
        more = local | visit.needs
        if waiting.frees(visit) and len(more) <= room and more <= allowed:
            local = more
        else:
            waiting.add(visit)
    return local
