"""The steps that a program is made of, each with the step that undoes it.

A step is static; what it is applied with (a block, angles) is the array beside it. Every step is
linear and norm-preserving in the state: ``apply(array, state)`` is the state after it, and
``undo(array, state)`` the state before it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from qjax.kernels import _state as kernel


class Block(NamedTuple):
    """A dense block on the last qubits. Array: real ``[2K, 2K]``."""

    n_qubits: int

    def apply(self, block: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.apply_block(state, block)

    def undo(self, block: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return kernel.apply_block(state, kernel.inverse_block(block))


class Phases(NamedTuple):
    """Diagonal factors. Array: a tuple of tables of angles, ``[2**m]`` each."""

    places: tuple[tuple[int, ...], ...]

    def apply(self, angles: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.apply_phases(state, angles, self.places)

    def undo(self, angles: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return kernel.apply_phases(state, [-a for a in angles], self.places)


class PauliRotation(NamedTuple):
    """exp(-i theta P / 2) of a word of any width. Array: theta, a scalar."""

    x: int
    z: int

    def apply(self, theta: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        return kernel.rotate_pauli(state, theta, self.x, self.z)

    def undo(self, theta: Any, state: jax.Array) -> jax.Array:
        """The state before the step."""
        return kernel.rotate_pauli(state, -theta, self.x, self.z)


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


Step = Block | Phases | PauliRotation | Move | Gather


def pull_back(
    step: Step, array: Any, state: jax.Array, cotangent: jax.Array
) -> tuple[Any, jax.Array]:
    """Cotangents of a step's array and of the state before it.

    Args:
        step: The step.
        array: What it was applied with.
        state: The state before it.
        cotangent: That of the state after it.
    """
    if isinstance(step, Move | Gather):  # A permutation: its transpose undoes it, by a gather.
        return array, step.undo(array, cotangent)
    return jax.vjp(step.apply, array, state)[1](cotangent)
