"""Runs of blocks, with the moves before them, become tiles, which a kernel keeps in fast memory.

The bit of the imaginary part is kept first, as tiles have it. What only moves amplitudes is put
off: it becomes the way in which the next tile is read, or the last one written. Steps that are no
blocks, and blocks too wide for a tile, stay as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax

from qjax.circuit import IndexMap
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
    Span,
    Tile,
    Tiling,
    to_planes,
)

# Places of a tile, by what the kernel can hold in registers; and those of it that a block leaves
# free, as a matrix product in the kernel has at least 16 rows.
_PLACES = 9
_FREE = 4
# Qubits of a block by default: two of them, and one qubit more, are a tile.
TILE_BLOCK = 4


@dataclasses.dataclass(frozen=True)
class Tiled:
    """Takes what a function prepares to the same program in tiles.

    Args:
        prepare: Returns a program whose state has a bit for the imaginary part.
        implementation: Of the tiles.
    """

    prepare: Callable[[Any], Program]
    implementation: str

    def __call__(self, value: Any) -> Program:
        """The program; states too small for a tile are left to blocks."""
        program = self.prepare(value)
        if len(program.order) - 1 < 2 * _FREE:
            return program
        plan = _Plan(program.order, self.implementation)
        start = plan.home()
        plan.source = _moved(start).inverse()
        for step, array in zip(program.steps, program.arrays, strict=True):
            plan.add(step, array)
        plan.close()
        plan.arrange(plan.home())
        order = tuple(program.order[p] for p in start)
        return Program(tuple(plan.arrays), tuple(plan.steps), order)


class _Plan:
    """Steps and arrays so far, and the tile that is open.

    The program's index of an entry and its place in memory differ by what has been put off:
    ``source`` takes the index to where the entry is. Once a tile is open, that is where the entry
    was, by the index that the program had then, which ``frame`` takes to where it is.
    """

    def __init__(self, order: Sequence[int], implementation: str):
        self.bits, self.implementation = len(order), implementation
        self.imaginary = order.index(self.bits - 1)  # Its place in the program's index.
        self.source = self.frame = IndexMap.identity(self.bits)
        self.places = min(self.bits - 1, _PLACES)
        self.steps: list[Any] = []
        self.arrays: list[Any] = []
        self.inner: list[int] = []  # Bits of the open tile that its blocks act on, in order.
        self.blocks: list[tuple[Span, jax.Array]] = []

    def home(self) -> tuple[int, ...]:
        """Places of the program's index, the imaginary part first."""
        return self.imaginary, *(p for p in range(self.bits) if p != self.imaginary)

    def add(self, step: Any, array: Any) -> None:
        if isinstance(step, Move | Gather):
            if isinstance(step, Gather):
                self.close()
            read = _moved(step.places) if isinstance(step, Move) else IndexMap(*step.read)
            self.source = read.then(self.source)
            self.imaginary = read.columns.index(1 << (self.bits - 1 - self.imaginary))
        elif isinstance(step, Block) and step.n_bits - self.is_complex(step) <= self.places - _FREE:
            self.block(step, array)
        else:
            self.close()
            self.other(step, array)

    def run(self, step: Block) -> range:
        """The places of a block."""
        first = self.bits - step.after - step.n_bits
        return range(first, first + step.n_bits)

    def is_complex(self, step: Block) -> bool:
        return self.imaginary in self.run(step)

    def block(self, step: Block, array: Any) -> None:
        """Into the open tile, where its bits can be neighbours there; else into a new one."""
        if self.blocks and self.room(self.frame_bits(step)[1]) is None:
            self.close()
        if not self.blocks:
            self.frame, self.source = self.source, IndexMap.identity(self.bits)
        run, qubits = self.frame_bits(step)
        room = self.room(qubits)
        assert room is not None
        self.inner = room
        first = min(room.index(q) for q in qubits)
        neighbours = room[first : first + len(qubits)]
        planes = _planes(array, run, neighbours)
        self.blocks.append((Span(len(qubits), len(room) - first - len(qubits)), planes))

    def frame_bits(self, step: Block) -> tuple[list[int], list[int]]:
        """The bits of a block as the open tile numbers them: all, and without the imaginary one."""
        places = list(self.run(step))
        run = [self.bits - self.source.columns[p].bit_length() for p in places]
        return run, [b for b, p in zip(run, places, strict=True) if p != self.imaginary]

    def room(self, qubits: list[int]) -> list[int] | None:
        """The open tile's bits with those of one more block, neighbours among them, or None."""
        old = [b for b in self.inner if b in qubits]
        new = [b for b in qubits if b not in self.inner]
        at = self.inner.index(old[0]) if old else 0
        fits = self.inner[at : at + len(old)] == old and len(self.inner) + len(new) <= self.places
        return new + self.inner if fits and not (new and at) else None

    def close(self) -> None:
        """Adds the open tile, if there is one."""
        if not self.blocks:
            return
        imaginary = self.frame.columns.index(1 << (self.bits - 1))
        outer = [b for b in range(self.bits) if b != imaginary and b not in self.inner]
        order = _moved((imaginary, *outer, *self.inner))
        read = order.then(self.frame)
        spans, planes = zip(*self.blocks, strict=True)
        tiling = Tiling(self.places, spans)
        if read != IndexMap.identity(self.bits):
            tiling = tiling._replace(enter=_both(read))
        self.steps.append(Tile(tiling, self.implementation))
        self.arrays.append(planes)
        self.source = self.source.then(order.inverse())
        self.inner, self.blocks = [], []

    def arrange(self, places: Sequence[int]) -> None:
        """Moves the entries to some order of the program's places."""
        order = _moved(places)
        read = order.then(self.source)
        last = self.steps[-1] if self.steps else None
        if isinstance(last, Tile) and not last.tiling.leave and places[0] == self.imaginary:
            if read != IndexMap.identity(self.bits):
                tiling = last.tiling._replace(leave=_both(read.inverse()))
                self.steps[-1] = last._replace(tiling=tiling)
        elif all(c.bit_count() == 1 for c in read.columns) and not read.offset:
            origin = tuple(self.bits - c.bit_length() for c in read.columns)
            if origin != tuple(range(self.bits)):
                self.steps.append(Move(origin))
                self.arrays.append(())
        else:
            write = read.inverse()
            self.steps.append(Gather((read.columns, read.offset), (write.columns, write.offset)))
            self.arrays.append(())
        self.source = order.inverse()

    def other(self, step: Any, array: Any) -> None:
        """Steps that are no tile; those that do not care where bits are have them moved once."""
        if not isinstance(step, Phases | PauliRotation | Loop):
            self.arrange(range(self.bits))
        else:
            self.arrange(self.home())
        if isinstance(step, Phases):
            places = (tuple(self.place(p) for p in table) for table in step.places)
            step = Phases(tuple(places), 0)
        elif isinstance(step, PauliRotation):
            step = PauliRotation(*(self.source.image(mask) for mask in step))
        elif isinstance(step, Loop):
            step = step._replace(prepare=Tiled(step.prepare, self.implementation))
        self.steps.append(step)
        self.arrays.append(array)
        for part in step.steps if isinstance(step, Rounds) else ():
            for columns in part.read if isinstance(part, Route) else ():
                self.imaginary = columns.index(1 << (self.bits - 1 - self.imaginary))
        self.arrange(self.home())

    def place(self, p: int) -> int:
        return self.bits - self.source.columns[p].bit_length()


def _moved(places: Sequence[int]) -> IndexMap:
    """Where each entry comes from when the new place i holds what was at ``places[i]``."""
    bits = len(places)
    return IndexMap(tuple(1 << (bits - 1 - p) for p in places), 0)


def _both(index: IndexMap) -> tuple[IndexMap, IndexMap]:
    """A map and its inverse, without the first bit, the imaginary part's: planes move alike."""
    plane = IndexMap(index.columns[1:], index.offset)
    return plane, plane.inverse()


def _planes(block: jax.Array, run: list[int], qubits: list[int]) -> jax.Array:
    """Planes ``[2, K, K]`` of a block, its bits in another order, the imaginary part's left out."""
    k, m = len(qubits), len(run)
    axes = [*(i for i in range(m) if run[i] not in qubits), *(run.index(q) for q in qubits)]
    grid = block.reshape((2,) * (2 * m)).transpose(*axes, *(m + a for a in axes))
    if m == k:
        return to_planes(grid.reshape(2**k, 2**k).T)
    return grid.reshape(2, 2**k, 2, 2**k)[0].transpose(1, 2, 0)
