"""Lowers a circuit to a program over devices: stages that run locally, exchanges between them.

The device's number holds the bits of the global qubits, its state those of the local ones, each in
a *slot*. In a stage every gate is one on slots: of what it does to a global qubit, a device picks
its own part by its number. So a stage is a circuit on the slots, lowered as on one device, and an
exchange puts other qubits into some of the slots.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from qjax.circuit import GATES, Circuit, Operation, Repeat, Slot, Structure
from qjax.engines._lower import Lower, Order, canonical
from qjax.engines._part import own_part
from qjax.kernels import Exchange, Loop, Program, Renumber, bits_of
from qjax.passes import Staging, Visit, restricted, roll, several_rounds, stack_parameter, staged


class Layout(NamedTuple):
    """Where each qubit is.

    Attributes:
        places: The qubit at each bit of the devices' number, most significant first.
        slots: The qubit in each slot of the local state.
        inverted: Global qubits whose bit is the opposite of their value.
    """

    places: tuple[int, ...]
    slots: tuple[int, ...]
    inverted: frozenset[int] = frozenset()


class Spread(NamedTuple):
    """A program over devices.

    Attributes:
        program: The program; its order is one of slots, and of the imaginary part.
        start: Where each qubit is at first.
        end: Where each qubit is in the end, when the order is canonical.
    """

    program: Program
    start: Layout
    end: Layout


@dataclasses.dataclass(frozen=True)
class Spreading:
    """Takes a circuit to a program over devices.

    Args:
        lower: What takes a circuit on the slots to its program.
        axis: Name of the mesh axis.
        n_bits: Base-2 logarithm of its size.
        alone: Whether the mesh has no other axis.
    """

    lower: Lower
    axis: str
    n_bits: int
    alone: bool

    def __call__(
        self,
        circuit: Circuit,
        number: jax.Array,
        *,
        places: tuple[int, ...] | None = None,
        local: frozenset[int] = frozenset(),
    ) -> Spread:
        """The program of a circuit.

        Args:
            circuit: Any circuit.
            number: The device's number.
            places: The qubits that must be global in the end, in order; any, if None.
            local: Qubits that must be local in the end.
        """
        n = circuit.n_qubits
        circuit = several_rounds(roll(circuit) if self.lower.roll else circuit, self.n_bits)
        needed = local if places is None else frozenset(range(n)) - frozenset(places)
        plan = staged(circuit.structure, self.n_bits, None, needed)
        across = sorted(plan.stages[0].across)
        home = tuple(across) if places is None else tuple(plan.wires[q] for q in places)
        others = iter(wire for wire in across if wire not in home)
        first = tuple(wire if wire in across else next(others) for wire in home)
        start = Layout(first, tuple(q for q in range(n) if q not in across))
        build = _Build(circuit, self, start, number, home)
        build.run(plan)
        build.renumber(build.places if places is None else home, frozenset())
        qubit = {wire: q for q, wire in enumerate(plan.wires)}
        slots = sorted(build.slots, key=qubit.__getitem__)
        build.end(slots)
        end = Layout(tuple(qubit[w] for w in build.places), tuple(qubit[w] for w in slots))
        return Spread(build.program, start, end)

    def round(self, circuit: Circuit, number: jax.Array, layout: Layout) -> Program:
        """The program of one round of a loop, which ends as it starts."""
        # Not rolled: it may be several rounds, which would be found again.
        circuit = several_rounds(circuit, self.n_bits)
        plan = staged(circuit.structure, self.n_bits, frozenset(layout.places), closed=True)
        home = tuple(plan.wires[q] for q in layout.places)
        build = _Build(circuit, self, layout, number, home)
        build.run(plan)
        build.renumber(home, frozenset(plan.wires[q] for q in layout.inverted))
        build.close([plan.wires[q] for q in layout.slots])
        return build.program


@dataclasses.dataclass(frozen=True)
class Round:
    """Takes the leaves of one round of a repeat, and the device's number, to its program."""

    body: Structure
    spreading: Spreading
    layout: Layout

    def __call__(self, leaves: tuple[Any, ...]) -> Program:
        """The program of one round."""
        circuit = Circuit.from_parts(self.body, leaves[: self.body.n_leaves])
        return self.spreading.round(circuit, leaves[-1].astype(jnp.int32), self.layout)


