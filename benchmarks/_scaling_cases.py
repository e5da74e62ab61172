"""What is scaled: each case's step, its arguments laid out on a mesh, its predicted memory."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import qjax
from qjax.sharding import Axes, place


@dataclasses.dataclass(frozen=True)
class Problem:
    """One step of a case.

    Attributes:
        step: Value and gradient.
        args: Its arguments.
        specs: How each argument lies on the mesh, one entry each.
        predicted: Peak memory of a device in bytes, where qjax predicts it; it takes a while.
        told: What else belongs into the row.
    """

    step: Callable[..., Any]
    args: tuple[Any, ...]
    specs: tuple[PartitionSpec, ...]
    predicted: Callable[[], int] | None = None
    told: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Case:
    """A computation that is split over a mesh axis.

    Attributes:
        axis: The mesh axis.
        words: What it is.
        build: Takes a size, and a mesh or None, to a problem.
        size: What `size` counts.
        strong: The size that more devices share.
        weak: The size at a number of devices, with the same work for each.
    """

    axis: str
    words: str
    build: Callable[[int, Mesh | None], Problem]
    size: str
    strong: int
    weak: Callable[[int], int]


QUBITS, LAYERS, CHUNK = 10, 3, 32
EVERYWHERE = PartitionSpec()


def classifier(weights: jax.Array, x: jax.Array) -> jax.Array:
    """Squared <Z0> of one sample."""
    n = x.shape[0]
    ring = [*range(1, n), 0]
    circuit = qjax.Circuit(n).ry(x, range(n))
    circuit = circuit.repeat(
        lambda c, w: c.ry(w[0], range(n)).rz(w[1], range(n)).cx(range(n), ring), weights
    )
    return qjax.expectation(circuit, qjax.Z(0)) ** 2


def normal(*shape: int) -> jax.Array:
    """Numbers that are the same on every machine."""
    return jnp.asarray(np.random.default_rng(len(shape)).normal(size=shape), jnp.float32)


def batch(samples: int, mesh: Mesh | None, **how: Any) -> Problem:
    """The mean over a batch, in chunks."""
    args = normal(LAYERS, 2, QUBITS), normal(samples, QUBITS)
    how = how or {"chunk": CHUNK}

    def loss(weights: jax.Array, xs: jax.Array) -> jax.Array:
        return jnp.mean(qjax.chunked_vmap(classifier, (None, 0), mesh=mesh, **how)(weights, xs))

    def predicted() -> int:
        plan = qjax.plan_chunks(classifier, *args, in_axes=(None, 0), mesh=mesh, **how)
        return plan.peak_bytes

    specs = EVERYWHERE, PartitionSpec("batch")
    return Problem(jax.value_and_grad(loss), args, specs, predicted)


def ensemble(runs: int, mesh: Mesh | None) -> Problem:
    """A step of many runs, each with weights of its own, on one batch."""
    args = normal(runs, LAYERS, 2, QUBITS), normal(8, QUBITS)

    def loss(weights: jax.Array, xs: jax.Array) -> jax.Array:
        return jnp.mean(jax.vmap(classifier, (None, 0))(weights, xs))

    step = jax.value_and_grad(loss)
    axes = Axes(batch="ensemble")
    how = {"in_axes": (0, None), "argnums": None, "mesh": mesh, "axes": axes}
    specs = PartitionSpec("ensemble"), EVERYWHERE
    predicted = lambda: qjax.plan_chunks(step, *args, **how).peak_bytes  # noqa: E731
    return Problem(jax.vmap(step, (0, None)), args, specs, predicted)


def chain(qubits: int, mesh: Mesh | None) -> Problem:
    """The energy of an open chain, string by string on the light cone of each."""
    energy = qjax.library.transverse_field_ising(qubits)

    def value(angles: jax.Array) -> jax.Array:
        def layer(circuit: qjax.Circuit, w: jax.Array) -> qjax.Circuit:
            bonds = range(qubits - 1), range(1, qubits)
            return circuit.rzz(w[0, :-1], *bonds).rx(w[1], range(qubits))

        circuit = qjax.Circuit(qubits).h(range(qubits)).repeat(layer, angles)
        return qjax.expectation(circuit, energy, mesh=mesh)

    return Problem(jax.value_and_grad(value), (normal(3, 2, qubits),), (EVERYWHERE,))


def strings(count: int, mesh: Mesh | None) -> Problem:
    """Random strings on few qubits, all read from one state."""
    rng = np.random.default_rng(0)
    letters = (None, qjax.X, qjax.Y, qjax.Z)
    observable = sum(float(c) * qjax.Z(0) for c in rng.normal(size=1))
    for row in rng.integers(1, 4, (count, QUBITS)):
        string = letters[row[0]](0)
        for qubit in range(1, QUBITS):
            string = string @ letters[row[qubit]](qubit)
        observable = observable + float(rng.normal()) * string

    def value(weights: jax.Array) -> jax.Array:
        circuit = qjax.library.hardware_efficient(qjax.Circuit(QUBITS), weights)
        return qjax.expectation(circuit, observable, mesh=mesh)

    return Problem(jax.value_and_grad(value), (normal(LAYERS, QUBITS, 2),), (EVERYWHERE,))


def state(qubits: int, mesh: Mesh | None) -> Problem:
    """One state, its first qubits spread over devices."""
    engine = qjax.Statevector() if mesh is None else qjax.Statevector(mesh=mesh, axis="state")
    energy = qjax.library.transverse_field_ising(qubits)

    def circuit(weights: jax.Array) -> qjax.Circuit:
        return qjax.library.hardware_efficient(qjax.Circuit(qubits), weights)

    def value(weights: jax.Array) -> jax.Array:
        return qjax.expectation(circuit(weights), energy, engine=engine)

    weights = normal(4, qubits, 2)
    report = qjax.explain(circuit(weights), energy, engine=engine)
    told = {"explained_sent_bytes": report.sent[1]}
    step = jax.value_and_grad(value)
    return Problem(step, (weights,), (EVERYWHERE,), lambda: report.peak_bytes, told)


CASES = {
    "batch": Case(
        "batch",
        f"mean over a batch, {QUBITS} qubits, {LAYERS} layers, {CHUNK} samples at once",
        batch,
        "samples",
        512,
        lambda devices: 64 * devices,
    ),
    "ensemble": Case(
        "ensemble",
        f"runs with weights of their own, {QUBITS} qubits, {LAYERS} layers, 8 samples",
        ensemble,
        "runs",
        32,
        lambda devices: 4 * devices,
    ),
    "cones": Case(
        "terms",
        "energy of an Ising chain, 3 layers, light cones",
        chain,
        "qubits",
        96,
        lambda devices: 24 * devices,
    ),
    "strings": Case(
        "terms",
        f"random Pauli strings read from one state of {QUBITS} qubits",
        strings,
        "strings",
        256,
        lambda devices: 64 * devices,
    ),
    "state": Case(
        "state",
        "energy of an Ising chain, 4 layers, one state",
        state,
        "qubits",
        20,
        lambda devices: 17 + devices.bit_length() - 1,
    ),
}


def laid_out(problem: Problem, mesh: Mesh) -> tuple[Any, ...]:
    """The arguments on the devices of a mesh."""
    pairs = zip(problem.args, problem.specs, strict=True)
    return tuple(place(arg, NamedSharding(mesh, spec)) for arg, spec in pairs)
