"""A program: steps in order, with their arrays; a loop is a step that is itself a program."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from qjax.kernels._mesh import like_varying
from qjax.kernels._steps import Step, ready

# Rounds whose arrays are prepared at once, and the bytes that these may take.
_CHUNK = 16
_CHUNK_BYTES = 2**23


class Rounds(NamedTuple):
    """Steps run once for each leading slice of their arrays.

    Attributes:
        steps: The steps of one round. Array: theirs, each leaf ``[rounds, ...]``.
        length: Number of rounds.
        reverse: Whether the last slice runs first.
    """

    steps: tuple[Any, ...]
    length: int
    reverse: bool


class Loop(NamedTuple):
    """A program run once for each leading slice of its array, a pytree.

    Rounds run in chunks: the arrays of a chunk are prepared at once, ahead of its rounds, so that
    what is alive at once does not grow with the number of rounds.

    Attributes:
        prepare: Takes one slice to the program of one round.
        length: Number of rounds.
        reverse: Whether the last slice runs first.
    """

    prepare: Callable[[Any], Program]
    length: int
    reverse: bool

    def rounds(self, array: Any) -> tuple[Rounds, Any]:
        """The loop as rounds, all their arrays prepared."""

        def one(array: Any) -> Program:
            program = self.prepare(array)
            steps, arrays = prepared(program.steps, program.arrays)
            return dataclasses.replace(program, steps=steps, arrays=arrays)

        program = jax.vmap(one)(array)
        length = jax.tree.leaves(array)[0].shape[0]
        return Rounds(program.steps, length, self.reverse), program.arrays

    def chunks(self, array: Any) -> list[tuple[Loop, Any]]:
        """Loops whose length is a multiple of their chunk, in order of execution."""
        size = self.chunk(array)
        even = self.length - self.length % size
        cuts = [(0, even), (even, self.length)] if even < self.length else [(0, even)]
        parts = [
            (self._replace(length=b - a), jax.tree.map(lambda x: x[a:b], array))  # noqa: B023
            for a, b in cuts
        ]
        return parts[::-1] if self.reverse else parts

    def chunk(self, array: Any) -> int:
        """Number of rounds that are prepared at once."""
        one = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), array)
        prepared = jax.tree.leaves(jax.eval_shape(self.prepare, one))
        size = sum(x.size * x.dtype.itemsize for x in prepared)
        limit = max(1, min(_CHUNK, self.length, _CHUNK_BYTES // max(size, 1)))
        # A chunk that divides the length needs no second loop for the rest.
        divisor = next(d for d in range(limit, 0, -1) if self.length % d == 0)
        return divisor if 2 * divisor > limit else limit

    def blocked(self, array: Any) -> Any:
        """The array with an axis of chunks, then one of rounds."""
        size = self.chunk(array)
        return jax.tree.map(lambda x: x.reshape(-1, size, *x.shape[1:]), array)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Program:
    """What takes a start state to an end state.

    Attributes:
        arrays: One entry a step.
        steps: The steps, static.
        order: Which bit is at each place of the state that the program starts from: a qubit, or,
            for the imaginary part, the number of qubits.
    """

    arrays: tuple[Any, ...]
    steps: tuple[Step | Loop | Rounds, ...] = dataclasses.field(metadata={"static": True})
    order: tuple[int, ...] = dataclasses.field(metadata={"static": True})


# How a gradient runs a program: steps, arrays and start state to the final state.
Evolve = Callable[[tuple[Any, ...], tuple[Any, ...], jax.Array], jax.Array]


def prepared(steps: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, Any]:
    """The same steps, loops of one chunk as rounds.

    A gradient that is taken of the rounds' arrays is summed over a batch before it is taken on to
    the angles; inside a longer loop, that is done for each sample.
    """
    pairs = [
        step.rounds(array)
        if isinstance(step, Loop) and step.chunk(array) == step.length
        else (step, array)
        for step, array in zip(steps, arrays, strict=True)
    ]
    return tuple(step for step, _ in pairs), tuple(array for _, array in pairs)


def made_ready(
    steps: tuple[Any, ...], arrays: tuple[Any, ...], lead: tuple[int, ...] = ()
) -> tuple[Any, ...]:
    """The arrays in the form that the steps read, those of rounds for all rounds at once.

    Args:
        steps: The steps.
        arrays: Their arrays.
        lead: Leading axes that the arrays have, one for each rounds around the steps.
    """
    return tuple(
        made_ready(step.steps, array, (*lead, step.length))
        if isinstance(step, Rounds)
        else array
        if isinstance(step, Loop)
        else ready(step, array, lead)
        for step, array in zip(steps, arrays, strict=True)
    )


def run(steps: tuple[Any, ...], arrays: tuple[Any, ...], state: jax.Array) -> jax.Array:
    """The state after all steps."""
    steps, arrays = prepared(steps, arrays)
    return run_ready(steps, made_ready(steps, arrays), state)


def run_ready(steps: tuple[Any, ...], arrays: tuple[Any, ...], state: jax.Array) -> jax.Array:
    """The state after all steps, whose arrays are ready."""
    for step, array in zip(steps, arrays, strict=True):
        if isinstance(step, Loop):
            for part, slices in step.chunks(array):
                state = _run_loop(part, slices, state)
        elif isinstance(step, Rounds):
            state = run_rounds(step, array, state)
        else:
            state = step.apply(array, state)
    return state


def _run_loop(loop: Loop, array: Any, state: jax.Array) -> jax.Array:
    def chunk(state: jax.Array, array: Any) -> tuple[jax.Array, None]:
        rounds, arrays = loop.rounds(array)
        return run_rounds(rounds, made_ready(rounds.steps, arrays, (rounds.length,)), state), None

    state = like_varying(state, array)
    return jax.lax.scan(chunk, state, loop.blocked(array), reverse=loop.reverse)[0]


def run_rounds(rounds: Rounds, arrays: Any, state: jax.Array) -> jax.Array:
    """The state after all rounds, whose arrays are ready."""

    def body(state: jax.Array, arrays: Any) -> tuple[jax.Array, None]:
        return run_ready(rounds.steps, arrays, state), None

    state = like_varying(state, arrays)
    return jax.lax.scan(body, state, arrays, length=rounds.length, reverse=rounds.reverse)[0]
