"""How many samples fit: the memory of small batches, by the compiler, and the line through it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from qjax.circuit import errors
from qjax.engines import bytes_text, device_memory
from qjax.measure._samples import Samples, even, in_chunks, is_array, samples_of
from qjax.measure._split import Split, split_over
from qjax.sharding import Axes, check_divides

# What is left free: a prediction may be off by so much.
ROOM = 0.9
# Peak memory is a line in the batch, through two of these points: the larger ones where there are
# so many samples. Products of very few samples are compiled differently, as is a batch of one.
POINTS, MANY = (2, 4), (8, 16)


@dataclasses.dataclass(frozen=True)
class ChunkPlan:
    """What `plan_chunks` chose; its ``str`` is a report.

    Attributes:
        batch: Number of samples.
        devices: Number of devices that share them.
        chunk: Most samples that a device runs at once.
        peak_bytes: Predicted peak memory of a device, arguments and results included.
        memory: Bytes that a device has.
    """

    batch: int
    devices: int
    chunk: int
    peak_bytes: int
    memory: int

    def __str__(self) -> str:
        among = f" on {self.devices} devices" if self.devices > 1 else ""
        share = f"{self.chunk:,} of {self.batch // self.devices:,} at once"
        rows = {
            "samples": f"{self.batch:,}{among}, {share}",
            "peak": f"{bytes_text(self.peak_bytes)} of {bytes_text(self.memory)}",
        }
        return "\n".join(f"{name:<16}{text}" for name, text in rows.items())


def plan_chunks(
    function: Callable[..., Any],
    *args: Any,
    in_axes: Any = 0,
    argnums: int | Sequence[int] | None = 0,
    chunk: int | None = None,
    memory: int | None = None,
    mesh: Mesh | None = None,
    axes: Axes | None = None,
) -> ChunkPlan:
    r"""How many samples `chunked_vmap` can run at once, and the memory that it then takes.

    Nothing is run. The sum of a batch's values and its gradient are compiled for two small batches,
    and, if not all samples fit at once, for three small batches in chunks. Their memory, by the
    compiler, is taken to be :math:`a + b \cdot \text{chunk} + c \cdot \text{batch}`.

    Args:
        function: Of one sample.
        args: Arguments of the whole batch, pytrees of arrays or of ``jax.ShapeDtypeStruct``.
        in_axes: Which axis of each argument holds the samples, as for ``jax.vmap``.
        argnums: Which arguments to differentiate by, as for ``jax.grad``; None for a run forward.
        chunk: Most samples at once, where that is given and only the memory is asked for.
        memory: Bytes that a device has; by default those of the default device.
        mesh: Devices that share the samples along its axis `batch`.
        axes: Which axis of the mesh is `batch`, if none has that name.

    Returns:
        The plan; its ``chunk`` is an argument of `chunked_vmap`.

    Raises:
        TypeError: If a number is not an integer, or the mesh is none.
        ValueError: If not even one sample fits, the axes do not fit the arguments, or the devices
            do not divide the samples.

    Example:
        >>> import jax, jax.numpy as jnp, qjax
        >>> def value(w, x):
        ...     pair = qjax.Circuit(2).ry(x, range(2)).rx(w, range(2))
        ...     return qjax.expectation(pair, qjax.Z(0) @ qjax.Z(1))
        >>> xs = jax.ShapeDtypeStruct((1000, 2), jnp.float32)
        >>> plan = qjax.plan_chunks(value, jnp.ones(2), xs, in_axes=(None, 0), memory=2**16)
        >>> 1 < plan.chunk < 1000 and plan.peak_bytes <= plan.memory
        True
    """
    chunk = None if chunk is None else errors.positive(chunk, "chunk")
    memory = device_memory() if memory is None else errors.positive(memory, "memory")
    numbers = {argnums} if isinstance(argnums, int) else set(argnums or ())
    marked = (jax.tree.map(lambda _, i=i: i in numbers, arg) for i, arg in enumerate(args))
    wanted = jax.tree.leaves(tuple(marked))
    split = split_over(mesh, axes, "batch")
    return planned(function, samples_of(args, in_axes), wanted, chunk, memory, split)


def planned(
    function: Callable[..., Any],
    samples: Samples,
    wanted: Sequence[bool],
    chunk: int | None,
    memory: int,
    split: Split | None,
) -> ChunkPlan:
    """The plan for arguments that are taken apart, some of which are differentiated by."""
    devices = 1 if split is None else split.devices
    if split is not None:
        check_divides(split.mesh, split.axis, samples.batch, "The number of samples")
    share = samples.batch // devices

    def peak(chunk: int, batch: int) -> float:
        part = samples.resized(batch)
        arrays = [i for i, leaf in enumerate(part.leaves) if is_array(leaf)]

        def run(*given: Any) -> Any:
            leaves = list(part.leaves)
            for i, array in zip(arrays, given, strict=True):
                leaves[i] = array
            full = part._replace(leaves=tuple(leaves))
            one = lambda own: function(*full.joined(own, full.shared))  # noqa: E731
            return in_chunks(one, full.own, chunk)

        places = tuple(k for k, i in enumerate(arrays) if wanted[i])
        return peak_bytes(_differentiated(run, places), [part.leaves[i] for i in arrays])

    a, b = MANY if share >= MANY[1] else POINTS
    if chunk is None or chunk >= share:
        low, high = peak(a, a), peak(b, b)
        whole = low + (share - a) * max((high - low) / (b - a), 0.0)
        if chunk is not None or whole <= ROOM * memory:
            return ChunkPlan(samples.batch, devices, share, int(whole), memory)
    # Of one sample too few, so that a chunk is filled up, which takes a copy of the samples.
    few, many, longer = peak(a, 2 * a - 1), peak(b, 2 * b - 1), peak(a, 2 * b - 1)
    a_sample = max((longer - few) / (2 * b - 2 * a), 0.0)
    at_once = max((many - longer) / (b - a), 1.0)
    fixed = few + (share - 2 * a + 1) * a_sample - a * at_once
    if chunk is None:
        chunk = int((ROOM * memory - fixed) // at_once)
    if chunk < 1:
        raise ValueError(
            f"Argument `memory` must be at least {int((fixed + at_once) / ROOM):,} bytes for one "
            f"sample at once, but is {memory:,}. Use fewer qubits, or a device with more memory."
        )
    count, size = even(share, chunk)
    copied = samples.own_bytes * share // samples.batch if count * size == share else 0
    peak_at = int(fixed + size * at_once - copied)
    return ChunkPlan(samples.batch, devices, size, peak_at, memory)


def peak_bytes(function: Callable[..., Any], shapes: Sequence[Any]) -> float:
    """Peak memory of a function, by the compiler: arguments, results, and all between."""
    sizes = jax.jit(function).lower(*shapes).compile().memory_analysis()
    parts = ("temp_size", "argument_size", "output_size")
    return float(sum(getattr(sizes, f"{part}_in_bytes") for part in parts))


def _differentiated(run: Callable[..., Any], places: tuple[int, ...]) -> Callable[..., Any]:
    """The sum of what a function gives and its gradient, if it is to be differentiated."""

    def total(*given: Any) -> Any:
        values = [v for v in jax.tree.leaves(run(*given)) if jnp.issubdtype(v.dtype, jnp.inexact)]
        return sum(jnp.sum(v.real).astype(jnp.float32) for v in values)

    return jax.value_and_grad(total, places) if places else run
