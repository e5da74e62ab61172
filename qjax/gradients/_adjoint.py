"""The reversible gradient: the backward pass recomputes states instead of reading kept ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from qjax.gradients._backprop import Evolve
from qjax.kernels import Loop, Rounds, like_varying, made_ready, prepared, reverse, run


@dataclasses.dataclass(frozen=True)
class Adjoint:
    r"""Reverse mode that keeps the final state only, whatever the depth.

    Going back, every step :math:`|\psi_{k+1}\rangle = U_k |\psi_k\rangle` is undone on the state
    and pulled back on its cotangent :math:`\lambda`, and the cotangent of the matrix,
    :math:`\lambda_{k+1} \psi_k^\dagger`, is one contraction. Ordinary differentiation takes it from
    there to the angles. Two states are alive at a time.

    Second derivatives are right: Hessian-vector products as ``jax.jvp`` of ``jax.grad``, and
    ``jax.hessian``. Forward mode alone (``jax.jvp``, ``jax.jacfwd`` of a value) is refused by JAX
    with a ``TypeError`` that speaks of ``custom_vjp``: use ``Backprop()`` for it.

    Reference: Jones and Gacon, arXiv 2009.02823, algorithm 1.

    Example:
        >>> import jax, qjax
        >>> energy = lambda t: qjax.expectation(
        ...     qjax.Circuit(1).rx(t, 0), qjax.Z(0), gradient=qjax.Adjoint())
        >>> round(float(jax.grad(energy)(0.5)), 5)
        -0.47943
    """

    verbs: ClassVar[frozenset[str] | None] = None

    def evaluate(self, function: Callable[[Any, Evolve], Any], circuit: Any) -> Any:
        """Evaluates a function of a circuit and of the way to run a program."""
        return function(circuit, _reversible_run)


def _reversible_run(steps: tuple[Any, ...], arrays: tuple[Any, ...], state: jax.Array) -> jax.Array:
    steps, arrays = prepared(steps, arrays)

    @jax.custom_vjp
    def reversible(arrays: tuple[Any, ...], state: jax.Array) -> jax.Array:
        return run(steps, arrays, state)

    def forward(arrays: Any, state: jax.Array) -> tuple[jax.Array, Any]:
        final = run(steps, arrays, state)
        return final, (arrays, final)

    def backward(kept: Any, cotangent: jax.Array) -> tuple[Any, jax.Array]:
        arrays, final = kept
        bars, _, cotangent = _sweep(steps, made_ready(steps, arrays), final, cotangent)
        return bars, cotangent

    reversible.defvjp(forward, backward)
    return reversible(arrays, state)


def _sweep(
    steps: tuple[Any, ...], arrays: tuple[Any, ...], state: jax.Array, cotangent: jax.Array
) -> tuple[tuple[Any, ...], jax.Array, jax.Array]:
    """Goes back; returns cotangents of the arrays, and the state and its cotangent before."""
    bars: list[Any] = []
    for step, array in zip(reversed(steps), reversed(arrays), strict=True):
        if isinstance(step, Loop):
            parts = []
            for part, slices in reversed(step.chunks(array)):
                bar, state, cotangent = _sweep_loop(part, slices, state, cotangent)
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
    loop: Loop, array: Any, state: jax.Array, cotangent: jax.Array
) -> tuple[Any, jax.Array, jax.Array]:
    def chunk(carry: tuple[jax.Array, jax.Array], array: Any) -> Any:
        arrays, pull_back, rounds = jax.vjp(lambda a: loop.rounds(a)[::-1], array, has_aux=True)
        bars, *before = _sweep_rounds(rounds, made_ready(rounds.steps, arrays), *carry)
        return tuple(before), pull_back(bars)[0]

    carry = (like_varying(state, array), like_varying(cotangent, array))
    carry, bars = jax.lax.scan(chunk, carry, loop.blocked(array), reverse=not loop.reverse)
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), bars), *carry


def _sweep_rounds(
    rounds: Rounds, arrays: Any, state: jax.Array, cotangent: jax.Array
) -> tuple[Any, jax.Array, jax.Array]:
    def body(carry: tuple[jax.Array, jax.Array], arrays: Any) -> Any:
        bars, *before = _sweep(rounds.steps, arrays, *carry)
        return tuple(before), bars

    carry = (like_varying(state, arrays), like_varying(cotangent, arrays))
    carry, bars = jax.lax.scan(body, carry, arrays, reverse=not rounds.reverse)
    return bars, *carry
