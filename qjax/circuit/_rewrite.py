"""Structures from structures: with leaves moved, and inverted."""

from __future__ import annotations

from qjax.circuit._index_map import IndexMap
from qjax.circuit._structure import Item, Operation, Repeat, Slot, Structure
from qjax.circuit._table import GATES, INVERSES


def moved(item: Item, by: int) -> Item:
    """An item whose leaves start later by some number."""
    if isinstance(item, Operation):
        return item._replace(slots=tuple(Slot(s.leaf + by, s.entry) for s in item.slots))
    if isinstance(item, Repeat):
        return item._replace(start=item.start + by)
    return item


def inverse(structure: Structure) -> Structure:
    """The structure that undoes one, with the same leaves."""
    items = tuple(_inverse_item(item) for item in reversed(structure.items))
    return Structure(structure.n_qubits, items, structure.n_leaves)


def _inverse_item(item: Item) -> Item:
    if isinstance(item, Repeat):
        return item._replace(body=inverse(item.body), reverse=not item.reverse)
    if isinstance(item, IndexMap):
        return item.inverse()
    gate, reverse = item.gate, item.qubits[::-1]
    if gate.is_self_inverse:
        return item._replace(qubits=reverse)
    if GATES.get(gate.name) is gate and gate.name in INVERSES:
        return item._replace(gate=GATES[INVERSES[gate.name]], qubits=reverse)
    return item._replace(adjoint=not item.adjoint)
