"""Explain: what qjax would do with a circuit, and what it would cost, without running it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import AbstractMesh

from qjax.circuit import Circuit, PauliSum, Word
from qjax.engines import MPS, Cost, Stages, Statevector, TensorNetwork, bytes_text, predict
from qjax.gradients import Adjoint, Backprop, ParameterShift
from qjax.kernels import SplitMask, turning_blocks
from qjax.measure._checks import (
    Engine,
    Gradient,
    check_is_circuit,
    checked,
    checked_observables,
)
from qjax.measure._choice import QUICK_QUBITS, Estimate, Question, estimate, estimates, parts_of


@dataclasses.dataclass(frozen=True)
class Rates:
    """What a device is stated to do, for a prediction of time.

    Args:
        link: Bytes a second that it sends to other devices.
        memory: Bytes a second that it reads from or writes to its memory.

    Example:
        >>> from qjax.measure import Rates
        >>> Rates(link=25e9, memory=2e12).seconds(sent=50e9, moved=1e12)
        (2.0, 0.5)
    """

    link: float
    memory: float

    def __post_init__(self) -> None:
        """Checks the fields."""
        for name in ("link", "memory"):
            if not getattr(self, name) > 0:
                raise ValueError(
                    f"Argument `{name}` must be positive, but is {getattr(self, name)}."
                )

    def seconds(self, sent: float, moved: float) -> tuple[float, float]:
        """Time on the links and in memory, for bytes sent and bytes read or written."""
        return sent / self.link, moved / self.memory


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What `explain` found; its ``str`` is a report.

    Attributes:
        engine: What runs the circuit.
        gradient: What differentiates it.
        qubits: Number of qubits of the circuit, and of the part that is run.
        gates: Number of gates of the circuit, in the light cone, and after the product prefix.
        cost: Steps, passes over memory and floating-point operations of a run of a statevector.
        flips: Number of passes over the final state that the observable takes.
        real: Whether the state stays real, and takes half the memory.
        state_bytes: Bytes of one state, on each device.
        states: Number of states alive at once in a run, and with the gradient.
        refusal: Why it does not run, or nothing.
        cones: Where light cones are run in bulk: for each circuit, how many cones are that circuit,
            and its qubits. The counts above are then those of one cone, the widest.
        estimates: What engines are predicted to take, the quickest first; where none was given,
            the choice.
        devices: Number of devices that share a state.
        sent: Bytes of the state that each of them sends to others in a run, and with the gradient
            (of ``ParameterShift``, in each of its runs). Sums over the devices are not counted.
        rates: What a device is stated to do, or None.
    """

    engine: Engine
    gradient: Gradient
    qubits: tuple[int, int]
    gates: tuple[int, int, int]
    cost: Cost | None
    flips: int
    real: bool
    state_bytes: int
    states: tuple[int, int]
    refusal: str
    cones: tuple[tuple[int, int], ...] = ()
    estimates: tuple[Estimate, ...] = ()
    devices: int = 1
    sent: tuple[int, int] = (0, 0)
    rates: Rates | None = None

    @property
    def seconds(self) -> tuple[float, float] | None:
        """Predicted time of a run on the links and in memory, where rates are stated.

        A pass reads a state and writes it.
        """
        if self.rates is None or self.cost is None:
            return None
        passes = self.cost.passes + self.flips
        return self.rates.seconds(self.sent[0], 2 * passes * self.state_bytes)

    @property
    def peak_bytes(self) -> int:
        """Predicted peak memory of value and gradient, all that is not a state left out."""
        if self.cost is None:
            return self.estimates[0].bytes if self.estimates else 0
        return self.states[1] * self.state_bytes

    @property
    def reason(self) -> str:
        """Why this engine, in words."""
        if self.refusal or not self.estimates:
            planned = isinstance(getattr(self.engine, "mesh", None), AbstractMesh)
            return self.refusal or (_PLANNED if planned else _FITS)
        if len(self.estimates) == 1:
            return "as it was asked for"
        if self.estimates[0].total > min(each.total for each in self.estimates if each.runs):
            return "quick, and nothing has to be searched for"
        return "predicted to be the quickest of those that run"

    def __str__(self) -> str:
        whole, cone, _ = self.gates
        name = type(self.engine).__name__
        rows = {
            "light cone": f"{self.qubits[0]} -> {self.qubits[1]} qubits, "
            f"{whole:,} -> {cone:,} gates",
        }
        if self.cones:
            total = sum(copies for copies, _ in self.cones)
            rows["cones"] = f"{total:,} of them in bulk, which are {len(self.cones)} circuits"
        if self.cost is not None:
            rows |= self._passes(self.cost)
        rows |= {
            "engine": f"{name}: {self.reason}",
            "gradient": f"{type(self.gradient).__name__}: {_why(self.gradient, self.engine)}",
        }
        for i, each in enumerate(self.estimates):
            rows["predicted" if i == 0 else " " * i] = str(each)
        return "\n".join(f"{name:<16}{text}" for name, text in rows.items())

    def _passes(self, cost: Cost) -> dict[str, str]:
        """What a statevector's passes do."""
        _, cone, left = self.gates
        rounds = ", ".join(str(r) for r in cost.loops)
        steps = ", ".join(f"{count:,} {kind}" for kind, count in cost.steps.items())
        bytes_ = [bytes_text(s * self.state_bytes) for s in self.states]
        each = "on each device: " if self.devices > 1 else ""
        return {
            "product prefix": f"{cone - left:,} gates are one outer product, {left:,} are left",
            "roll": f"loops of {rounds} rounds" if rounds else "no loops",
            "fuse, lower": f"{cost.written:,} steps to compile; run are {steps or 'none'}",
            "a run": f"{cost.passes:,} passes over memory, and {self.flips} for the observable; "
            f"{cost.flops:.3g} floating-point operations",
            "a state": f"{bytes_text(self.state_bytes)}, {self.engine.dtype.name}"
            + self.real * " without an imaginary part",
            "memory": f"{each}{self.states[0]} states forward ({bytes_[0]}), "
            f"{self.states[1]} with the gradient ({bytes_[1]})",
        } | self._exchanges(cost)

    def _exchanges(self, cost: Cost) -> dict[str, str]:
        """What is sent between devices, and how long that and all else takes."""
        rows = {}
        if self.devices > 1:
            run, both = map(bytes_text, self.sent)
            shifted = isinstance(self.gradient, ParameterShift)
            rows["exchanges"] = (
                f"{cost.exchanges:,} among {self.devices:,} devices; each sends {run} in a run, "
                + ("as in every run at shifted angles" if shifted else f"{both} with the gradient")
            )
        if self.seconds is not None:
            link, memory = self.seconds
            rows["time of a run"] = f"{link:.3g} s on the links, {memory:.3g} s in memory"
        return rows


