"""A batch that is larger than memory: `jax.vmap` over some samples at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec

from qjax.circuit import errors
from qjax.engines import device_memory
from qjax.measure._samples import Samples, in_chunks, samples_of
from qjax.measure._sizing import planned
from qjax.measure._split import Split, split_over
from qjax.sharding import Axes, check_divides


def chunked_vmap(
    function: Callable[..., Any],
    in_axes: Any = 0,
    *,
    chunk: int | None = None,
    memory: int | None = None,
    mesh: Mesh | None = None,
    axes: Axes | None = None,
) -> Callable[..., Any]:
    """`jax.vmap` with the memory of some samples, going forward and going back.

    Chunks of samples run one after the other. Going back, each is run once more and its cotangents
    are added to those of what all samples share, so that neither the intermediate results of all
    chunks nor a cotangent a chunk are kept; a value and its gradient take one more run forward.
    Chunks are equal in size; the last one is filled up with its last sample, whose results are
    dropped.

    ``jax.lax.map(..., batch_size=)`` bounds the memory of a run forward as well, but its derivative
    keeps what every chunk needs to go back, until all have run.

    Like ``jax.vmap`` it composes with ``jit``, ``grad``, ``vmap`` and itself, and it is compiled
    anew at each call outside of ``jit``.

    Args:
        function: Of one sample.
        in_axes: Which axis of each argument holds the samples, as for ``jax.vmap``.
        chunk: Most samples that a device runs at once; by default what `plan_chunks` finds to fit,
            with a gradient by all there is to differentiate by. It compiles small batches.
        memory: Bytes that a device has; by default those of the default device.
        mesh: Devices that share the samples along its axis `batch`. Each runs its own in chunks;
            the gradient by what all samples share is added up between devices once, at the end.
        axes: Which axis of the mesh is `batch`, if none has that name.

    Returns:
        A function of the whole batch, whose results have the samples first.

    Raises:
        TypeError: If a number is not an integer, or the mesh is none.
        ValueError: If a number is below 1, the mesh has no such axis, its devices do not divide
            the samples, or not even one sample fits.

    Example:
        >>> import jax, jax.numpy as jnp, qjax
        >>> def value(w, x):
        ...     return qjax.expectation(qjax.Circuit(2).ry(x, [0, 1]).rx(w, [0, 1]), qjax.Z(1))
        >>> def loss(w, xs):
        ...     return jnp.mean(qjax.chunked_vmap(value, (None, 0), chunk=16)(w, xs))
        >>> jax.jit(jax.grad(loss))(jnp.ones(2), jnp.ones((100, 2))).round(4).tolist()
        [0.0, -0.4546]
    """
    chunk = None if chunk is None else errors.positive(chunk, "chunk")
    memory = None if memory is None else errors.positive(memory, "memory")
    split = split_over(mesh, axes, "batch")

    @functools.wraps(function)
    def mapped(*args: Any) -> Any:
        samples = samples_of(args, in_axes)
        if not samples.batched:
            raise ValueError(
                "Argument `in_axes` must name an axis of some argument, as of a batch."
            )
        if split is not None:
            check_divides(split.mesh, split.axis, samples.batch, "The number of samples")
        size = _size(function, samples, memory, split) if chunk is None else chunk

        def local(own: list[jax.Array], shared: list[jax.Array]) -> Any:
            return in_chunks(lambda each: function(*samples.joined(each, shared)), own, size)

        if split is None:
            return local(samples.own, samples.shared)
        batch, everywhere = PartitionSpec(split.axis), PartitionSpec()
        return split.map(local, (batch, everywhere), batch)(samples.own, samples.shared)

    return mapped


def _size(
    function: Callable[..., Any], samples: Samples, memory: int | None, split: Split | None
) -> int:
    """The chunk that fits, with a gradient by all that there is to differentiate by."""

    def one(own: list[Any], shared: list[Any]) -> Any:
        return function(*samples.joined(own, shared))

    # What the function closes over may be traced, as a model's weights in a trainer's loss: it has
    # to be an argument of what is compiled.
    first = [array[0] for array in samples.own], samples.shared
    closed, more = jax.closure_convert(one, *first)
    given = samples_of((samples.own, samples.shared, *more), (0, None, *[None] * len(more)))
    wanted = [jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in given.leaves]
    limit = device_memory() if memory is None else memory
    return planned(closed, given, wanted, None, limit, split).chunk
