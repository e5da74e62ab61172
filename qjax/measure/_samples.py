"""The arguments of a batched function: which of them hold samples, and some samples at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class Samples(NamedTuple):
    """Arguments, flattened; plain numbers and the like among them stay as they are.

    Attributes:
        leaves: All of them, in order.
        axes: For each, which axis holds the samples; None where all samples share it.
        structure: Of the arguments.
        batch: Number of samples; 1 where no array has an axis of them.
    """

    leaves: tuple[Any, ...]
    axes: tuple[int | None, ...]
    structure: Any
    batch: int

    @property
    def args(self) -> Any:
        """The arguments as they were."""
        return jax.tree.unflatten(self.structure, self.leaves)

    @property
    def batched(self) -> bool:
        """Whether some array has an axis of samples."""
        return any(axis is not None for axis in self.axes)

    @property
    def own(self) -> list[Any]:
        """Arrays of what each sample has for itself, ``[samples, ...]``."""
        pairs = zip(self.leaves, self.axes, strict=True)
        return [jnp.moveaxis(leaf, axis, 0) for leaf, axis in pairs if axis is not None]

    @property
    def own_bytes(self) -> int:
        """Bytes of what the samples have for themselves."""
        pairs = zip(self.leaves, self.axes, strict=True)
        own = [leaf for leaf, axis in pairs if axis is not None]
        return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in own)

    @property
    def shared(self) -> list[Any]:
        """Arrays that all samples share."""
        pairs = zip(self.leaves, self.axes, strict=True)
        return [leaf for leaf, axis in pairs if axis is None and is_array(leaf)]

    def joined(self, own: Sequence[Any], shared: Sequence[Any]) -> Any:
        """The arguments of one sample."""
        mine, ours = iter(own), iter(shared)
        leaves = []
        for leaf, axis in zip(self.leaves, self.axes, strict=True):
            leaves.append(
                next(mine) if axis is not None else next(ours) if is_array(leaf) else leaf
            )
        return jax.tree.unflatten(self.structure, leaves)

    def resized(self, samples: int) -> Samples:
        """The same with shapes for arrays, and with so many samples."""

        def one(leaf: Any, axis: int | None) -> Any:
            if not is_array(leaf):
                return leaf
            shape = list(leaf.shape)
            if axis is not None:
                shape[axis] = samples
            return jax.ShapeDtypeStruct(tuple(shape), leaf.dtype)

        leaves = (one(*pair) for pair in zip(self.leaves, self.axes, strict=True))
        return self._replace(leaves=tuple(leaves), batch=samples)


def is_array(leaf: Any) -> bool:
    """Whether it is an array, or the shape of one."""
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")


def samples_of(args: tuple[Any, ...], in_axes: Any) -> Samples:
    """The arguments of a batched function, taken apart.

    Args:
        args: Pytrees of arrays, or of shapes.
        in_axes: As for ``jax.vmap``.

    Raises:
        ValueError: If the axes do not fit the arguments, or the numbers of samples differ.
    """
    axes = tuple(in_axes) if isinstance(in_axes, tuple | list) else (in_axes,) * len(args)
    if len(axes) != len(args):
        raise ValueError(f"Argument `in_axes` must have {len(args)} entries, but has {len(axes)}.")
    leaves, structure = jax.tree.flatten(args)
    flat = jax.tree.leaves(jax.tree.broadcast(axes, args, is_leaf=_is_none), is_leaf=_is_none)
    sizes = set()
    for leaf, axis in zip(leaves, flat, strict=True):
        if axis is None:
            continue
        shape = jnp.shape(leaf)
        if not -len(shape) <= axis < len(shape):
            raise ValueError(
                f"Argument `in_axes` must name axes of the arguments, but names axis {axis} of an "
                f"array of shape {shape}."
            )
        sizes.add(shape[axis])
    if len(sizes) > 1:
        raise ValueError(
            f"Argument `args` must have one number of samples, but has {sorted(sizes)}."
        )
    return Samples(tuple(leaves), tuple(flat), structure, sizes.pop() if sizes else 1)


def in_chunks(one: Callable[[Any], Any], own: Any, chunk: int) -> Any:
    """A function of all samples ``[samples, ...]``, at most so many at a time.

    Args:
        one: What is asked of one sample.
        own: Pytree of arrays ``[samples, ...]``.
        chunk: Most samples at once.
    """
    batch = len(jax.tree.leaves(own)[0])
    if batch <= chunk:
        return jax.vmap(one)(own)
    count, size = even(batch, chunk)

    def rows(array: jax.Array) -> jax.Array:
        if extra := count * size - batch:
            last = jnp.broadcast_to(array[-1:], (extra, *array.shape[1:]))
            array = jnp.concatenate([array, last])
        return array.reshape(count, size, *array.shape[1:])

    # Going back, a chunk is run again, so that only one chunk's intermediate results are alive.
    some = jax.checkpoint(jax.vmap(one), prevent_cse=False)
    values = jax.lax.map(some, jax.tree.map(rows, own))
    return jax.tree.map(lambda v: v.reshape(count * size, *v.shape[2:])[:batch], values)


def even(batch: int, chunk: int) -> tuple[int, int]:
    """Number and size of chunks that are equal, and as few as can be."""
    count = -(-batch // chunk)
    return count, -(-batch // count)


def _is_none(value: Any) -> bool:
    return value is None
