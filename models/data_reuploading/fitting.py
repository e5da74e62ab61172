"""L-BFGS on all points at once: from many starts in one program, or as the authors run it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import scipy.optimize
from jax.flatten_util import ravel_pytree

from qjax.data import Examples

from .config import Config
from .model import Params, cost, initial, published


class Fit(NamedTuple):
    """What a fit leaves.

    Attributes:
        params: The best start's parameters.
        costs: Training cost of every start, `[starts]`.
        history: Training cost before each step, `[starts, steps]`.
    """

    params: dict[str, np.ndarray]
    costs: np.ndarray
    history: np.ndarray


def fit(config: Config, points: Examples) -> Fit:
    """Returns the parameters of the lowest training cost."""
    method = {"random": from_many, "published": as_published}[config.start]
    return method(config, points)


def from_many(config: Config, points: Examples) -> Fit:
    """L-BFGS from every start, in one program; each stops where its cost no longer falls."""
    keys = jax.random.split(jax.random.key(config.seed), config.restarts)
    starts = jax.vmap(lambda key: initial(config, key))(keys)
    data = tuple(map(jnp.asarray, points))

    def descend(start: Params) -> tuple[Params, jax.Array, jax.Array]:
        return lbfgs(lambda params: cost(config, params, *data), start, config.steps)

    params, costs, history = jax.jit(
        lambda starts: jax.lax.map(descend, starts, batch_size=config.at_once)
    )(starts)
    best = jnp.argmin(costs)
    kept = jax.tree.map(lambda leaf: np.asarray(leaf[best]), params)
    return Fit(kept, np.asarray(costs), np.asarray(history))


def as_published(config: Config, points: Examples) -> Fit:
    """SciPy's L-BFGS-B from the authors' start, with the budget of evaluations that they had.

    They leave the gradient to finite differences, so one gradient is as many evaluations as there
    are parameters, and one more, of the 15,000 at which SciPy stops.
    """
    start, unravel = ravel_pytree(published(config))
    data = tuple(map(jnp.asarray, points))
    function = jax.jit(jax.value_and_grad(lambda flat: cost(config, unravel(flat), *data)))
    history: list[float] = []

    def evaluate(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = function(jnp.asarray(flat, jnp.float32))
        history.append(float(value))
        return float(value), np.asarray(slope, float)

    budget = 15_000 // (len(start) + 1)
    found = scipy.optimize.minimize(
        evaluate, start, jac=True, method="L-BFGS-B", options={"maxfun": budget}
    )
    params = jax.tree.map(np.asarray, unravel(jnp.asarray(found.x, jnp.float32)))
    return Fit(params, np.array([found.fun]), np.array([history]))


def lbfgs(
    loss: Callable[[Params], jax.Array], start: Params, steps: int
) -> tuple[Params, jax.Array, jax.Array]:
    """Returns the last parameters, their cost, and the cost before each step, `[steps]`.

    Stops before all steps are done where a step gains less than single precision can tell; the
    cost stays what it is from there on.
    """
    optimizer = optax.lbfgs()
    function = jax.value_and_grad(loss)

    def going_on(carry: tuple) -> jax.Array:
        k, gain = carry[0], carry[1]
        return (k < steps) & (gain > 1e-7)

    def step(carry: tuple) -> tuple:
        k, _, params, state, value, slope, history = carry
        updates, state = optimizer.update(
            slope, state, params, value=value, grad=slope, value_fn=loss
        )
        params = optax.apply_updates(params, updates)
        after, slope = function(params)
        history = jnp.where(jnp.arange(steps) > k, after, history)
        return k + 1, value - after, params, state, after, slope, history

    value, slope = function(start)
    history = jnp.full(steps, value)
    carry = (0, jnp.full((), jnp.inf), start, optimizer.init(start), value, slope, history)
    carry = jax.lax.while_loop(going_on, step, carry)
    return carry[2], carry[4], carry[6]
