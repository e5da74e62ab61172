"""What a program costs, predicted from its steps alone: a new kind of step is one more row."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

import jax

from qjax.kernels import (
    Block,
    Exchange,
    Gather,
    Loop,
    Move,
    PauliRotation,
    Phases,
    Program,
    Renumber,
    Rounds,
    Route,
    Tile,
)


@dataclasses.dataclass(frozen=True)
class Cost:
    """Predicted cost of one run of a program.

    Attributes:
        steps: What is run, by kind, loops counted in full.
        written: Number of steps in the program, a loop's counted once.
        loops: Number of rounds of each loop, outer ones first.
        passes: How often the state is read and written.
        flops: Floating-point operations on the state.
        kept: States that ordinary reverse mode keeps, factors and indices of their size included.
        exchanges: How often devices exchange parts of the state.
        sent: Real numbers that each device sends in them.
    """

    steps: Counter[str] = dataclasses.field(default_factory=Counter)
    written: int = 0
    loops: tuple[int, ...] = ()
    passes: int = 0
    flops: int = 0
    kept: int = 0
    exchanges: int = 0
    sent: int = 0

    def __add__(self, other: Cost) -> Cost:
        """The cost of one after the other."""
        fields = dataclasses.fields(self)
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields))

    def times(self, rounds: int) -> Cost:
        """The cost of a loop of so many rounds."""
        return Cost(
            Counter({kind: rounds * count for kind, count in self.steps.items()}),
            self.written,
            (rounds, *self.loops),
            rounds * self.passes,
            rounds * self.flops,
            rounds * self.kept,
            rounds * self.exchanges,
            rounds * self.sent,
        )


def predict(program: Program) -> Cost:
    """Predicts the cost of a program, whose arrays may be shapes as ``jax.eval_shape`` gives them.

    A pass reads the state and writes it once. Operations that prepare blocks and tables from angles
    are not counted: they do not grow with the state.

    Example:
        >>> import qjax
        >>> from qjax.engines import predict
        >>> circuit = qjax.Circuit(2).cx(0, 1).rx(0.1, [0, 1])
        >>> predict(qjax.Statevector().stages(circuit).program).passes
        1
    """
    return _total(program.steps, program.arrays, 2 ** len(program.order))


def _total(steps: tuple[Any, ...], arrays: tuple[Any, ...], size: int) -> Cost:
    costs = (_ROWS[type(s)](s, a, size) for s, a in zip(steps, arrays, strict=True))
    return sum(costs, Cost())


def _step(kind: str, flops: int, kept: int, count: int = 1) -> Cost:
    return Cost(Counter({kind: count}), written=1, passes=1, flops=flops, kept=kept)


def _slice(array: Any) -> Any:
    """Shapes of one round's arrays."""
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), array)


def _loop(loop: Loop, array: Any, _: int) -> Cost:
    return predict(jax.eval_shape(loop.prepare, _slice(array))).times(loop.length)


def _rounds(rounds: Rounds, arrays: Any, size: int) -> Cost:
    return _total(rounds.steps, _slice(arrays), size).times(rounds.length)


def _phases(phases: Phases, _: Any, size: int) -> Cost:
    each = 1 if phases.imaginary is None else 3
    return _step("phase tables", size * each * len(phases.places), each, len(phases.places))


def _tile(tile: Tile, _: Any, size: int) -> Cost:
    spans = tile.tiling.spans
    return _step("tiles", size * sum(4 * 2**span.width for span in spans), len(spans))


def _exchange(exchange: Exchange, _: Any, size: int) -> Cost:
    # A device keeps the chunk that it would send to itself.
    k = len(exchange.places)
    step = _step(f"exchanges of {k} qubits" if k > 1 else "exchanges of a qubit", 0, 0)
    return dataclasses.replace(step, exchanges=1, sent=size - (size >> k))


def _renumber(*args: Any) -> Cost:
    return dataclasses.replace(_step("exchanges of devices", 0, 0), exchanges=1, sent=args[-1])


# The state's size on a device, in real numbers, is the last argument. A row of a K x K product is
# 2 K operations, a complex product of two numbers 6; a tile's blocks are complex.
_ROWS: dict[type, Callable[[Any, Any, int], Cost]] = {
    Block: lambda s, _, size: _step(f"blocks of {s.n_bits} bits", size * 2 * 2**s.n_bits, 1),
    Phases: _phases,
    PauliRotation: lambda _, __, size: _step("wide rotations", size * 4, 2),
    Move: lambda *_: _step("moves", 0, 0),
    Gather: lambda *_: _step("gathers", 0, 1),
    Route: lambda *_: _step("gathers", 0, 1),
    Exchange: _exchange,
    Renumber: _renumber,
    Tile: _tile,
    Loop: _loop,
    Rounds: _rounds,
}
