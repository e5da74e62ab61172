"""Geometry of the parameter space: how fast a state changes with its parameters."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from qjax.circuit import Circuit
from qjax.engines import Statevector
from qjax.gradients import Adjoint, Backprop
from qjax.measure._hessian import like
from qjax.measure._verbs import statevector


def metric_tensor(
    build: Callable[[Any], Circuit], parameters: Any, *, engine: Statevector | None = None
) -> jax.Array:
    r"""Fubini-Study metric of a parametrised state.

    .. math:: g_{ij} = \mathrm{Re}\left[\langle\partial_i\psi|\partial_j\psi\rangle
        - \langle\partial_i\psi|\psi\rangle\langle\psi|\partial_j\psi\rangle\right]

    It is computed with ``Backprop`` in forward mode, and holds one tangent state a parameter.

    Args:
        build: Takes the parameters to a circuit.
        parameters: Pytree of real arrays, P numbers in all.
        engine: How to run the circuit; by default ``Statevector`` with blocks of two qubits, or of
            three from nine qubits on.

    Returns:
        Real ``[P, P]``, in the order of ``jax.flatten_util.ravel_pytree``.

    References:
        Stokes, Izaac, Killoran and Carleo, arXiv 1909.02108, equation 5.

    Example:
        >>> import qjax
        >>> qjax.metric_tensor(lambda t: qjax.Circuit(1).rx(t, 0), 0.3).round(5).tolist()
        [[0.25]]
    """
    flat, unravel = ravel_pytree(parameters)

    def state(flat: jax.Array) -> tuple[jax.Array, jax.Array]:
        circuit = build(unravel(flat))
        # A block is prepared once a tangent, not once a state: wide ones cost more than they save.
        narrow = Statevector(max_block=2 if circuit.n_qubits <= 8 else 3)
        psi = statevector(circuit, engine=engine or narrow, gradient=Backprop())
        return psi, psi

    jacobian, psi = jax.jacfwd(state, has_aux=True)(flat)  # One run of the state for all columns.
    dot = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    overlap = dot(psi.conj(), jacobian)
    return (dot(jacobian.conj().T, jacobian) - jnp.outer(overlap.conj(), overlap)).real


def metric_operator(
    build: Callable[..., Circuit],
    parameters: Any,
    *,
    inputs: Any = None,
    engine: Statevector | None = None,
) -> Callable[[Any], Any]:
    r"""The metric tensor as a linear function, for ``jax.scipy.sparse.linalg.cg`` and the like.

    .. math:: g v = \mathrm{Re}\left[J^\dagger (1 - |\psi\rangle\langle\psi|) J v\right],
        \qquad J = \partial\psi / \partial t

    J acts in forward mode, and its adjoint by the reversible gradient: neither keeps states, so
    memory does not grow with depth, nor with the number of parameters. An application runs the
    state and its tangent forward once, and sweeps back once.

    Args:
        build: Takes the parameters, and one input where there are some, to a circuit.
        parameters: Pytree of real arrays.
        inputs: Pytree of arrays ``[b, ...]``; the metric is the mean over their b slices.
        engine: How to run the circuit; ``Statevector()`` by default.

    Returns:
        A function that takes a pytree like the parameters to another one; it raises ValueError
        for anything else.

    References:
        Stokes, Izaac, Killoran and Carleo, arXiv 1909.02108, equation 5.

    Example:
        >>> import qjax
        >>> metric = qjax.metric_operator(lambda t: qjax.Circuit(1).rx(t["a"], 0), {"a": 0.3})
        >>> metric({"a": 2.0})["a"].round(5).tolist()
        0.5
    """

    def states(parameters: Any, gradient: Adjoint | Backprop) -> jax.Array:
        def one(*x: Any) -> jax.Array:
            return statevector(build(parameters, *x), engine=engine, gradient=gradient)

        return one()[None] if inputs is None else jax.vmap(one)(inputs)

    psi, pull_back = jax.vjp(lambda p: states(p, Adjoint()), parameters)

    def apply(tangent: Any) -> Any:
        tangents = (like(parameters, tangent),)
        moved = jax.jvp(lambda p: states(p, Backprop()), (parameters,), tangents)[1]
        overlap = jnp.sum(psi.conj() * moved, -1, keepdims=True)
        (product,) = pull_back((moved - overlap * psi).conj() / len(psi))
        return product

    return apply


def quantum_fisher(
    build: Callable[[Any], Circuit], parameters: Any, *, engine: Statevector | None = None
) -> jax.Array:
    """Quantum Fisher information of a parametrised pure state, four times its metric tensor.

    Args:
        build: Takes the parameters to a circuit.
        parameters: Pytree of real arrays, P numbers in all.
        engine: How to run the circuit; as for ``metric_tensor`` by default.

    Returns:
        Real ``[P, P]``, in the order of ``jax.flatten_util.ravel_pytree``.

    References:
        Meyer, arXiv 2103.15191, equation 24.

    Example:
        >>> import qjax
        >>> qjax.quantum_fisher(lambda t: qjax.Circuit(1).ry(t, 0), 0.3).round(5).tolist()
        [[1.0]]
    """
    return 4 * metric_tensor(build, parameters, engine=engine)
