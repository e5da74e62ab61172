"""The steps that a program is made of, each with the step that undoes it.

A step is static; what it is applied with (a block, angles) is the array beside it, which `ready`
brings into the form that the step reads, for many rounds at once. Every step is linear and
norm-preserving in the state: ``apply(array, state)`` is the state after it, and
``undo(array, state)`` the state before it. Places and masks are over all bits of the state.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.kernels import _state as kernel
from qjax.kernels._exchange import Exchange, Renumber
from qjax.kernels._mesh import summed_like
from qjax.kernels._tile_step import Tile


class Block(NamedTuple):
    """A dense block on a run of bits. Array: real ``[2**n_bits, 2**n_bits]``.

    Attributes:
        n_bits: Length of the run.
        after: Number of bits behind it.
    """

    n_bits: int
    after: int = 0

    def apply(self, block: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.apply_block(state, block, self.after)

    def undo(self, block: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return kernel.apply_block(state, kernel.inverse_block(block), self.after)

    def pull_back(
        self, block: Any, before: jax.Array, cotangent: jax.Array
    ) -> tuple[Any, jax.Array]:
        """Cotangents of the block and of the state before it."""
        bar = kernel.block_cotangent(before, cotangent, self.n_bits, self.after)
        return bar, kernel.apply_block(cotangent, block.T, self.after)


class Phases(NamedTuple):
    """Diagonal factors. Array: a tuple of tables of angles, ``[2**m]`` each.

    Attributes:
        places: The places of each table, increasing.
        imaginary: Place of the bit of the imaginary part, None in a real state.
    """

    places: tuple[tuple[int, ...], ...]
    imaginary: int | None

    def axes(self, state: jax.Array) -> kernel.Diagonal:
        """How the tables lie in the state."""
        return kernel.Diagonal(state.shape[0].bit_length() - 1, self.places, self.imaginary)

    @staticmethod
    def ready(angles: Any) -> Any:
        """The tables as unit numbers, real and imaginary parts ``[2, 2**m]``."""
        return tuple(jnp.stack([jnp.cos(a), jnp.sin(a)], -2) for a in angles)

    def apply(self, tables: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.apply_phases(state, tables, self.axes(state), 1)

    def undo(self, tables: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return kernel.apply_phases(state, tables, self.axes(state), -1)

    def cotangent(self, tables: Any, after: jax.Array, cotangent: jax.Array) -> Any:
        """Cotangents of the angles."""
        if self.imaginary is None:  # Signs: nothing to differentiate.
            return tuple(jnp.zeros_like(table[0]) for table in tables)
        axes = self.axes(after)
        slope = axes.times_i(after.reshape(axes.shape)) * cotangent.reshape(axes.shape)
        return tuple(axes.sums(slope, i) for i in range(len(tables)))


class PauliRotation(NamedTuple):
    """exp(-i theta P / 2) of a word of any width. Array: theta, a scalar."""

    x: int
    z: int
    imaginary: int

    def apply(self, theta: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.rotate_pauli(state, theta, self.x, self.z, self.imaginary)

    def undo(self, theta: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return kernel.rotate_pauli(state, -theta, self.x, self.z, self.imaginary)


class Move(NamedTuple):
    """A new order of the bits. Array: none."""

    places: tuple[int, ...]

    def apply(self, _: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.move_places(state, self.places)

    def undo(self, _: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        back = tuple(self.places.index(i) for i in range(len(self.places)))
        return kernel.move_places(state, back)


class Gather(NamedTuple):
    """A permutation of the amplitudes that is affine over GF(2). Array: none.

    Attributes:
        read: Columns and offset: where each entry of the result comes from.
        write: Columns and offset of the inverse.
    """

    read: tuple[tuple[int, ...], int]
    write: tuple[tuple[int, ...], int]

    def apply(self, _: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.gather(state, *self.read)

    def undo(self, _: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return kernel.gather(state, *self.write)


class Route(NamedTuple):
    """A new order of the bits, another in each round. Array: none.

    Attributes:
        read: For each round, columns of the map that says where an entry comes from.
        write: Those of its inverse.
    """

    read: tuple[tuple[int, ...], ...]
    write: tuple[tuple[int, ...], ...]

    def ready(self, lead: tuple[int, ...]) -> Any:
        """Columns to read and to write, ``[*lead, 2, m]``; the last of lead counts the rounds."""
        columns = np.stack([np.array(self.read), np.array(self.write)], 1).astype(np.int32)
        return jnp.broadcast_to(jnp.asarray(columns), (*lead[:-1], *columns.shape))

    def apply(self, columns: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.route(state, columns[0])

    def undo(self, columns: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return kernel.route(state, columns[1])


Permutation = Move | Gather | Route | Exchange | Renumber
Step = Block | Phases | PauliRotation | Permutation | Tile


def ready(step: Step, array: Any, lead: tuple[int, ...]) -> Any:
    """An array, with some leading axes, in the form that its step reads."""
    if isinstance(step, Route):
        return step.ready(lead)
    return step.ready(array) if isinstance(step, Phases) else array


def reverse(
    step: Step, array: Any, after: jax.Array, cotangent: jax.Array
) -> tuple[Any, jax.Array, jax.Array]:
    """Goes back over one step.

    Args:
        step: The step.
        array: What it was applied with, ready.
        after: The state after it.
        cotangent: That of the state after it.

    Returns:
        Cotangent of the array as it was before it was made ready, the state before the step, and
        the cotangent of that state.
    """
    if isinstance(step, Tile):
        return step.reverse(array, after, cotangent)
    before = step.undo(array, after)
    if isinstance(step, Permutation):  # Its transpose undoes it.
        return (), before, step.undo(array, cotangent)
    if isinstance(step, Block):
        bar, cotangent = step.pull_back(array, before, cotangent)
        return summed_like(bar, array), before, cotangent
    if isinstance(step, Phases):
        bars = step.cotangent(array, after, cotangent)
        bars = tuple(summed_like(bar, table) for bar, table in zip(bars, array, strict=True))
        return bars, before, step.undo(array, cotangent)
    bar, cotangent = jax.vjp(step.apply, array, before)[1](cotangent)
    return bar, before, cotangent