def _why(gradient: Gradient, engine: Engine) -> str:
    if isinstance(gradient, Backprop) and not isinstance(engine, Statevector):
        return "what JAX derives from the contractions"
    return _GRADIENTS[type(gradient)][1]


_FITS = "exact, and its states fit in memory"
_PLANNED = "exact; planned for a mesh of which there are no devices here"

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
    rates: Rates | None = None,
) -> Explanation:
    """What qjax does with a circuit, pass by pass, and what it is predicted to cost.

    Nothing is run: the passes themselves are traced, on shapes.

    Args:
        circuit: The circuit.
        observable: An observable or a list of them, as for `expectation`; without one the report
            is about the whole state.
        engine: How to run it; by default what is predicted to be quickest.
        gradient: How to differentiate it; the engine's by default.
        rates: What a device is stated to do, for a prediction of a statevector's time.

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

        The plan for devices that are not there:

        >>> from jax.sharding import AbstractMesh
        >>> wide = qjax.Circuit(36).h(range(36)).cz(range(35), range(1, 36)).rx(0.1, range(36))
        >>> engine = qjax.Statevector(mesh=AbstractMesh((256,), ("state",)))
        >>> report = qjax.explain(wide, engine=engine)
        >>> report.cost.exchanges, report.state_bytes == 2**28 * 8
        (1, True)
    """
    check_is_circuit(circuit)
    n = circuit.n_qubits
    observables = () if observable is None else checked_observables(observable, n)
    words = tuple(dict.fromkeys(word for each in observables for word in each.words))
    question = Question("expectation", words) if words else Question("statevector")
    found: tuple[Estimate, ...] = ()
    if engine is None and words and not isinstance(gradient, Adjoint):
        found = tuple(estimates(circuit, question, every=True)) if n > QUICK_QUBITS else ()
        engine = found[0].engine if found else Statevector()
    elif words and isinstance(engine, TensorNetwork | MPS):
        found = (estimate(engine, circuit, question),)
    engine, gradient = checked(question, circuit, engine, gradient)
    if isinstance(engine, Statevector):
        report = _statevector(circuit, question, engine, gradient)
        report = dataclasses.replace(report, rates=rates)
    else:
        asked = question.narrow(engine, circuit)[0]
        left = asked.structure.n_gates
        gates = (circuit.structure.n_gates, left, left)
        refusal = "" if not found or found[0].runs else "it does not run"
        report = Explanation(
            engine, gradient, (n, asked.n_qubits), gates, None, 0, False, 0, (1, 1), refusal
        )
    return dataclasses.replace(report, estimates=found)


