"""Second derivatives of an expectation value, without the Hessian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from qjax.circuit import Circuit, PauliSum, errors
from qjax.engines import Statevector
from qjax.gradients import Adjoint
from qjax.measure._verbs import expectation


def hessian_vector_product(
    build: Callable[[Any], Circuit],
    observable: PauliSum,
    parameters: Any,
    tangent: Any,
    *,
    engine: Statevector | None = None,
) -> tuple[jax.Array, Any, Any]:
    r"""Value, gradient and Hessian-vector product of an expectation value, in a few states.

    .. math:: E(t) = \langle\psi(t)|O|\psi(t)\rangle, \qquad
        (H v)_i = \sum_j \partial_i \partial_j E(t) v_j

    It is exact: ``Adjoint`` is itself differentiated in forward mode. Going back, each step is
    undone on the state, the cotangent and the tangents of both, so four states are alive whatever
    the depth. For any other function of circuits, ``jax.jvp`` of ``jax.grad`` does the same.

    Args:
        build: Takes the parameters to a circuit.
        observable: A sum of Pauli strings with real coefficients.
        parameters: Pytree of real arrays.
        tangent: The vector v, a pytree like the parameters.
        engine: How to run the circuit; ``Statevector()`` by default.

    Returns:
        The value, a real scalar; the gradient and the product, pytrees like the parameters.

    Raises:
        TypeError: If the observable is none, or a list of them.
        ValueError: If the tangent is not like the parameters.

    References:
        Pearlmutter, Neural Computation 6, 147 (1994), for the product.

    Example:
        >>> import qjax
        >>> build = lambda t: qjax.Circuit(1).rx(t, 0)
        >>> value, gradient, product = qjax.hessian_vector_product(build, qjax.Z(0), 0.5, 1.0)
        >>> [round(float(v), 5) for v in (value, gradient, product)]
        [0.87758, -0.47943, -0.87758]
    """
    if not isinstance(observable, PauliSum):
        raise TypeError(
            f"Argument `observable` must be an observable such as `qjax.Z(0)`, but is "
            f"{observable!r}."
        )

    def energy(parameters: Any) -> jax.Array:
        return expectation(build(parameters), observable, engine=engine, gradient=Adjoint())

    tangent = like(parameters, tangent)
    (value, gradient), (_, product) = jax.jvp(jax.value_and_grad(energy), (parameters,), (tangent,))
    return value, gradient, product


def like(parameters: Any, tangent: Any) -> Any:
    """The tangent with the dtypes of the parameters.

    Raises:
        ValueError: If it has another structure or other shapes.
    """
    wanted: Any = jax.tree.structure(parameters)
    given: Any = jax.tree.structure(tangent)
    if given != wanted:
        raise ValueError(
            f"Argument `tangent` must have the structure of the parameters, {wanted}, but has "
            f"{given}."
        )

    def one(parameter: Any, tangent: Any) -> jax.Array:
        errors.check_shape(jnp.shape(tangent), [jnp.shape(parameter)], "tangent")
        return jnp.asarray(tangent, jnp.result_type(parameter))

    return jax.tree.map(one, parameters, tangent)
