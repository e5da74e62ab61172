"""The reversible gradient: the backward pass recomputes states instead of reading kept ones."""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from qjax.kernels import (
    Evolve,
    Exchange,
    Loop,
    Program,
    Rounds,
    Tile,
    like_varying,
    made_ready,
    prepared,
    reverse,
    run,
    run_ready,
    run_rounds,
)

# Real numbers in a state of up to which keeping states was measured to be quicker: 6 qubits.
_SMALL = 128


@dataclasses.dataclass(frozen=True)
class Adjoint:
    r"""Reverse mode that keeps the final state only, whatever the depth.

    Going back, every step :math:`|\psi_{k+1}\rangle = U_k |\psi_k\rangle` is undone on the state
    and pulled back on its cotangent :math:`\lambda`, and the cotangent of the matrix,
    :math:`\lambda_{k+1} \psi_k^\dagger`, is one contraction. Ordinary differentiation takes it from
    there to the angles. Two states are alive at a time, and the anchors. Circuits of up to 6 qubits
    without a long loop keep their states after all, as ``Backprop`` does, where that takes at most
    twice what the cotangents of the matrices take: it is quicker.

    Single precision: undoing adds less than the circuit's own rounding, which ``Backprop`` has as
    well. The relative error of the gradient against double grows about as the square root of the
    depth; ``python -m benchmarks.drift`` measures it from 10 to 5,000 layers, and
    ``benchmarks/results/drift.jsonl`` holds what it found. Anchors matter for matrices that are
    given to few digits, which their conjugate transpose undoes to no more: there the error of the
    state grows with the number of rounds, and an anchor ends that.

    Args:
        anchors: Number of states that a loop of more than 16 rounds keeps on its way, evenly
            spread, from which undoing starts anew; a loop inside another keeps none.

    Raises:
        TypeError: If it is not an integer.
        ValueError: If it is negative.

    Second derivatives are right: Hessian-vector products as ``jax.jvp`` of ``jax.grad``, and
    ``jax.hessian``. Forward mode alone (``jax.jvp``, ``jax.jacfwd`` of a value) is refused by JAX
    with a ``TypeError`` that speaks of ``custom_vjp``, unless states are kept: use ``Backprop()``
    for it.

    References:
        Jones and Gacon, arXiv 2009.02823, algorithm 1.

    Example:
        >>> import jax, qjax
        >>> energy = lambda t: qjax.expectation(
        ...     qjax.Circuit(1).rx(t, 0), qjax.Z(0), gradient=qjax.Adjoint())
        >>> round(float(jax.grad(energy)(0.5)), 5)
        -0.47943
    """

    verbs: ClassVar[frozenset[str] | None] = None

    anchors: int = 0

    def __post_init__(self) -> None:
        """Checks the field."""
        try:
            object.__setattr__(self, "anchors", operator.index(self.anchors))
        except TypeError:
            raise TypeError(
                f"Argument `anchors` must be an integer, but is {self.anchors!r}."
            ) from None
        if self.anchors < 0:
            raise ValueError(f"Argument `anchors` must be at least 0, but is {self.anchors}.")

    def kept(self, program: Program) -> int:
        """Number of states that are kept on the way through a program."""
        pairs = zip(program.steps, program.arrays, strict=True)
        return sum(_anchors(s, a, self.anchors)[0] for s, a in pairs if isinstance(s, Loop))

    def evaluate(self, function: Callable[[Any, Evolve], Any], circuit: Any) -> Any:
        """Evaluates a function of a circuit and of the way to run a program."""
        return function(circuit, functools.partial(_reversible_run, anchors=self.anchors))


def _reversible_run(
    steps: tuple[Any, ...], arrays: tuple[Any, ...], state: jax.Array, *, anchors: int
) -> jax.Array:
    steps, arrays = prepared(steps, arrays)
    if _better_kept(steps, arrays, state.size):
        return run(steps, arrays, state)

    @jax.custom_vjp
    def reversible(arrays: tuple[Any, ...], state: jax.Array) -> jax.Array:
        return run(steps, arrays, state)

    def forward(arrays: Any, state: jax.Array) -> tuple[jax.Array, Any]:
        final, kept = _run_keeping(steps, made_ready(steps, arrays), state, anchors)
        return final, (arrays, final, kept)

    def backward(residuals: Any, cotangent: jax.Array) -> tuple[Any, jax.Array]:
        arrays, final, kept = residuals
        bars, _, cotangent = _sweep(steps, made_ready(steps, arrays), final, cotangent, kept)
        return bars, cotangent

    reversible.defvjp(forward, backward)
    return reversible(arrays, state)


def _better_kept(steps: tuple[Any, ...], arrays: tuple[Any, ...], size: int) -> bool:
    """Whether the states are small, and all on the way hardly more than the arrays' cotangents.

    JAX's own differentiation, which keeps them, is then up to ten times quicker: it sums cotangents
    of arrays that a batch shares as it makes them. Long loops are left out, for depth must cost
    nothing; so are tiles, which go back in a kernel of their own, and states over several devices.
    """
    if size > _SMALL:
        return False
    kept = cotangents = 0
    parts = [(step, array, 1) for step, array in zip(steps, arrays, strict=True)]
    for step, array, rounds in parts:
        if isinstance(step, Rounds):
            parts += [(s, a, rounds * step.length) for s, a in zip(step.steps, array, strict=True)]
            continue
        if isinstance(step, Loop | Tile | Exchange):
            return False
        leaves = sum(leaf.size for leaf in jax.tree.leaves(array))
        kept += rounds * size * bool(leaves)
        cotangents += leaves
    return kept <= 2 * cotangents


