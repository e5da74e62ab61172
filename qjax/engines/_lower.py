"""Lowers a fused circuit to a program: where each qubit's bit is, and which steps act on it.

A block acts on the last bits of the state, so its qubits are moved there first; the planner follows
the order of the bits, and moves them as a rotation where it can, since that is the cheapest move.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from qjax.circuit import Circuit, IndexMap, Operation, Repeat, Structure
from qjax.kernels import Block, Gather, Loop, Move, PauliRotation, Phases, Program, real_block
from qjax.passes import fuse, roll

Order = tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Lower:
    """Takes a circuit to a program.

    Args:
        max_block: Largest number of qubits of a fused block, or None.
        dtype: Complex dtype of the state.
        roll: Whether structure that repeats becomes a loop.
    """

    max_block: int | None
    dtype: Any
    roll: bool = True

    def __call__(self, circuit: Circuit, *, loop: bool = False) -> Program:
        """The program of a circuit.

        Args:
            circuit: Any circuit.
            loop: Whether the program must end in the order in which it starts; otherwise it ends
                in the canonical order, qubit 0 first.
        """
        circuit = roll(circuit) if self.roll else circuit
        return _lower(fuse(circuit, self.max_block, self.dtype, inside=False), self, loop)


@dataclasses.dataclass(frozen=True)
class Round:
    """Takes the leaves of one round of a repeat to its program."""

    body: Structure
    lower: Lower

    def __call__(self, leaves: tuple[Any, ...]) -> Program:
        """The program of one round."""
        return self.lower(Circuit.from_parts(self.body, leaves), loop=True)


def _lower(circuit: Circuit, lower: Lower, loop: bool) -> Program:
    canonical = tuple(range(circuit.n_qubits))
    items = circuit.structure.items
    plan = _Plan(canonical, circuit.leaves, lower)
    plan.order = start = plan.wanted(items)
    for position, item in enumerate(items):
        following = items[position + 1 :]
        last = start if loop else canonical
        if isinstance(item, Repeat):
            plan.repeat(item)
        elif isinstance(item, IndexMap):
            plan.gather(item, plan.wanted(following) if following else last)
        else:
            plan.operation(item)
    plan.move(start if loop else canonical)
    return Program(tuple(plan.arrays), tuple(plan.steps), start)


def bring_last(order: Order, qubits: Sequence[int]) -> Order:
    """An order in which some qubits are last: the same, a rotation, or else any."""
    k, wanted = len(qubits), set(qubits)
    if set(order[-k:]) == wanted:
        return order
    for cut in range(1, len(order)):
        rotated = order[cut:] + order[:cut]
        if set(rotated[-k:]) == wanted:
            return rotated
    return tuple(q for q in order if q not in wanted) + tuple(sorted(wanted))


class _Plan:
    """Steps and arrays so far, and the current order of the bits."""

    def __init__(self, order: Order, leaves: Sequence[Any], lower: Lower):
        self.order, self.leaves, self.lower = order, leaves, lower
        self.steps: list[Any] = []
        self.arrays: list[Any] = []

    def add(self, step: Any, array: Any = ()) -> None:
        self.steps.append(step)
        self.arrays.append(array)

    def move(self, order: Order) -> None:
        if order != self.order:
            self.add(Move(tuple(self.order.index(q) for q in order)))
            self.order = order

    def mask(self, qubits: Sequence[int]) -> int:
        n = len(self.order)
        return sum(1 << (n - 1 - self.order.index(q)) for q in qubits)

    def gather(self, item: IndexMap, order: Order) -> None:
        write = item.permuted(self.order, order)
        read = write.inverse()
        self.add(Gather((read.columns, read.offset), (write.columns, write.offset)))
        self.order = order

    def wanted(self, items: Sequence[Any]) -> Order:
        """The order in which the next item needs no move."""
        for item in items:
            if isinstance(item, Repeat):
                return self.round(item)[1]
            if isinstance(item, Operation) and item.gate.data == "matrix":
                return bring_last(self.order, item.qubits[0])
        return self.order

    def round(self, item: Repeat) -> tuple[Loop, Order]:
        """A repeat as a step, and the order in which its rounds start and end."""
        prepare = Round(item.body, self.lower)
        one = tuple(
            jax.ShapeDtypeStruct(jnp.shape(leaf)[1:], jnp.result_type(leaf))
            for leaf in self.stacked(item)
        )
        return Loop(prepare, item.length, item.reverse), jax.eval_shape(prepare, one).order

    def stacked(self, item: Repeat) -> tuple[Any, ...]:
        return tuple(self.leaves[item.start : item.start + item.body.n_leaves])

    def repeat(self, item: Repeat) -> None:
        loop, order = self.round(item)
        self.move(order)
        self.add(loop, self.stacked(item))

    def operation(self, item: Operation) -> None:
        leaf = self.leaves[item.slots[0].leaf]
        if item.gate.data == "matrix":
            self.blocks(item, leaf)
        elif item.gate.data == "phases":
            for _, qubits in item.uses():
                self.phases(qubits, leaf)
        else:
            for j, qubits in item.uses():
                self.rotation(item, qubits, leaf[j] if jnp.ndim(leaf) else leaf)

    def blocks(self, item: Operation, leaf: Any) -> None:
        """Blocks of one operation share no qubit, so the nearest one goes first."""
        left = dict(item.uses())
        while left:
            j = next((j for j, q in left.items() if bring_last(self.order, q) == self.order), None)
            j = min(left) if j is None else j
            qubits = left.pop(j)
            self.move(bring_last(self.order, qubits))
            k = len(qubits)
            places = [qubits.index(q) for q in self.order[-k:]]
            self.add(Block(k), real_block(_reordered(leaf[j], places)))

    def phases(self, qubits: tuple[int, ...], leaf: Any) -> None:
        places = sorted(self.order.index(q) for q in qubits)
        axes = [qubits.index(self.order[p]) for p in places]
        table = leaf.reshape((2,) * len(qubits)).transpose(axes).reshape(-1)
        if self.steps and isinstance(self.steps[-1], Phases):  # One pass for several tables.
            self.steps[-1] = Phases((*self.steps[-1].places, tuple(places)))
            self.arrays[-1] = (*self.arrays[-1], table)
        else:
            self.add(Phases((tuple(places),)), (table,))

    def rotation(self, item: Operation, qubits: tuple[int, ...], theta: Any) -> None:
        word = item.gate.pauli
        x = self.mask([q for q, a in zip(qubits, word, strict=True) if a in "XY"])
        z = self.mask([q for q, a in zip(qubits, word, strict=True) if a in "YZ"])
        self.add(PauliRotation(x, z), -theta if item.adjoint else theta)


def _reordered(matrix: jax.Array, places: list[int]) -> jax.Array:
    """A matrix with its qubits in another order."""
    k = len(places)
    if places == list(range(k)):
        return matrix
    axes = (*places, *(k + p for p in places))
    return matrix.reshape((2,) * (2 * k)).transpose(axes).reshape(matrix.shape)
