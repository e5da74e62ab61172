"""Plan: how to differentiate a batch of circuits within the memory that there is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from qjax.circuit import PauliSum, errors, seen_by
from qjax.engines import Statevector, bytes_text, device_memory
from qjax.gradients import Adjoint
from qjax.measure._checks import checked_observables
from qjax.measure._samples import Samples, samples_of
from qjax.measure._sizing import POINTS, ROOM, peak_bytes
from qjax.measure._verbs import expectation

# More states kept than this are no longer seen in a gradient (see `Adjoint`).
_ANCHORS = 16


@dataclasses.dataclass(frozen=True)
class Plan:
    """What `plan` chose; its ``str`` is a report.

    Attributes:
        engine: How to run a circuit, its dtype chosen.
        gradient: How to differentiate it, its anchors chosen.
        batch: Number of samples.
        batch_chunk: Number of samples to run at once, for ``jax.lax.map(..., batch_size=)``.
        peak_bytes: Predicted peak memory of value and gradient of one chunk, arguments and results
            included.
        memory: Bytes that there are.
    """

    engine: Statevector
    gradient: Adjoint
    batch: int
    batch_chunk: int
    peak_bytes: int
    memory: int

    def __str__(self) -> str:
        rows = {
            "samples": f"{self.batch_chunk:,} of {self.batch:,} at once",
            "dtype": self.engine.dtype.name,
            "anchors": f"{self.gradient.anchors}",
            "peak": f"{bytes_text(self.peak_bytes)} of {bytes_text(self.memory)}",
        }
        return "\n".join(f"{name:<16}{text}" for name, text in rows.items())


def plan(
    build: Callable[..., Any],
    observable: PauliSum | Sequence[PauliSum],
    *args: Any,
    in_axes: Any = None,
    memory: int | None = None,
    engine: Statevector | None = None,
) -> Plan:
    r"""How many samples to differentiate at once, and how, so that the run fits in memory.

    Nothing is run. Value and gradient by the first argument are compiled for two small batches,
    whose memory the compiler knows; peak memory is a line through them,
    :math:`a + b \cdot \text{samples}`. All samples at once if they fit, else as many as do; in
    single precision if not even one does in double; and what is left goes to anchors, up to 16.

    Args:
        build: Takes the arguments of one sample to its circuit.
        observable: An observable or a list of k of them.
        args: Arguments of the whole batch, pytrees of arrays or of ``jax.ShapeDtypeStruct``.
        in_axes: Which axis of each argument holds the samples, as for ``jax.vmap``; None where
            there is one sample.
        memory: Bytes; those of the default device by default.
        engine: How to run a circuit; ``Statevector()`` by default.

    Returns:
        A plan, whose ``engine``, ``gradient`` and ``batch_chunk`` are to be used.

    Raises:
        TypeError: If the engine is not a statevector's.
        ValueError: If not even one sample fits.

    Example:
        >>> import jax, jax.numpy as jnp, qjax
        >>> def build(w, x):
        ...     return qjax.Circuit(4).ry(x, range(4)).rx(w, range(4)).cx([0, 1, 2], [1, 2, 3])
        >>> w, xs = jnp.ones(4), jnp.ones((100, 4))
        >>> plan = qjax.plan(build, qjax.Z(3), w, xs, in_axes=(None, 0), memory=2**14)
        >>> 1 < plan.batch_chunk < 100 and plan.peak_bytes <= plan.memory
        True
        >>> def value(w, x):
        ...     return qjax.expectation(
        ...         build(w, x), qjax.Z(3), engine=plan.engine, gradient=plan.gradient)
        >>> one = lambda x: jax.value_and_grad(value)(w, x)
        >>> values, gradients = jax.lax.map(one, xs, batch_size=plan.batch_chunk)
        >>> values.shape, gradients.shape
        ((100,), (100, 4))
    """
    engine = Statevector() if engine is None else engine
    if not isinstance(engine, Statevector):
        raise TypeError(
            f"Argument `engine` must be such as `qjax.Statevector()`, but is {engine!r}."
        )
    memory = device_memory() if memory is None else errors.positive(memory, "memory")
    samples = samples_of(args, in_axes)
    batch = samples.batch
    while True:
        line = _peaks(build, observable, engine, samples, in_axes)
        chunk = max((b for b in (1, batch) if line(b) <= ROOM * memory), default=0)
        if 0 < chunk < batch:
            slope = (line(batch) - line(1)) / (batch - 1)
            chunk = max(1, min(batch, int((ROOM * memory - line(1)) // slope) + 1))
        if chunk or engine.dtype.name == "complex64":
            break
        engine = dataclasses.replace(engine, dtype=jnp.complex64)
    if not chunk:
        raise ValueError(
            f"Argument `memory` must be at least {int(line(1) / ROOM):,} bytes for one sample, "
            f"but is {memory:,}. Use fewer qubits, or a device with more memory."
        )
    peak, state, count = line(chunk), *_anchorage(build, observable, engine, samples, in_axes)
    gradient = Adjoint()
    for anchors in range(_ANCHORS, 0, -1):
        more = Adjoint(anchors=anchors)
        extra = count(more) * state * chunk
        if extra and peak + extra <= ROOM * memory:
            gradient, peak = more, peak + extra
            break
    return Plan(engine, gradient, batch, chunk, int(peak), memory)


def _peaks(
    build: Any, observable: Any, engine: Statevector, samples: Samples, axes: Any
) -> Callable[[int], float]:
    """Peak memory of value and gradient as a line in the number of samples."""

    def loss(*args: Any) -> jax.Array:
        def value(*args: Any) -> jax.Array:
            return expectation(build(*args), observable, engine=engine, gradient=Adjoint())

        return jnp.mean((jax.vmap(value, axes) if samples.batched else value)(*args))

    def measured(count: int) -> float:
        return peak_bytes(jax.value_and_grad(loss), samples.resized(count).args)

    if samples.batch == 1:
        one = measured(1)
        return lambda _: one
    (a, b), (low, high) = POINTS, map(measured, POINTS)
    slope = max((high - low) / (b - a), 0.0)
    return lambda count: low + (count - a) * slope


def _anchorage(
    build: Any, observable: Any, engine: Statevector, samples: Samples, axes: Any
) -> tuple[int, Callable[[Adjoint], int]]:
    """Bytes of a state, and what says how many of them a gradient keeps on the way."""

    def program(*args: Any) -> Any:
        circuit = build(*args)
        observables = checked_observables(observable, circuit.n_qubits)
        words = [word for each in observables for word in each.words]
        if engine.cones(circuit, words) is not None:
            return None  # Many short circuits: nothing to keep on the way.
        return engine.stages(engine.narrow(circuit, *seen_by(words))[0]).program

    found: list[Any] = []

    def trace(*args: Any) -> float:
        found.append(jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), program(*args)))
        return 0.0

    batched = jax.vmap(trace, axes, axis_size=1) if samples.batched else trace
    jax.eval_shape(batched, *samples.resized(1).args)
    if found[0] is None:
        return 0, lambda _: 0
    bits = len(found[0].order)
    return 2**bits * engine.dtype.itemsize // 2, lambda gradient: gradient.kept(found[0])
