"""Quantum natural gradient: steepest descent in the distance of states, not of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import optax
from jax.scipy.sparse.linalg import cg

from qjax.circuit import Circuit, errors
from qjax.engines import Statevector
from qjax.measure import metric_operator


def quantum_natural_gradient(
    build: Callable[..., Circuit],
    *,
    damping: float = 1e-3,
    tolerance: float = 1e-4,
    max_iterations: int = 50,
    engine: Statevector | None = None,
) -> optax.GradientTransformationExtraArgs:
    r"""Replaces a gradient by the natural one, which solves :math:`(g + \lambda) x = \nabla L`.

    The metric g is never formed: conjugate gradient applies it, once an iteration, in a fixed
    number of states. Chain it with the learning rate, which ``optax.scale_by_learning_rate`` takes
    with its sign.

    Args:
        build: Takes the parameters, and one input where there are some, to a circuit. A parameter
            that does not move the state moves by its gradient over the damping: leave it out, as
            with ``optax.partition``.
        damping: The :math:`\lambda` added to the metric, which is singular for many circuits.
        tolerance: Largest residual, relative to the gradient, at which the solver stops.
        max_iterations: Number of iterations after which it stops anyway.
        engine: How to run the circuit; ``Statevector()`` by default.

    Returns:
        A transformation whose ``update`` needs ``params``, and takes ``inputs=``, a pytree of
        arrays ``[b, ...]``, to average the metric over circuits ``build(params, input)``.

    Raises:
        ValueError: If damping or tolerance are negative, or there is no iteration.

    References:
        Stokes, Izaac, Killoran and Carleo, arXiv 1909.02108, equation 4.

    Example:
        >>> import jax, optax, qjax
        >>> build = lambda t: qjax.Circuit(1).rx(t, 0)
        >>> natural = qjax.optimize.quantum_natural_gradient(build, damping=0.0)
        >>> optimizer = optax.chain(natural, optax.scale_by_learning_rate(0.1))
        >>> slope = jax.grad(lambda t: qjax.expectation(build(t), qjax.Z(0)))(0.5)
        >>> update, _ = optimizer.update(slope, optimizer.init(0.5), 0.5)
        >>> round(float(update), 5)  # The metric is 1/4.
        0.19177
    """
    for name, value in (("damping", damping), ("tolerance", tolerance)):
        if not value >= 0:
            raise ValueError(f"Argument `{name}` must be at least 0, but is {value}.")
    max_iterations = errors.positive(max_iterations, "max_iterations")

    def init(params: Any) -> optax.EmptyState:
        del params
        return optax.EmptyState()

    def update(
        updates: Any, state: optax.EmptyState, params: Any = None, *, inputs: Any = None, **_: Any
    ) -> tuple[Any, optax.EmptyState]:
        if params is None:
            raise ValueError("Argument `params` must be given: the metric is taken at them.")
        metric = metric_operator(build, params, inputs=inputs, engine=engine)

        def damped(x: Any) -> Any:
            return jax.tree.map(lambda g, x: g + damping * x, metric(x), x)

        natural, _ = cg(damped, updates, tol=tolerance, maxiter=max_iterations)
        return natural, state

    return optax.GradientTransformationExtraArgs(init, update)
