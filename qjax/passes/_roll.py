"""Roll: structure that repeats, as a plain Python loop writes it, becomes a repeat.

The program of a rolled circuit does not grow with the number of rounds, so neither does the time to
compile it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np

from qjax.circuit import Circuit, Gate, Operation, Repeat, Slot, Structure
from qjax.passes._uses import stack_parameter

# Fewer rounds, or fewer operations saved, are as quick to compile unrolled, and fuse across rounds.
_MIN_ROUNDS = 3
_MIN_SAVED = 8


class Run(NamedTuple):
    """A stretch of items that is one period, several times over."""

    start: int
    period: int
    rounds: int

    @property
    def saved(self) -> int:
        """Number of items that need not be compiled."""
        return (self.rounds - 1) * self.period

    @property
    def stop(self) -> int:
        """First item after it."""
        return self.start + self.rounds * self.period


def roll(circuit: Circuit) -> Circuit:
    """An equal circuit in which operations that recur in a fixed order are a repeat.

    Two operations recur if they apply the same gate to the same qubits; their angles may differ,
    and may be traced.

    Example:
        >>> import qjax
        >>> from qjax.passes import roll
        >>> circuit = qjax.Circuit(2)
        >>> for i in range(100):
        ...     circuit = circuit.rx(0.1 * i, 0).ry(0.2, 1).cx(0, 1)
        >>> len(circuit), len(roll(circuit)), roll(circuit).count_ops()
        (300, 1, {'rx': 100, 'ry': 100, 'cx': 100})
    """
    items, leaves = circuit.structure.items, circuit.leaves
    runs = _runs(_tokens(circuit), 0)
    if not runs:
        return circuit
    rolled: list[Any] = []
    kept: list[Any] = list(leaves)  # All of them, so that the slots of other items stay right.
    position = 0
    for run in runs:
        rolled += items[position : run.start]
        body, stacked = _body(circuit, run)
        rolled.append(Repeat(body, run.rounds, len(kept)))
        kept += stacked
        position = run.stop
    rolled += items[position:]
    return Circuit.from_parts(Structure(circuit.n_qubits, tuple(rolled), len(kept)), kept)


def _tokens(circuit: Circuit) -> np.ndarray:
    """A number for each item, equal where two items can be rounds of one repeat."""
    index: dict[Any, int] = {}
    tokens = []
    for position, item in enumerate(circuit.structure.items):
        token: Any = position  # An item of its own: repeats and index maps are left as they are.
        if isinstance(item, Operation):
            token = item.gate, item.qubits, item.adjoint
        tokens.append(index.setdefault(token, len(index)))
    return np.array(tokens, int)


def _runs(tokens: np.ndarray, offset: int) -> list[Run]:
    """The run that saves most, and those to its left and right, in order."""
    best = _best_run(tokens)
    if best is None:
        return []
    left = _runs(tokens[: best.start], offset)
    right = _runs(tokens[best.stop :], offset + best.stop)
    return [*left, best._replace(start=best.start + offset), *right]


def _best_run(tokens: np.ndarray) -> Run | None:
    best = None
    for period in range(1, len(tokens) // _MIN_ROUNDS + 1):
        same = np.concatenate([[False], tokens[:-period] == tokens[period:], [False]])
        edges = np.flatnonzero(same[1:] != same[:-1])
        starts, lengths = edges[::2], edges[1::2] - edges[::2]
        if not len(lengths):
            continue
        longest = int(np.argmax(lengths))
        run = Run(int(starts[longest]), period, int(lengths[longest]) // period + 1)
        if run.rounds < _MIN_ROUNDS or run.saved < _MIN_SAVED:
            continue
        if best is None or run.saved > best.saved:
            best = run
    return best


def _body(circuit: Circuit, run: Run) -> tuple[Structure, list[jax.Array]]:
    """Structure of one round, and its leaves stacked over the rounds."""
    items, leaves = circuit.structure.items, circuit.leaves
    body: list[Operation] = []
    stacked: list[jax.Array] = []
    for place in range(run.start, run.start + run.period):
        rounds: list[Any] = list(items[place : run.stop : run.period])
        first: Operation = rounds[0]
        gate: Gate = first.gate
        slots = []
        for i in range(len(first.slots)):
            entries = [(item.slots[i], len(item.qubits)) for item in rounds]
            values = stack_parameter(leaves, entries, gate)
            slots.append(Slot(len(stacked)))
            shape = (run.rounds, len(first.qubits), *gate.event_shape)
            stacked.append(values.reshape(shape))
        body.append(first._replace(slots=tuple(slots)))
    return Structure(circuit.n_qubits, tuple(body), len(stacked)), stacked
