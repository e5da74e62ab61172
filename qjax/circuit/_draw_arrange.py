"""Puts the gates of a circuit in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from qjax.circuit._draw_labels import Label, Labels
from qjax.circuit._draw_layout import (
    CROSS,
    DOT,
    HIDDEN,
    MORE,
    TARGET,
    Block,
    Glyph,
    Kind,
    Layout,
)
from qjax.circuit._gate import Gate
from qjax.circuit._index_map import IndexMap
from qjax.circuit._structure import Operation, Repeat, Structure
from qjax.circuit._table import GATES

if TYPE_CHECKING:
    from qjax.circuit._circuit import Circuit

# Of more qubits than this, the first and the last are drawn, and those between as one wire.
_MAX_WIRES = 64
_LAST_WIRES = 16


def arrange(circuit: Circuit, max_gates: int, max_columns: int) -> Layout:
    """Puts every gate in the first column where its wires are free.

    Args:
        circuit: What is drawn.
        max_gates: Gates after these are left out, and a note says so.
        max_columns: So are gates that need more columns.
    """
    builder = _Builder(circuit, max_gates, max_columns)
    builder.items(circuit.structure, 0)
    total, notes = _count(circuit.structure), []
    if builder.is_full:
        builder.more(range(len(builder.wires)))
        notes.append(f"{MORE} the first {builder.n_seen:,} of {total:,} gates are drawn")
    if builder.hidden:
        first, last = builder.hidden[0], builder.hidden[-1]
        notes.append(f"{HIDDEN} qubits {first} to {last} are drawn as one wire")
    return Layout(builder.wires, max(builder.free), builder.glyphs, builder.blocks, notes)


class _Builder:
    """Collects glyphs and blocks; ``free`` is the first free column of each wire."""

    def __init__(self, circuit: Circuit, max_gates: int, max_columns: int):
        n = circuit.n_qubits
        head = n if n <= _MAX_WIRES else _MAX_WIRES - _LAST_WIRES - 1
        self.hidden = range(head, n - _LAST_WIRES) if n > _MAX_WIRES else range(0)
        self.wires = [f"q{q}" for q in range(head)]
        if self.hidden:
            self.wires += [HIDDEN, *(f"q{q}" for q in range(self.hidden.stop, n))]
        self.free = [0] * len(self.wires)
        self.glyphs: list[Glyph] = []
        self.blocks: list[Block] = []
        self.labels = Labels(circuit)
        self.max_gates, self.max_columns = max_gates, max_columns
        self.n_seen, self.is_full = 0, False

    def wire(self, qubit: int) -> int:
        if not self.hidden or qubit < self.hidden.start:
            return qubit
        return max(self.hidden.start, qubit - len(self.hidden) + 1)

    def items(self, structure: Structure, start: int) -> None:
        for item in structure.items:
            if isinstance(item, Repeat):
                self.repeat(item, start)
            elif isinstance(item, IndexMap):
                pins = dict.fromkeys(item.support, "")
                if pins:
                    self.add({}, pins, Label("IndexMap"), "map")
            else:
                for use, qubits in item.uses():
                    if self.is_full:
                        break
                    self.gate(item, qubits, self.labels.label(item, use, start))

    def gate(self, item: Operation, qubits: tuple[int, ...], label: Label) -> None:
        gate = item.gate
        base, k = gate.base or gate, gate.n_controls
        marks = dict.fromkeys(qubits[:k], DOT)
        symbol = CROSS if base is GATES["swap"] else ""
        if k:
            symbol = symbol or {GATES["x"]: TARGET, GATES["z"]: DOT}.get(base, "")
        if symbol:
            self.add(marks | dict.fromkeys(qubits[k:], symbol), {}, Label(""), "fixed")
        else:
            kind: Kind = "data" if gate.data else "fixed" if gate.is_fixed else "angle"
            pins = dict(zip(qubits[k:], _pins(base), strict=True))
            self.add(marks, pins, label, kind)

    def add(self, marks: dict[int, str], pins: dict[int, str], label: Label, kind: Kind) -> None:
        """Adds a glyph, its marks and pins given by qubit."""
        if self.n_seen >= self.max_gates:
            self.is_full = True
        qubits = [*marks, *pins]
        if not self.is_full and not all(q in self.hidden for q in qubits):
            wires = [self.wire(q) for q in qubits]
            top, bottom = min(wires), max(wires)
            column = max(self.free[top : bottom + 1])
            self.is_full = column >= self.max_columns
            if not self.is_full:
                self.glyphs.append(self.glyph(column, marks, pins, label, kind))
                self.free[top : bottom + 1] = [column + 1] * (bottom + 1 - top)
        self.n_seen += not self.is_full

    def glyph(
        self, column: int, marks: dict[int, str], pins: dict[int, str], label: Label, kind: Kind
    ) -> Glyph:
        marks, pins = (
            {self.wire(q): HIDDEN if q in self.hidden else text for q, text in texts.items()}
            for texts in (marks, pins)
        )
        wires = [*marks, *pins]
        top, bottom = min(wires), max(wires)
        if not pins:
            return Glyph(column, top, bottom, marks, kind=kind)
        box = min(pins), max(pins)
        # A control between the qubits of a box is marked where it crosses the box.
        pins |= {wire: text for wire, text in marks.items() if box[0] <= wire <= box[1]}
        marks = {wire: text for wire, text in marks.items() if wire not in pins}
        return Glyph(column, top, bottom, marks, box, pins, label, kind)

    def more(self, wires: Iterable[int]) -> None:
        """Marks wires on which gates are left out."""
        column = max(self.free[wire] for wire in wires)
        for wire in wires:
            self.glyphs.append(Glyph(column, wire, wire, {wire: MORE}))
            self.free[wire] = column + 1

    def repeat(self, item: Repeat, start: int) -> None:
        qubits = _touched(item.body)
        if self.is_full or all(q in self.hidden for q in qubits):
            return
        wires = [self.wire(q) for q in qubits]
        span = range(min(wires), max(wires) + 1)
        first, place = max(self.free[w] for w in span), len(self.blocks)
        for wire in span:
            self.free[wire] = first + 1
        label = f"×{item.length}" + (", reversed" if item.reverse else "")
        self.blocks.append(Block(first, first, span[0], span[-1], label))
        self.items(item.body, start + item.start)
        if self.is_full:
            self.more(span)
        last = max(self.free[w] for w in span)
        for wire in span:
            self.free[wire] = last + 1
        inner = self.blocks[place + 1 :]
        self.blocks[place] = self.blocks[place]._replace(
            last=last,
            above=1 + max((b.above for b in inner if b.top == span[0]), default=0),
            below=1 + max((b.below for b in inner if b.bottom == span[-1]), default=0),
        )


def _pins(gate: Gate) -> Sequence[str]:
    if gate.pauli:
        return gate.pauli
    return [str(i) for i in range(gate.n_qubits)]


def _touched(structure: Structure) -> set[int]:
    """Qubits that some gate acts on."""
    found: set[int] = set()
    for item in structure.items:
        if isinstance(item, Operation):
            found.update(*item.qubits)
        else:
            found.update(_touched(item.body) if isinstance(item, Repeat) else item.support)
    return found


def _count(structure: Structure) -> int:
    """Number of gates as drawn: those of a repeat once."""
    return sum(
        _count(item.body)
        if isinstance(item, Repeat)
        else len(item.qubits)
        if isinstance(item, Operation)
        else 1
        for item in structure.items
    )