class _Build:
    """Steps and arrays so far, where each wire is, and the gates since the last of the steps."""

    def __init__(
        self,
        circuit: Circuit,
        spreading: Spreading,
        layout: Layout,
        number: jax.Array,
        home: tuple[int, ...],
    ):
        self.circuit, self.spreading, self.number, self.home = circuit, spreading, number, home
        self.places, self.slots = list(layout.places), list(layout.slots)
        self.inverted = set(layout.inverted)
        self.items: list[Any] = []
        self.leaves = list(circuit.leaves)
        self.steps: list[Any] = []
        self.arrays: list[Any] = []
        self.order: Order | None = None  # The first gates choose their own.
        self.start: Order | None = None

    @property
    def program(self) -> Program:
        assert self.start is not None
        return Program(tuple(self.arrays), tuple(self.steps), self.start)

    @property
    def canonical(self) -> Order:
        return canonical(len(self.slots), self.spreading.lower.real)

    def add(self, step: Any, array: Any = ()) -> None:
        self.steps.append(step)
        self.arrays.append(array)

    # Steps.

    def flush(self, end: Order | None, *, loop: bool = False) -> None:
        """Lowers the gates since the last step, to end in some order, or as they start."""
        structure = Structure(len(self.slots), tuple(self.items), len(self.leaves))
        circuit = Circuit.from_parts(structure, self.leaves)
        program = self.spreading.lower(circuit, loop=loop, start=self.order, end=end)
        self.start = program.order if self.start is None else self.start
        self.steps += program.steps
        self.arrays += program.arrays
        self.order = program.order if end is None else end
        self.items, self.leaves = [], list(self.circuit.leaves)

    def exchange(self, across: frozenset[int]) -> None:
        """Makes some wires global."""
        leaving = [p for p, wire in enumerate(self.places) if wire not in across]
        if not leaving:
            return
        coming = sorted(across.difference(self.places))
        # Home, where that is among them, so that a loop ends as it began.
        at_home = {p: self.home[p] for p in leaving if self.home[p] in coming}
        rest = iter(wire for wire in coming if wire not in at_home.values())
        slots = [self.slots.index(at_home[p] if p in at_home else next(rest)) for p in leaving]
        others = [b for b in self.order or self.canonical if b not in slots]
        self.flush((*slots, *others))
        over = self.spreading
        self.add(Exchange(over.axis, over.n_bits, tuple(leaving), over.alone))
        for place, slot in zip(leaving, slots, strict=True):
            arrived = self.places[place]
            self.places[place], self.slots[slot] = self.slots[slot], arrived
            if arrived in self.inverted:
                self.inverted.remove(arrived)
                self.items.append(Operation(GATES["x"], ((slot,),)))

    def renumber(self, places: Sequence[int], inverted: frozenset[int]) -> None:
        """Brings the global wires to their places, inverted or not."""
        if list(places) == self.places and inverted == self.inverted:
            return
        n_bits = self.spreading.n_bits
        source = [self.places.index(wire) for wire in places]
        flips = [wire in self.inverted.symmetric_difference(inverted) for wire in places]

        def to(device: int) -> int:
            bits = (
                (device >> (n_bits - 1 - p) & 1) ^ f for p, f in zip(source, flips, strict=True)
            )
            return sum(bit << (n_bits - 1 - i) for i, bit in enumerate(bits))

        self.flush(self.order or self.canonical)
        self.add(Renumber(self.spreading.axis, tuple(map(to, range(2**n_bits)))))
        self.places, self.inverted = list(places), set(inverted)

    def end(self, wires: Sequence[int]) -> None:
        """Ends with the local wires in some order, the imaginary part before them."""
        imaginary = () if self.spreading.lower.real else (len(self.slots),)
        self.flush((*imaginary, *map(self.slots.index, wires)))

    def close(self, wires: Sequence[int]) -> None:
        """Ends with the place of each slot's wire, as it was at first, that of another one."""
        slots = [self.slots.index(wire) for wire in wires]
        if self.order is None and slots == list(range(len(slots))):
            self.flush(None, loop=True)
            return
        if self.order is None:
            self.order = self.canonical
        start = self.start or self.order
        self.flush(tuple(slots[b] if b < len(slots) else b for b in start))

    # Gates.

    def run(self, plan: Staging) -> None:
        """Appends all stages, and the exchanges between them."""
        for stage in plan.stages:
            self.exchange(stage.across)
            self.gates(stage.visits)

    def gates(self, visits: Iterable[Visit]) -> None:
        """Appends gates and loops of a stage."""
        across = set(self.places)
        for (index, plain), group in groupby(
            visits, lambda v: (v.item, across.isdisjoint(v.wires))
        ):
            item = self.circuit.structure.items[index]
            if isinstance(item, Repeat):
                for visit in group:
                    self.repeat(item, visit)
            elif plain:
                self.local(item, list(group))
            else:
                for visit in group:
                    self.conditioned(item, visit)

    def local(self, item: Operation, visits: list[Visit]) -> None:
        """Uses of an operation on slots."""
        visits = sorted(visits, key=lambda visit: visit.row)
        part = restricted(item, [visit.row for visit in visits], self.leaves)
        qubits = tuple(tuple(self.slots.index(w) for w in visit.wires) for visit in visits)
        self.items.append(part._replace(qubits=qubits))

    def conditioned(self, item: Operation, visit: Visit) -> None:
        """A use on a global wire: the part that this device has to apply."""
        gate, uses = item.gate, len(item.qubits)
        if gate is GATES["x"]:
            self.inverted ^= set(visit.wires)
            return
        there = [i for i, wire in enumerate(visit.wires) if wire in self.places]
        here = [self.slots.index(wire) for wire in visit.wires if wire in self.slots]
        leaves = tuple(self.circuit.leaves)
        stacks = (stack_parameter(leaves, [(slot, uses)], gate) for slot in item.slots)
        shape = (uses, *gate.event_shape)
        parameters = [jnp.broadcast_to(x, shape)[visit.row : visit.row + 1] for x in stacks]
        value, lower = self.value([visit.wires[i] for i in there]), self.spreading.lower
        own, leaf = own_part(
            gate, parameters, item.adjoint, there, value, lower.dtype, real=lower.real
        )
        # A number by which all is multiplied is put on any slot.
        self.items.append(Operation(own, (tuple(here) or (0,),), (Slot(len(self.leaves)),)))
        self.leaves.append(leaf)

    def value(self, wires: Sequence[int]) -> jax.Array:
        """The number that the values of global wires make, the first most significant."""
        places = [self.places.index(wire) for wire in wires]
        inverted = sum((w in self.inverted) << i for i, w in enumerate(reversed(wires)))
        return bits_of(self.number, self.spreading.n_bits, places) ^ inverted

    def repeat(self, item: Repeat, visit: Visit) -> None:
        qubit = {wire: q for q, wire in enumerate(visit.wires)}
        wires = self.places, self.slots
        places, slots = (tuple(qubit[w] for w in each) for each in wires)
        layout = Layout(places, slots, frozenset(qubit[w] for w in self.inverted))
        prepare = Round(item.body, self.spreading, layout)
        leaves = tuple(self.circuit.leaves[item.start : item.start + item.body.n_leaves])
        real = jnp.finfo(self.spreading.lower.dtype).dtype
        number = jnp.broadcast_to(self.number.astype(real), (item.length,))
        stacked = (*leaves, number)
        one = tuple(jax.ShapeDtypeStruct(jnp.shape(x)[1:], jnp.result_type(x)) for x in stacked)
        self.flush(jax.eval_shape(prepare, one).order)
        self.add(Loop(prepare, item.length, item.reverse), stacked)