def _statevector(
    circuit: Circuit, question: Question, engine: Statevector, gradient: Gradient
) -> Explanation:
    parts = parts_of(engine, circuit, question)
    widest = max(parts, key=lambda part: part.circuit.n_qubits)
    cone = widest.circuit
    words = widest.question.words or ()
    stages, across, read, turns = _stages(engine, cone, words)
    flips = {word.x for word in words}
    cost = predict(stages.program)
    local = cone.n_qubits - across
    real = len(stages.program.order) == local
    size = 2**local * engine.dtype.itemsize // (2 if real else 1)
    # What an exchange receives lies beside what it sends: of the state, and of its cotangent.
    spread = min(across, 1)
    forward = engine.states + spread
    states = _GRADIENTS[type(gradient)][0](gradient, cost, forward, any(flips)) + spread
    # Measured: over a mesh XLA gives what each block that turns the state for reading leaves, of
    # the state and of its cotangent, a place of its own.
    states += 2 * turns
    # Going back, exchanges are undone on the state and on its cotangent; strings are read once.
    width = engine.dtype.itemsize // 2
    times = {Adjoint: 3, Backprop: 2}.get(type(gradient), 1)
    sent, both = (each * cost.sent * width + read * size for each in (1, times))
    refusal = ""
    try:
        if not isinstance(engine.mesh, AbstractMesh):
            engine.check(cone.n_qubits)
    except ValueError as error:
        refusal = f"it does not run. {error}"
    return Explanation(
        engine,
        gradient,
        (circuit.n_qubits, cone.n_qubits),
        (circuit.structure.n_gates, cone.structure.n_gates, stages.rest.structure.n_gates),
        cost,
        len(flips),
        real,
        size,
        (forward, states),
        refusal,
        tuple((part.cones, part.circuit.n_qubits) for part in parts if part.cones),
        devices=2**across,
        sent=(sent, both),
    )


def _stages(
    engine: Statevector, circuit: Circuit, words: Sequence[Word]
) -> tuple[Stages, int, int, int]:
    """What each pass makes of a circuit, and how it is spread over devices, if it is.

    Returns:
        The stages, the base-2 logarithm of the number of devices, how often they send their state
        to have the strings read, and by how many blocks they turn it.
    """
    over = engine.sharded(circuit)
    if over is None:
        return jax.eval_shape(engine.stages, circuit), 0, 0, 0
    end = {} if words else {"places": tuple(range(over.n_bits))}
    masks: list[SplitMask] = []

    def trace(circuit: Circuit) -> Stages:
        head, rest, spread = over.stages(circuit, jnp.zeros((), jnp.int32), **end)
        masks.extend(over.masks(words, spread.end))
        return Stages(head, rest, spread.program)

    stages = jax.eval_shape(trace, circuit)
    sent = {mask.across[0] for mask in masks}
    local = (tuple(mask.local for mask in masks if mask.across[0] == x) for x in sent)
    return stages, over.n_bits, len(sent - {0}), sum(map(turning_blocks, local))
