"""Which small circuits are one on other qubits: a numbering that does not depend on names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qjax.circuit import Gate, Word, is_symmetric, mixing

# Each sweep lets a gate know of those one gate farther.
_SWEEPS = 8


class Numbering(NamedTuple):
    """A new order of gates and new numbers of qubits.

    Attributes:
        order: Positions of the gates, in an order in which they may run.
        label: For each qubit its number.
    """

    order: list[int]
    label: list[int]


class _Placed(NamedTuple):
    """A gate, its kind as a number, its qubits, and on each of them the number of its run."""

    gate: Gate
    kind: int
    qubits: tuple[int, ...]
    runs: list[int]

    def arranged(self, values: list[int]) -> tuple[int, ...]:
        """Values by place; in no order where the places may change."""
        return tuple(sorted(values) if is_symmetric(self.gate) else values)


def numbering(
    gates: Sequence[tuple[Gate, int, tuple[int, ...]]], words: Sequence[Word], n_qubits: int
) -> Numbering:
    """Numbers gates and qubits by how they hang together, whatever they were called.

    Circuits that are equal up to names mostly become equal; where they do not, they only remain
    apart. Each gate has a colour that depends on the colours of the gates before and after it
    (Weisfeiler and Lehman 1968); then the gates are walked from the last, by colour first and by
    the numbers that their qubits have been given second. Gates that are diagonal on a qubit and
    follow each other there, a run, are in no order.

    Args:
        gates: For each gate, in order of execution, the gate, its kind as a number, its qubits.
        words: What is measured.
        n_qubits: Number of qubits.
    """
    ends = [
        hash(tuple(sorted((w.x | w.z).bit_count() * 4 + w.letter(q) for w in words)))
        for q in range(n_qubits)
    ]
    placed, runs = _runs(gates, n_qubits)
    colour = _colours(placed, runs, ends)
    left = [[len(run) for run in of_qubit] for of_qubit in runs]
    label: dict[int, int] = {}
    order: list[int] = []

    def is_ready(i: int) -> bool:
        return all(len(left[q]) == r + 1 for q, r in zip(*placed[i][2:], strict=True))

    def rank(i: int) -> tuple[int, int]:
        qubits = placed[i].qubits
        return colour[i], min((label[q] for q in qubits if q in label), default=n_qubits)

    ready = [i for i in range(len(gates)) if is_ready(i)]
    while ready:
        i = min(ready, key=rank)
        ready.remove(i)
        order.append(i)
        qubits = list(placed[i].qubits)
        if is_symmetric(placed[i].gate):
            met = {
                q: _met(q, r, i, runs, colour, ends) for q, r in zip(*placed[i][2:], strict=True)
            }
            qubits.sort(key=lambda q: (label.get(q, n_qubits), met[q]))
        for q in qubits:
            label.setdefault(q, len(label))
        for q, r in zip(*placed[i][2:], strict=True):
            left[q][r] -= 1
            if not left[q][r]:
                left[q].pop()
                ready += [j for j in (runs[q][r - 1] if r else []) if is_ready(j)]
    for q in sorted(range(n_qubits), key=ends.__getitem__):
        label.setdefault(q, len(label))
    return Numbering(order[::-1], [label[q] for q in range(n_qubits)])


def _runs(
    gates: Sequence[tuple[Gate, int, tuple[int, ...]]], n_qubits: int
) -> tuple[list[_Placed], list[list[list[int]]]]:
    """The gates with their runs, and for each qubit its runs, the first one first."""
    runs: list[list[list[int]]] = [[] for _ in range(n_qubits)]
    open_ = [False] * n_qubits  # Whether the last run goes on.
    placed = []
    for i, (gate, kind, qubits) in enumerate(gates):
        for q, mixes in zip(qubits, mixing(gate), strict=True):
            diagonal = not mixes
            if diagonal and open_[q]:
                runs[q][-1].append(i)
            else:
                runs[q].append([i])
            open_[q] = diagonal
        placed.append(_Placed(gate, kind, qubits, [len(runs[q]) - 1 for q in qubits]))
    return placed, runs


def _colours(placed: list[_Placed], runs: list[list[list[int]]], ends: list[int]) -> list[int]:
    colour = [gate.kind for gate in placed]
    for _ in range(_SWEEPS):
        colour = [
            hash(
                (
                    colour[i],
                    gate.arranged(
                        [
                            _met(q, r, i, runs, colour, ends)
                            for q, r in zip(gate.qubits, gate.runs, strict=True)
                        ]
                    ),
                )
            )
            for i, gate in enumerate(placed)
        ]
    return colour


def _met(
    q: int, r: int, i: int, runs: list[list[list[int]]], colour: list[int], ends: list[int]
) -> int:
    """What a gate meets on one qubit: the runs before and after, and the rest of its own."""
    before = sorted(colour[j] for j in runs[q][r - 1]) if r else []
    beside = sorted(colour[j] for j in runs[q][r] if j != i)
    after = sorted(colour[j] for j in runs[q][r + 1]) if r + 1 < len(runs[q]) else [ends[q]]
    return hash((tuple(before), tuple(beside), tuple(after)))
