"""The choice of an engine, where none is given: what each is predicted to take, and the quickest.

All that are considered are exact: a matrix product state is, where its bonds are wide enough.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Gate, Operation, Repeat, Structure, Word, seen_by
from qjax.engines import MPS, Statevector, TensorNetwork, bytes_text, device_memory


class Question(NamedTuple):
    """What is asked of a circuit.

    Attributes:
        words: Pauli strings to be measured; or
        qubits: qubits to be measured, and
        mixed: those of them not only along Z; all, where nothing is said.
        verb: Whose question it is.
    """

    verb: str
    words: tuple[Word, ...] | None = None
    qubits: tuple[int, ...] | None = None
    mixed: tuple[int, ...] | None = None

    @property
    def entries(self) -> float:
        """Number of entries of the answer; that of all qubits is more than any bound."""
        known = len(self.qubits or ())
        powers = {"probabilities": known, "density_matrix": 2 * known}
        whole = self.verb in ("statevector", "unitary")
        return math.inf if whole else 2.0 ** powers.get(self.verb, 0)

    def narrow(self, engine: Any, circuit: Circuit) -> tuple[Circuit, Question]:
        """The part of the circuit that is seen, and the same question about it."""
        if self.words is not None:
            circuit, kept = engine.narrow(circuit, *seen_by(self.words))
            words = tuple(word.renamed(kept.index) for word in self.words)
            return circuit, self._replace(words=words)
        if self.qubits is not None:
            circuit, kept = engine.narrow(circuit, self.qubits, self.mixed)
            return circuit, self._replace(qubits=tuple(kept.index(q) for q in self.qubits))
        return circuit, self


class Estimate(NamedTuple):
    """What an engine is predicted to take for a value and its gradient.

    Attributes:
        engine: The engine.
        seconds: Time of a step, compiled.
        first: Time to compile it.
        bytes: Peak memory.
        words: In words: what is large about it, or why it does not run.
        runs: Whether it runs here.
    """

    engine: Any
    first: float
    seconds: float
    bytes: int
    words: str
    runs: bool = True

    @property
    def total(self) -> float:
        """Time of a hundred steps, and of compiling them."""
        return self.first + 100 * self.seconds

    def __str__(self) -> str:
        name = type(self.engine).__name__
        if not self.runs:
            return f"{name} does not run: {self.words}"
        times = f"{_time_text(self.first)} to compile, {_time_text(self.seconds)} a step"
        return f"{name}: {self.words}; {times}, {bytes_text(self.bytes)}"


def estimates(circuit: Circuit, question: Question, *, every: bool = False) -> list[Estimate]:
    """What engines are predicted to take, the chosen one first.

    That is the one whose first hundred steps are done first; but where a statevector's are within
    seconds, or its cones are narrow, no other is looked for: finding the order of a contraction
    takes as long.

    Args:
        circuit: The circuit; its leaves may be abstract.
        question: What is asked of it.
        every: Whether the others are told too where a statevector is quick.
    """
    found = [_statevector(circuit, question)]
    narrow = found[0].bytes <= Statevector.states * Statevector().state_bytes(_NARROW)
    quick = found[0].runs and (narrow or found[0].total <= _QUICK)
    if every or not quick:
        budget = found[0].total if found[0].runs else math.inf
        found += [_asked(kind, None, circuit, question, budget) for kind in _ASK]
    return sorted(
        found,
        key=lambda each: (
            not each.runs,
            quick and not isinstance(each.engine, Statevector),
            each.total,
        ),
    )


def estimate(engine: Any, circuit: Circuit, question: Question) -> Estimate:
    """What a given engine is predicted to take."""
    if isinstance(engine, Statevector):
        return _statevector(circuit, question)
    return _asked(type(engine), engine, circuit, question, math.inf)


def _asked(
    kind: type, engine: Any, circuit: Circuit, question: Question, budget: float
) -> Estimate:
    """The estimate of an engine, or of the best one of its kind; why not, where it does not run."""
    try:
        return _ASK[kind](engine, circuit, question, budget)
    except ValueError as error:
        return Estimate(engine or kind(), 0.0, 0.0, 0, str(error), runs=False)


def choose(circuit: Circuit, question: Question) -> Any:
    """The engine that is predicted to be the quickest of those that run.

    Raises:
        ValueError: If none does, with what each would take.
    """
    if circuit.n_qubits <= QUICK_QUBITS or question.entries > 2**_WIDEST_RESULT:
        return Statevector()
    shapes = tuple(
        jax.ShapeDtypeStruct(np.shape(leaf), jnp.result_type(leaf)) for leaf in circuit.leaves
    )
    return _chosen(circuit.structure, shapes, question)


@functools.lru_cache(maxsize=256)
def _chosen(structure: Structure, shapes: tuple[Any, ...], question: Question) -> Any:
    best, *others = estimates(Circuit.from_parts(structure, shapes), question)
    if not best.runs:
        reasons = "\n".join(f"- {each}" for each in (best, *others))
        raise ValueError(
            f"No engine can answer `{question.verb}` for this circuit of {structure.n_qubits} "
            f"qubits:\n{reasons}"
        )
    return best.engine


# Up to here a statevector is at hand, and nothing else is thought of.
QUICK_QUBITS = 20
_NARROW = 12  # Qubits.
_QUICK = 3.0  # Seconds of a hundred steps and their compiling.
# Measured on two cores of a CPU, value and gradient: seconds a gate and amplitude, an operation of
# a contraction, a gate and cubed bond; and to compile a gate of a statevector, and of a network.
_AN_AMPLITUDE = 2e-9
_AN_OPERATION = 3e-9
_A_CUBED_BOND = 4e-7
_COMPILED = 0.02
_CONTRACTED = 0.005
_HASTE = 0.2  # Seconds for the order of one network.
_SWEPT = 3.0  # A chain's program grows neither with gates nor with qubits.


class Part(NamedTuple):
    """Circuits that are one but for their parameters.

    Attributes:
        circuit: The circuit, with shapes for parameters.
        question: What is asked of each.
        cones: How many they are; 0 for the one circuit that everything is measured on.
        copies: How many are run: one where they share all their parameters.
    """

    circuit: Circuit
    question: Question
    cones: int = 0
    copies: int = 1

    @property
    def gates(self) -> int:
        return self.circuit.structure.n_gates


def parts_of(engine: Any, circuit: Circuit, question: Question) -> list[Part]:
    """What an engine makes of the question, with shapes for parameters."""
    found: list[Part] = []

    def trace(circuit: Circuit) -> None:
        groups = engine.cones(circuit, question.words) if question.words else None
        if groups is None:
            smaller, asked = question.narrow(engine, circuit)
            found.append(Part(_shapes(smaller, ()), asked))
        for group in groups or ():
            count = len(group.places)
            asked = question._replace(words=group.words)
            copies = count if any(axis == 0 for axis in group.axes) else 1
            found.append(Part(_shapes(group.circuit, group.axes), asked, count, copies))

    jax.eval_shape(trace, circuit)
    return found


def _shapes(circuit: Circuit, axes: Sequence[int | None]) -> Circuit:
    """The circuit with shapes for leaves, without the axis that counts copies."""
    leaves = [
        jax.ShapeDtypeStruct(np.shape(leaf)[axis is not None :], jnp.result_type(leaf))
        for leaf, axis in zip(circuit.leaves, axes or [None] * len(circuit.leaves), strict=True)
    ]
    return Circuit.from_parts(circuit.structure, leaves)


def _statevector(circuit: Circuit, question: Question) -> Estimate:
    engine, memory = Statevector(), device_memory()
    parts = parts_of(engine, circuit, question)
    widest = max(part.circuit.n_qubits for part in parts)
    seconds = sum(p.gates * p.copies * 2.0**p.circuit.n_qubits for p in parts) * _AN_AMPLITUDE
    first = sum(part.gates for part in parts) * _COMPILED
    size = engine.states * engine.state_bytes(widest)
    if widest > 30 or size > memory:
        words = (
            f"{widest} qubits take {bytes_text(engine.state_bytes(widest))} a state, and the "
            f"device has {bytes_text(memory)}"
        )
        return Estimate(engine, first, seconds, size, words, runs=False)
    words = f"{widest} of {circuit.n_qubits} qubits"
    if len(parts) > 1:
        words += f", {sum(part.copies for part in parts):,} light cones"
    return Estimate(engine, first, seconds, size, words)


def _matrix_product(
    engine: MPS | None, circuit: Circuit, question: Question, budget: float
) -> Estimate:
    """Of a given engine, or of one whose bond is just wide enough to be exact."""
    (part,) = parts_of(engine or MPS(), circuit, question)
    n, width = part.circuit.n_qubits, bond_bits(part.circuit.structure)
    words = f"bonds of up to 2**{width} by the gates across them"
    if engine is None and width > _WIDEST_BOND:
        raise ValueError(f"{words}, too wide to be exact; `qjax.MPS()` truncates them")
    engine = engine or MPS(max_bond=2**width)
    engine.check_circuit(part.circuit)
    bond = engine.bond(n)
    if bond < 2**width:
        words += f", truncated to {bond}"
    size = engine.state_bytes(n) + part.gates * 8 * bond**2 * 8
    seconds = part.gates * max(bond, 4.0) ** 3 * _A_CUBED_BOND
    return Estimate(engine, _SWEPT, seconds, size, words)


def _network(
    engine: TensorNetwork | None, circuit: Circuit, question: Question, budget: float
) -> Estimate:
    engine = engine or TensorNetwork()
    search, parts = engine, parts_of(engine, circuit, question)
    if budget < math.inf:
        # Another engine runs, so the search must be worth its time: a hasty one says whether.
        search = dataclasses.replace(engine, search_seconds=_HASTE)
        _check_promising(search, parts, budget)
    costs = [search.cost(p.circuit, p.question.words, p.question.qubits) for p in parts]
    flops = sum(cost.flops * part.copies for cost, part in zip(costs, parts, strict=True))
    first = sum(cost.seconds + p.gates * _CONTRACTED for cost, p in zip(costs, parts, strict=True))
    words = f"{sum(part.copies for part in parts):,} contractions, {flops:.3g} operations"
    size, seconds = max(cost.bytes for cost in costs), flops * _AN_OPERATION
    return Estimate(engine, first, seconds, size, words)


def _check_promising(engine: TensorNetwork, parts: list[Part], budget: float) -> None:
    """Raises ValueError where one network of many already takes too much."""
    part = max(parts, key=lambda part: part.circuit.n_qubits)
    words, middle = part.question.words, part.circuit.n_qubits // 2
    one = words and (min(words, key=lambda w: abs(w.width - middle)),)
    flops = engine.cost(part.circuit, one, part.question.qubits).flops * len(words or [()])
    if 100 * flops * part.copies * _AN_OPERATION > budget:
        raise ValueError(f"about {flops * part.copies:.3g} operations by a hasty search")


# How an engine is estimated; a new engine is a row.
_ASK: dict[type, Callable[[Any, Circuit, Question, float], Estimate]] = {
    TensorNetwork: _network,
    MPS: _matrix_product,
}
_WIDEST_BOND = 8
# Answers of more entries are a statevector's, or nobody's.
_WIDEST_RESULT = 12


def bond_bits(structure: Structure) -> int:
    """The base-2 logarithm of a bond dimension that holds the state of a circuit exactly.

    Each gate across a bond multiplies its dimension by the gate's own rank at most.

    Example:
        >>> import qjax
        >>> from qjax.measure import bond_bits
        >>> bond_bits(qjax.Circuit(9).h(0).cx(range(8), range(1, 9)).structure)
        1
    """
    n = structure.n_qubits
    across = [0] * n

    def visit(structure: Structure, times: int) -> None:
        for item in structure.items:
            if isinstance(item, Repeat):
                visit(item.body, times * item.length)
            elif isinstance(item, Operation):
                for qubits in item.qubits if item.gate.n_qubits > 1 else ():
                    for bond in range(min(qubits), max(qubits)):
                        across[bond] += times * _rank_bits(item.gate)

    visit(structure, 1)
    ends = (min(bond + 1, n - 1 - bond) for bond in range(n - 1))
    return max((min(pair) for pair in zip(across, ends, strict=False)), default=0)


def _rank_bits(gate: Gate) -> int:
    """Of the rank of a gate between any two parts of its qubits."""
    single = gate.pauli or gate.n_qubits - gate.n_controls == 1
    return 1 if single or (gate.is_diagonal and gate.n_qubits == 2) else 2 * (gate.n_qubits // 2)


def _time_text(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return "below 1 ms"
