"""The gradient of one step, of its batch at once or of one part after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from qjax.train._layout import Layout
from qjax.train._state import Batch

Metrics = dict[str, jax.Array]
Objective = Callable[
    [nnx.State, nnx.State, Batch, jax.Array], tuple[jax.Array, tuple[Metrics, nnx.State]]
]
"""`objective(params, rest, batch, key) -> (loss, (metrics, rest))`."""


def gradient_function(objective: Objective, layout: Layout, accumulate: int) -> Any:
    """Returns the function that differentiates the objective with respect to the parameters.

    Args:
        objective: What is differentiated.
        layout: Which devices have which examples.
        accumulate: Parts of the batch that are worked off one after the other. Part i has every
            `accumulate`-th example from the i-th on, the key `fold_in(key, i)`, and the other
            variables as part i - 1 left them.

    Returns:
        `gradient(params, rest, batch, key) -> ((loss, (metrics, rest)), gradient)`, as
        `jax.value_and_grad` has it; means over the parts.
    """
    slope = jax.value_and_grad(objective, has_aux=True)

    def gradient(params: nnx.State, rest: nnx.State, batch: Batch, key: jax.Array) -> Any:
        result, grads = slope(params, rest, layout.keep(batch, layout.batch), key)
        # Every device has the whole gradient: here is where it is summed over them.
        return result, layout.keep(grads)

    if accumulate == 1:
        return gradient

    def accumulated(params: nnx.State, rest: nnx.State, batch: Batch, key: jax.Array) -> Any:
        def add(carry: tuple[nnx.State, nnx.State], part: tuple[jax.Array, Batch]) -> Any:
            rest, total = carry
            number, batch = part
            key_of_part = jax.random.fold_in(key, number)
            (value, (metrics, rest)), grads = gradient(params, rest, batch, key_of_part)
            return (rest, jax.tree.map(jnp.add, total, grads)), (value, metrics)

        # Every k-th example: the share that a device has of the batch then has, without a
        # transfer, its share of every part.
        parts = jax.tree.map(
            lambda a: jnp.moveaxis(a.reshape(-1, accumulate, *a.shape[1:]), 1, 0),
            layout.keep(batch, layout.batch),
        )
        zero = jax.tree.map(jnp.zeros_like, params)
        numbers = jnp.arange(accumulate)
        (rest, total), scores = jax.lax.scan(add, (rest, zero), (numbers, parts))
        value, metrics = jax.tree.map(lambda score: score.mean(0), scores)
        return (value, (metrics, rest)), jax.tree.map(lambda g: g / accumulate, total)

    return accumulated
