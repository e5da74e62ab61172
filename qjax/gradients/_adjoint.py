"""The reversible gradient: the backward pass recomputes states instead of reading kept ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import jax

from qjax.gradients._backprop import Evolve
from qjax.kernels import Loop, like_varying, pull_back, run


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
    @jax.custom_vjp
    def reversible(arrays: tuple[Any, ...], state: jax.Array) -> jax.Array:
        return run(steps, arrays, state)

    def forward(arrays: Any, state: jax.Array) -> tuple[jax.Array, Any]:
        final = run(steps, arrays, state)
        return final, (arrays, final)

    def backward(kept: Any, cotangent: jax.Array) -> tuple[Any, jax.Array]:
        arrays, final = kept
        bars, _, cotangent = _sweep(steps, arrays, final, cotangent)
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
            bar, state, cotangent = _sweep_loop(step, array, state, cotangent)
        else:
            state = step.undo(array, state)
            bar, cotangent = pull_back(step, array, state, cotangent)
        bars.append(bar)
    return tuple(reversed(bars)), state, cotangent


def _sweep_loop(
    loop: Loop, array: Any, state: jax.Array, cotangent: jax.Array
) -> tuple[Any, jax.Array, jax.Array]:
    def body(carry: tuple[jax.Array, jax.Array], array: Any) -> Any:
        program, pull_back_program = jax.vjp(loop.prepare, array)
        bars, *before = _sweep(program.steps, program.arrays, *carry)
        return tuple(before), pull_back_program(dataclasses.replace(program, arrays=bars))[0]

    carry = (like_varying(state, array), like_varying(cotangent, array))
    carry, bars = jax.lax.scan(body, carry, array, length=loop.length, reverse=not loop.reverse)
    return bars, *carry
