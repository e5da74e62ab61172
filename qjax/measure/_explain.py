"""Explain: what qjax would do with a circuit, and what it would cost, without running it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax

from qjax.circuit import Circuit, PauliSum, seen_by
from qjax.engines import Cost, predict
from qjax.gradients import Adjoint, Backprop, ParameterShift
from qjax.measure._verbs import Engine, Gradient, checked, checked_observables


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What `explain` found; its ``str`` is a report.

    Attributes:
        engine: What runs the circuit.
        gradient: What differentiates it.
        qubits: Number of qubits of the circuit, and of the part that is run.
        gates: Number of gates of the circuit, in the light cone, and after the product prefix.
        cost: Steps, passes over memory and floating-point operations of a run.
        flips: Number of passes over the final state that the observable takes.
        real: Whether the state stays real, and takes half the memory.
        state_bytes: Bytes of one state.
        states: Number of states alive at once in a run, and with the gradient.
        refusal: Why it does not run, or nothing.
    """

    engine: Engine
    gradient: Gradient
    qubits: tuple[int, int]
    gates: tuple[int, int, int]
    cost: Cost
    flips: int
    real: bool
    state_bytes: int
    states: tuple[int, int]
    refusal: str

    @property
    def peak_bytes(self) -> int:
        """Predicted peak memory of value and gradient, all that is not a state left out."""
        return self.states[1] * self.state_bytes

    def __str__(self) -> str:
        cost, (whole, cone, left) = self.cost, self.gates
        rounds = ", ".join(str(r) for r in cost.loops)
        steps = ", ".join(f"{count:,} {kind}" for kind, count in cost.steps.items())
        bytes_ = [bytes_text(s * self.state_bytes) for s in self.states]
        rows = {
            "light cone": f"{self.qubits[0]} -> {self.qubits[1]} qubits, "
            f"{whole:,} -> {cone:,} gates",
            "product prefix": f"{cone - left:,} gates are one outer product, {left:,} are left",
            "roll": f"loops of {rounds} rounds" if rounds else "no loops",
            "fuse, lower": f"{cost.written:,} steps to compile; run are {steps or 'none'}",
            "a run": f"{cost.passes:,} passes over memory, and {self.flips} for the observable; "
            f"{cost.flops:.3g} floating-point operations",
            "a state": f"{bytes_text(self.state_bytes)}, {self.engine.dtype.name}"
            + self.real * " without an imaginary part",
            "memory": f"{self.states[0]} states forward ({bytes_[0]}), "
            f"{self.states[1]} with the gradient ({bytes_[1]})",
            "engine": f"{type(self.engine).__name__}: {self.refusal or _FITS}",
            "gradient": f"{type(self.gradient).__name__}: {_GRADIENTS[type(self.gradient)][1]}",
        }
        return "\n".join(f"{name:<16}{text}" for name, text in rows.items())


_FITS = "exact, and its states fit in memory"

# For each gradient how many states are alive at once, and why one would use it.
# Measured with `compiled.memory_analysis()`; a string with X or Y needs a permuted state besides.
_GRADIENTS: dict[type, tuple[Callable[[Any, Cost, int, bool], int], str]] = {
    Adjoint: (
        lambda _, __, forward, flips: forward + 2 + flips,
        "going back every step is undone, so memory does not grow with depth",
    ),
    Backprop: (
        lambda _, cost, forward, __: forward + 3 + cost.kept,
        "a state is kept a block and a table, so memory grows with depth; Adjoint() keeps one",
    ),
    ParameterShift: (
        lambda gradient, _, forward, __: forward * gradient.chunk,
        "differences of values at shifted angles, each a run; Adjoint() takes about three runs",
    ),
}


def explain(
    circuit: Circuit,
    observable: PauliSum | Sequence[PauliSum] | None = None,
    *,
    engine: Engine | None = None,
    gradient: Gradient | None = None,
) -> Explanation:
    """What qjax does with a circuit, pass by pass, and what it is predicted to cost.

    Nothing is run: the passes themselves are traced, on shapes.

    Args:
        circuit: The circuit.
        observable: An observable or a list of them, as for `expectation`; without one the report
            is about the whole state.
        engine: How to run it; ``Statevector()`` by default.
        gradient: How to differentiate it; ``Adjoint()`` by default.

    Returns:
        A value whose ``str`` is a report.

    Raises:
        TypeError: If an argument is of a wrong type.
        ValueError: If the observable acts beyond the circuit or is not Hermitian.

    Example:
        >>> import qjax
        >>> chain = qjax.Circuit(40).ry(0.1, range(40)).cx(range(39), range(1, 40))
        >>> report = qjax.explain(chain, qjax.Z(2))
        >>> report.qubits, report.gates
        ((40, 3), (79, 5, 2))
        >>> print(str(report).splitlines()[0])
        light cone      40 -> 3 qubits, 79 -> 5 gates
    """
    verb = "statevector" if observable is None else "expectation"
    engine, gradient = checked(verb, circuit, engine, gradient)
    n = circuit.n_qubits
    observables = () if observable is None else checked_observables(observable, n)
    words = [word for each in observables for word in each.words]
    seen = seen_by(words) if words else (tuple(range(n)), None)

    def trace(circuit: Circuit) -> Any:
        cone, _ = engine.narrow(circuit, *seen)
        return cone, engine.stages(cone)

    cone, stages = jax.eval_shape(trace, circuit)
    cost, flips = predict(stages.program), {word.x for word in words}
    real = len(stages.program.order) == cone.n_qubits
    states = _GRADIENTS[type(gradient)][0](gradient, cost, engine.states, any(flips))
    refusal = ""
    try:
        engine.check(cone.n_qubits)
    except ValueError as error:
        refusal = f"it does not run. {error}"
    return Explanation(
        engine,
        gradient,
        (n, cone.n_qubits),
        (_gates(circuit), _gates(cone), _gates(stages.rest)),
        cost,
        len(flips),
        real,
        engine.state_bytes(cone.n_qubits) // (2 if real else 1),
        (engine.states, states),
        refusal,
    )


def _gates(circuit: Circuit) -> int:
    return sum(circuit.structure.count().values())


def bytes_text(count: int) -> str:
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
    power = min(max(count.bit_length() - 1, 0) // 10, len(units) - 1)
    return f"{count / 1024**power:,.4g} {units[power]}"
