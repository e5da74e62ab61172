"""A program: steps in order, with their arrays; a loop is a step that is itself a program."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from qjax.kernels._steps import Step


class Loop(NamedTuple):
    """A program run once for each leading slice of its array, a pytree.

    Attributes:
        prepare: Takes one slice to the program of one round. It runs inside the loop, so that what
            a gradient keeps, and what is alive at once, does not grow with the number of rounds.
        length: Number of rounds.
        reverse: Whether the last slice runs first.
    """

    prepare: Callable[[Any], Program]
    length: int
    reverse: bool


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Program:
    """What takes a start state to an end state.

    Attributes:
        arrays: One entry a step.
        steps: The steps, static.
        order: Qubit at each place of the state that the program starts from.
    """

    arrays: tuple[Any, ...]
    steps: tuple[Step | Loop, ...] = dataclasses.field(metadata={"static": True})
    order: tuple[int, ...] = dataclasses.field(metadata={"static": True})


def run(steps: tuple[Any, ...], arrays: tuple[Any, ...], state: jax.Array) -> jax.Array:
    """The state after all steps."""
    for step, array in zip(steps, arrays, strict=True):
        if isinstance(step, Loop):
            state = _run_loop(step, array, state)
        else:
            state = step.apply(array, state)
    return state


def _run_loop(loop: Loop, array: Any, state: jax.Array) -> jax.Array:
    def body(state: jax.Array, array: Any) -> tuple[jax.Array, None]:
        program = loop.prepare(array)
        return run(program.steps, program.arrays, state), None

    state = like_varying(state, array)
    return jax.lax.scan(body, state, array, length=loop.length, reverse=loop.reverse)[0]


def like_varying(state: jax.Array, *others: Any) -> jax.Array:
    """The state marked as varying over the mesh axes that the others vary over.

    Inside ``shard_map`` a loop must carry one type: a start state made of constants is the same
    on all devices, and becomes different once sharded angles have acted on it.
    """
    axes = {a for leaf in jax.tree.leaves(others) for a in getattr(jax.typeof(leaf), "vma", ())}
    missing = tuple(sorted(axes - set(getattr(jax.typeof(state), "vma", ()))))
    return jax.lax.pcast(state, missing, to="varying") if missing else state
