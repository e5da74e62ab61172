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
from qjax.gradients import Backprop
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
        engine: How to run the circuit; ``Statevector()`` by default.

    Returns:
        Real ``[P, P]``, in the order of ``jax.flatten_util.ravel_pytree``.

    Reference: Stokes, Izaac, Killoran and Carleo, arXiv 1909.02108, equation 5.

    Example:
        >>> import qjax
        >>> qjax.metric_tensor(lambda t: qjax.Circuit(1).rx(t, 0), 0.3).round(5).tolist()
        [[0.25]]
    """
    flat, unravel = ravel_pytree(parameters)

    def state(flat: jax.Array) -> jax.Array:
        return statevector(build(unravel(flat)), engine=engine, gradient=Backprop())

    psi, jacobian = state(flat), jax.jacfwd(state)(flat)
    dot = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    overlap = dot(psi.conj(), jacobian)
    return (dot(jacobian.conj().T, jacobian) - jnp.outer(overlap.conj(), overlap)).real


def quantum_fisher(
    build: Callable[[Any], Circuit], parameters: Any, *, engine: Statevector | None = None
) -> jax.Array:
    """Quantum Fisher information of a parametrised pure state, four times its metric tensor.

    Args:
        build: Takes the parameters to a circuit.
        parameters: Pytree of real arrays, P numbers in all.
        engine: How to run the circuit; ``Statevector()`` by default.

    Returns:
        Real ``[P, P]``, in the order of ``jax.flatten_util.ravel_pytree``.

    Reference: Meyer, arXiv 2103.15191, equation 24.

    Example:
        >>> import qjax
        >>> qjax.quantum_fisher(lambda t: qjax.Circuit(1).ry(t, 0), 0.3).round(5).tolist()
        [[1.0]]
    """
    return 4 * metric_tensor(build, parameters, engine=engine)
