"""Lowers a fused circuit to a program: where each qubit's bit is, and which steps act on it.

A block acts on a run of bits; the planner follows the order of the bits, and moves the block's
behind all others where they are not together, or where that is faster. The bit of the imaginary
part is one of them, numbered like a further qubit; only complex blocks care where it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import jax
import jax.numpy as jnp

from qjax.circuit import Circuit, IndexMap, Operation, Repeat, Structure
from qjax.kernels import (
    Block,
    Gather,
    Loop,
    Move,
    PauliRotation,
    Phases,
    Program,
    Rounds,
    Route,
    real_block,
)
from qjax.passes import fuse, fused_steps, roll, stack

Order = tuple[int, ...]

# From here on a block acts on its bits where they are: one state is then many large products, while
# of a batch of small states it would be very many small ones.
_IN_PLACE_QUBITS = 14
# More steps than this without a loop are stacked into one, of blocks on so many qubits.
_STACK_STEPS = 48
_STACK_QUBITS = 4


@dataclasses.dataclass(frozen=True)
class Lower:
    """Takes a circuit to a program.

    Args:
        max_block: Largest number of qubits of a fused block, or None.
        dtype: Complex dtype of the state.
        roll: Whether structure that repeats becomes a loop.
        real: Whether the state stays real, and has no bit for an imaginary part.
        merged: Whether blocks take in every gate on their qubits, real or not.
    """

    max_block: int | None
    dtype: Any
    roll: bool = True
    real: bool = False
    merged: bool = False

    def __call__(
        self,
        circuit: Circuit,
        *,
        loop: bool = False,
        start: Order | None = None,
        end: Order | None = None,
    ) -> Program:
        """The program of a circuit.

        Args:
            circuit: Any circuit.
            loop: Whether the program must end in the order in which it starts.
            start: The order in which it starts; by default the one that suits it.
            end: The order in which it ends, if it is no loop's; by default the canonical one, the
                imaginary part and then qubit 0 first.
        """
        circuit = roll(circuit) if self.roll else circuit
        return _lower(circuit, self, loop, start, end)

    def stacks(self, circuit: Circuit) -> bool:
        """Whether operations without a repeat run as blocks of one size in a loop.

        Each step of a program costs time to compile, whatever its size; a loop costs that once.
        """
        items, width = circuit.structure.items, min(_STACK_QUBITS, circuit.n_qubits)
        if len(items) < _STACK_STEPS or not all(isinstance(i, Operation) for i in items):
            return False
        if max(i.gate.n_qubits for i in items if isinstance(i, Operation)) > width:
            return False
        return fused_steps(circuit, self.max_block, self.dtype) > _STACK_STEPS


@dataclasses.dataclass(frozen=True)
class Round:
    """Takes the leaves of one round of a repeat to its program."""

    body: Structure
    lower: Lower

    def __call__(self, leaves: tuple[Any, ...]) -> Program:
        """The program of one round."""
        circuit = Circuit.from_parts(self.body, leaves[: self.body.n_leaves])
        return self.lower(circuit, loop=True)


def canonical(n_qubits: int, real: bool) -> Order:
    """The order of the bits that verbs read."""
    qubits = tuple(range(n_qubits))
    return qubits if real else (n_qubits, *qubits)


def _lower(
    circuit: Circuit, lower: Lower, loop: bool, start: Order | None, end: Order | None
) -> Program:
    home = end or canonical(circuit.n_qubits, lower.real)
    plan = _Plan(start or home, circuit, lower)
    segments = list(_segments(circuit))
    for index, segment in enumerate(segments):
        if lower.stacks(segment):
            start = start or plan.order
            plan.stack(segment)
            continue
        fused = fuse(segment, lower.max_block, lower.dtype, inside=False, merged=lower.merged)
        items, plan.leaves = fused.structure.items, fused.leaves
        if start is None:
            plan.order = start = plan.wanted(items)
        for position, item in enumerate(items):
            following = items[position + 1 :]
            last = (start if loop else home) if index == len(segments) - 1 else plan.order
            if isinstance(item, Repeat):
                plan.repeat(item)
            elif isinstance(item, IndexMap):
                plan.gather(item, plan.wanted(following) if following else last)
            else:
                plan.operation(item)
    plan.move((start or home) if loop else home)
    return Program(tuple(plan.arrays), tuple(plan.steps), start or home)


def _segments(circuit: Circuit) -> Iterator[Circuit]:
    """Stretches of a circuit: repeats, and what lies between them."""
    structure = circuit.structure
    for _, items in groupby(structure.items, lambda item: isinstance(item, Repeat)):
        part = Structure(circuit.n_qubits, tuple(items), structure.n_leaves)
        yield Circuit.from_parts(part, circuit.leaves)


class _Plan:
    """Steps and arrays so far, and the current order of the bits."""

    def __init__(self, order: Order, circuit: Circuit, lower: Lower):
        self.order, self.leaves, self.lower = order, circuit.leaves, lower
        self.n_qubits = circuit.n_qubits
        self.steps: list[Any] = []
        self.arrays: list[Any] = []

    def add(self, step: Any, array: Any = ()) -> None:
        self.steps.append(step)
        self.arrays.append(array)

    def move(self, order: Order) -> None:
        if order != self.order:
            self.add(Move(tuple(self.order.index(b) for b in order)))
            self.order = order

    def mask(self, bits: Sequence[int]) -> int:
        m = len(self.order)
        return sum(1 << (m - 1 - self.order.index(b)) for b in bits)

    @property
    def imaginary(self) -> int | None:
        """Place of the bit of the imaginary part."""
        return self.order.index(self.n_qubits) if self.n_qubits in self.order else None

    def gather(self, item: IndexMap, order: Order) -> None:
        if self.imaginary is not None:
            item = item.widened()
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
                return self.ready(self.bits(item, item.qubits[-1]))
        return self.order

    def bits(self, item: Operation, qubits: Sequence[int]) -> tuple[int, ...]:
        """The bits that a block acts on."""
        if jnp.iscomplexobj(self.leaves[item.slots[0].leaf]):
            return self.n_qubits, *qubits
        return tuple(qubits)

    def ready(self, bits: Sequence[int]) -> Order:
        """An order in which a block may act: the same, or one that has its bits last."""
        k, m, wanted = len(bits), len(self.order), set(bits)
        first = min(self.order.index(b) for b in bits)
        after = m - first - k
        together = set(self.order[first : first + k]) == wanted
        if together and (after == 0 or (self.n_qubits >= _IN_PLACE_QUBITS and after >= k)):
            return self.order
        inner = self.order[first : first + k] if together else sorted(wanted, key=self.rank)
        return (*(b for b in self.order if b not in wanted), *inner)

    def rank(self, bit: int) -> int:
        """The imaginary part comes first."""
        return -1 if bit == self.n_qubits else bit

    def round(self, item: Repeat) -> tuple[Loop, Order]:
        """A repeat as a step, and the order in which its rounds start and end."""
        prepare = Round(item.body, self.lower)
        one = tuple(
            jax.ShapeDtypeStruct(jnp.shape(leaf)[1:], jnp.result_type(leaf))
            for leaf in self.stacked(item)
        )
        return Loop(prepare, item.length, item.reverse), jax.eval_shape(prepare, one).order

    def stacked(self, item: Repeat) -> tuple[Any, ...]:
        leaves = tuple(self.leaves[item.start : item.start + item.body.n_leaves])
        return leaves or (jnp.zeros(item.length, jnp.float32),)  # A loop needs a length.

    def repeat(self, item: Repeat) -> None:
        loop, order = self.round(item)
        self.move(order)
        self.add(loop, self.stacked(item))

    def stack(self, circuit: Circuit) -> None:
        """Blocks of one size in a loop, the bits of each brought last by a route."""
        n = circuit.n_qubits
        width = min(_STACK_QUBITS, n)
        blocks = stack(circuit.structure.items, circuit.leaves, n, width, self.lower.dtype)  # type: ignore[arg-type]
        imaginary = (n,) if jnp.iscomplexobj(blocks.matrices) else ()
        still = IndexMap.identity(len(self.order))
        labels = sorted(self.order)
        read, write = [], []
        for qubits in blocks.qubits:
            run = (*imaginary, *qubits)
            order = (*(b for b in self.order if b not in run), *run)
            source, target = ([labels.index(b) for b in o] for o in (self.order, order))
            write.append(still.permuted(source, target).columns)
            read.append(still.permuted(target, source).columns)
            self.order = order
        places = [width, *range(width)] if imaginary else list(range(width))
        matrices = jax.vmap(lambda m: real_block(m, places))(blocks.matrices)
        steps = Route(tuple(read), tuple(write)), Block(width + len(imaginary))
        self.add(Rounds(steps, len(read), False), ((), matrices))

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
        """Blocks of one operation share no qubit, so one that needs no move goes first."""
        left = dict(item.uses())
        while left:
            still = (j for j in left if self.ready(self.bits(item, left[j])) == self.order)
            j = next(still, max(left))
            qubits = left.pop(j)
            bits = self.bits(item, qubits)
            self.move(self.ready(bits))
            first = min(self.order.index(b) for b in bits)
            run = self.order[first : first + len(bits)]
            local = {b: i for i, b in enumerate((*qubits, self.n_qubits))}
            block = real_block(leaf[j], [local[b] for b in run])
            self.add(Block(len(run), len(self.order) - first - len(run)), block)

    def phases(self, qubits: tuple[int, ...], leaf: Any) -> None:
        places = sorted(self.order.index(q) for q in qubits)
        axes = [qubits.index(self.order[p]) for p in places]
        table = leaf.reshape((2,) * len(qubits)).transpose(axes).reshape(-1)
        if self.steps and isinstance(self.steps[-1], Phases):  # One pass for several tables.
            before = self.steps[-1]
            self.steps[-1] = before._replace(places=(*before.places, tuple(places)))
            self.arrays[-1] = (*self.arrays[-1], table)
        else:
            self.add(Phases((tuple(places),), self.imaginary), (table,))

    def rotation(self, item: Operation, qubits: tuple[int, ...], theta: Any) -> None:
        word = item.gate.pauli
        x = self.mask([q for q, a in zip(qubits, word, strict=True) if a in "XY"])
        z = self.mask([q for q, a in zip(qubits, word, strict=True) if a in "YZ"])
        imaginary = 0 if self.imaginary is None else self.mask([self.n_qubits])
        self.add(PauliRotation(x, z, imaginary), -theta if item.adjoint else theta)
