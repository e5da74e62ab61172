"""What a program costs, predicted from its steps alone: a new kind of step is one more row."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

import jax

from qjax.kernels import Block, Gather, Loop, Move, PauliRotation, Phases, Program


@dataclasses.dataclass(frozen=True)
class Cost:
    """Predicted cost of one run of a program.

    Attributes:
        steps: What is run, by kind, loops counted in full.
        written: Number of steps in the program, a loop's counted once.
        loops: Number of rounds of each loop, outer ones first.
        passes: How often the state is read and written.
        flops: Floating-point operations on the state.
        kept: States that ordinary reverse mode keeps: one where the angles of a step matter.
    """

    steps: Counter[str] = dataclasses.field(default_factory=Counter)
    written: int = 0
    loops: tuple[int, ...] = ()
    passes: int = 0
    flops: int = 0
    kept: int = 0

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
    size = 2 ** len(program.order)
    costs = (_ROWS[type(s)](s, a, size) for s, a in zip(program.steps, program.arrays, strict=True))
    return sum(costs, Cost())


def _step(kind: str, flops: int, count: int = 1) -> Cost:
    kept = count if flops else 0  # What only moves amplitudes needs no state to go back.
    return Cost(Counter({kind: count}), written=1, passes=1, flops=flops, kept=kept)


def _loop(loop: Loop, array: Any, _: int) -> Cost:
    one = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), array)
    return predict(jax.eval_shape(loop.prepare, one)).times(loop.length)


# A complex product is 6 operations and a sum 2, so a row of a K x K block is 8 K. The state's size
# is the last argument.
_ROWS: dict[type, Callable[[Any, Any, int], Cost]] = {
    Block: lambda s, _, size: _step(f"blocks of {s.n_qubits} qubits", size * 8 * 2**s.n_qubits),
    Phases: lambda s, _, size: _step("phase tables", size * 6 * len(s.places), len(s.places)),
    PauliRotation: lambda _, __, size: _step("wide rotations", size * 8),
    Move: lambda *_: _step("moves", 0),
    Gather: lambda *_: _step("gathers", 0),
    Loop: _loop,
}
