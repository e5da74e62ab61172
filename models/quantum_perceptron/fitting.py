"""Training of the network, from all starts at once."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .config import Config
from .rus import Params, agreement, initial, response, truth_table, wires


def fit_network(config: Config) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Trains the network from every start.

    Returns:
        The parameters of the start with the lowest cost, and the costs before each step,
        ``[starts, steps]``: cross-entropy, or the share of wrong outputs in a superposition.
    """
    at = wires(config.inputs, config.hidden, config.order)
    optimizer = optax.adam(config.learning_rate)

    inputs, labels = map(jnp.asarray, truth_table(config.inputs))

    def cost(params: Params) -> jax.Array:
        if config.superposition:
            return (1 - agreement(params, at)[0]) / 2
        fires, _ = jax.vmap(lambda bits: response(params, at, bits))(inputs)
        # Its mean is lower where three of four are sure; the logarithm will not give up the last.
        return -jnp.mean(jnp.log(jnp.where(labels == 1, fires, 1 - fires) + 1e-6))

    def descend(key: jax.Array) -> tuple[Params, jax.Array, jax.Array]:
        def step(carry: tuple, _: None) -> tuple[tuple, jax.Array]:
            params, state = carry
            value, slope = jax.value_and_grad(cost)(params)
            updates, state = optimizer.update(slope, state, params)
            return (optax.apply_updates(params, updates), state), value

        params = initial(key, config.inputs, config.hidden)
        carry = params, optimizer.init(params)
        (params, _), history = jax.lax.scan(step, carry, length=config.steps)
        return params, cost(params), history

    keys = jax.random.split(jax.random.fold_in(jax.random.key(config.seed), 1), config.starts)
    params, costs, history = jax.jit(jax.vmap(descend))(keys)
    best = jnp.argmin(costs)
    return jax.tree.map(lambda leaf: np.asarray(leaf[best]), params), np.asarray(history)
