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
from qjax.measure._verbs import expectation

# What is left free: a prediction may be off by so much.
_ROOM = 0.9
# More states kept than this are no longer seen in a gradient (see `Adjoint`).
_ANCHORS = 16
# Peak memory is a line in the batch, through these two points. A batch of one is compiled
# differently.
_POINTS = (2, 4)


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
    axes = tuple(in_axes) if isinstance(in_axes, tuple | list) else (in_axes,) * len(args)
    if len(axes) != len(args):
        raise ValueError(f"Argument `in_axes` must have {len(args)} entries, but has {len(axes)}.")
    shapes = jax.tree.map(lambda a: jax.ShapeDtypeStruct(jnp.shape(a), jnp.result_type(a)), args)
    batch, resized = _batch(shapes, axes)
    while True:
        line = _peaks(build, observable, engine, resized, axes, batch)
        chunk = max((b for b in (1, batch) if line(b) <= _ROOM * memory), default=0)
        if 0 < chunk < batch:
            slope = (line(batch) - line(1)) / (batch - 1)
            chunk = max(1, min(batch, int((_ROOM * memory - line(1)) // slope) + 1))
        if chunk or engine.dtype.name == "complex64":
            break
        engine = dataclasses.replace(engine, dtype=jnp.complex64)
    if not chunk:
        raise ValueError(
            f"Argument `memory` must be at least {int(line(1) / _ROOM):,} bytes for one sample, "
            f"but is {memory:,}. Use fewer qubits, or a device with more memory."
        )
    peak, state, count = line(chunk), *_anchorage(build, observable, engine, resized(1), axes)
    gradient = Adjoint()
    for anchors in range(_ANCHORS, 0, -1):
        more = Adjoint(anchors=anchors)
        extra = count(more) * state * chunk
        if extra and peak + extra <= _ROOM * memory:
            gradient, peak = more, peak + extra
            break
    return Plan(engine, gradient, batch, chunk, int(peak), memory)


def _batch(args: Any, axes: tuple[Any, ...]) -> tuple[int, Callable[[int], Any]]:
    """The number of samples, and what gives the arguments of so many."""
    leaves, structure = jax.tree.flatten(args)
    of_leaf = jax.tree.leaves(jax.tree.broadcast(axes, args, is_leaf=_is_none), is_leaf=_is_none)
    pairs = [(leaf, axis) for leaf, axis in zip(leaves, of_leaf, strict=True) if axis is not None]
    sizes = {leaf.shape[axis] for leaf, axis in pairs}
    if len(sizes) > 1:
        raise ValueError(f"Argument `args` must have one number of samples, but has {sizes}.")

    def resized(samples: int) -> Any:
        def one(leaf: Any, axis: int) -> Any:
            shape = list(leaf.shape)
            shape[axis] = samples
            return jax.ShapeDtypeStruct(tuple(shape), leaf.dtype)

        found = [
            leaf if axis is None else one(leaf, axis)
            for leaf, axis in zip(leaves, of_leaf, strict=True)
        ]
        return jax.tree.unflatten(structure, found)

    return (sizes.pop() if sizes else 1), resized


def _is_none(value: Any) -> bool:
    return value is None


def _peaks(
    build: Any, observable: Any, engine: Statevector, resized: Any, axes: Any, batch: int
) -> Callable[[int], float]:
    """Peak memory of value and gradient as a line in the number of samples."""

    def loss(*args: Any) -> jax.Array:
        def value(*args: Any) -> jax.Array:
            return expectation(build(*args), observable, engine=engine, gradient=Adjoint())

        batched = any(axis is not None for axis in jax.tree.leaves(axes))
        return jnp.mean((jax.vmap(value, axes) if batched else value)(*args))

    def measured(samples: int) -> float:
        compiled = jax.jit(jax.value_and_grad(loss)).lower(*resized(samples)).compile()
        sizes = compiled.memory_analysis()
        parts = ("temp_size", "argument_size", "output_size")
        return float(sum(getattr(sizes, f"{part}_in_bytes") for part in parts))

    if batch == 1:
        one = measured(1)
        return lambda _: one
    (a, b), (low, high) = _POINTS, map(measured, _POINTS)
    slope = max((high - low) / (b - a), 0.0)
    return lambda samples: low + (samples - a) * slope


def _anchorage(
    build: Any, observable: Any, engine: Statevector, args: Any, axes: Any
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

    batched = any(axis is not None for axis in jax.tree.leaves(axes))
    jax.eval_shape(jax.vmap(trace, axes, axis_size=1) if batched else trace, *args)
    if found[0] is None:
        return 0, lambda _: 0
    bits = len(found[0].order)
    return engine.state_bytes(bits) // 2, lambda gradient: gradient.kept(found[0])