def _anchors(loop: Loop, array: Any, anchors: int) -> tuple[int, tuple[np.ndarray, np.ndarray]]:
    """Where a loop keeps states.

    Returns:
        The number of states that are kept, and for each chunk the slot of the state before it, and
        whether it is the one that stays there.
    """
    count = loop.length // loop.chunk(array)
    stride = -(-(count - 1) // anchors) if anchors and count > 1 else count
    at = np.arange(count)[:: -1 if loop.reverse else 1]
    stays = (at > 0) & ((at % stride == 0) | (at == count - 1))
    return -(-(count - 1) // stride) if anchors else 0, ((at - 1) // stride, stays)


def _run_keeping(
    steps: tuple[Any, ...], arrays: tuple[Any, ...], state: jax.Array, anchors: int
) -> tuple[jax.Array, tuple[Any, ...]]:
    """The state after all steps, whose arrays are ready, and those kept on the way, by step."""
    kept = []
    for step, array in zip(steps, arrays, strict=True):
        states = []
        for part, slices in step.chunks(array) if isinstance(step, Loop) else []:
            state, some = _run_loop(part, slices, state, anchors)
            states.append(some)
        if not isinstance(step, Loop):
            state = run_ready((step,), (array,), state)
        kept.append(tuple(states))
    return state, tuple(kept)


def _run_loop(loop: Loop, array: Any, state: jax.Array, anchors: int) -> tuple[jax.Array, Any]:
    count, (slots, _) = _anchors(loop, array, anchors)

    def chunk(carry: Any, xs: Any) -> tuple[Any, None]:
        state, kept = carry
        array, slot = xs
        if count:  # Each chunk writes; the last one of a slot stays.
            kept = jax.lax.dynamic_update_index_in_dim(kept, state, slot, 0)
        rounds, arrays = loop.rounds(array)
        return (
            run_rounds(rounds, made_ready(rounds.steps, arrays, (rounds.length,)), state),
            kept,
        ), None

    state = like_varying(state, array)
    carry = state, jnp.broadcast_to(state[None], (count, *state.shape))
    return jax.lax.scan(chunk, carry, (loop.blocked(array), slots), reverse=loop.reverse)[0]


def _sweep(
    steps: tuple[Any, ...],
    arrays: tuple[Any, ...],
    state: jax.Array,
    cotangent: jax.Array,
    kept: tuple[Any, ...] | None = None,
) -> tuple[tuple[Any, ...], jax.Array, jax.Array]:
    """Goes back; returns cotangents of the arrays, and the state and its cotangent before."""
    bars: list[Any] = []
    kept = ((),) * len(steps) if kept is None else kept
    for step, array, states in zip(*map(reversed, (steps, arrays, kept)), strict=True):
        if isinstance(step, Loop):
            parts = []
            chunks = step.chunks(array)
            states = states or (None,) * len(chunks)
            for (part, slices), some in zip(reversed(chunks), reversed(states), strict=True):
                bar, state, cotangent = _sweep_loop(part, slices, state, cotangent, some)
                parts.append(bar)
            parts = parts if step.reverse else parts[::-1]
            bar = jax.tree.map(lambda *x: jnp.concatenate(x), *parts) if parts[1:] else parts[0]
        elif isinstance(step, Rounds):
            bar, state, cotangent = _sweep_rounds(step, array, state, cotangent)
        else:
            bar, state, cotangent = reverse(step, array, state, cotangent)
        bars.append(bar)
    return tuple(reversed(bars)), state, cotangent


def _sweep_loop(
    loop: Loop, array: Any, state: jax.Array, cotangent: jax.Array, kept: jax.Array | None
) -> tuple[Any, jax.Array, jax.Array]:
    _, (slots, stays) = _anchors(loop, array, 0 if kept is None else len(kept))

    def chunk(carry: tuple[jax.Array, jax.Array], xs: Any) -> Any:
        array, slot, stays = xs
        arrays, pull_back, rounds = jax.vjp(lambda a: loop.rounds(a)[::-1], array, has_aux=True)
        bars, state, cotangent = _sweep_rounds(
            rounds, made_ready(rounds.steps, arrays, (rounds.length,)), *carry
        )
        if kept is not None and len(kept):
            exact = jax.lax.dynamic_index_in_dim(kept, slot, keepdims=False)
            state = jax.lax.select(jnp.broadcast_to(stays, state.shape), exact, state)
        return (state, cotangent), pull_back(bars)[0]

    carry = (like_varying(state, array), like_varying(cotangent, array))
    xs = loop.blocked(array), slots, stays
    carry, bars = jax.lax.scan(chunk, carry, xs, reverse=not loop.reverse)
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), bars), *carry


def _sweep_rounds(
    rounds: Rounds, arrays: Any, state: jax.Array, cotangent: jax.Array
) -> tuple[Any, jax.Array, jax.Array]:
    def body(carry: tuple[jax.Array, jax.Array], arrays: Any) -> Any:
        bars, *before = _sweep(rounds.steps, arrays, *carry)
        return tuple(before), bars

    carry = (like_varying(state, arrays), like_varying(cotangent, arrays))
    carry, bars = jax.lax.scan(
        body, carry, arrays, length=rounds.length, reverse=not rounds.reverse
    )
    return bars, *carry
