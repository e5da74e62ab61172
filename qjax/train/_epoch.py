"""One epoch as one compiled function; no Python between its steps."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from qjax.train._gradient import Metrics, Objective, gradient_function
from qjax.train._layout import Layout
from qjax.train._state import Batch, Loss, TrainState

RunSteps = Callable[..., tuple[TrainState, jax.Array, Metrics, jax.Array]]


class EpochInfo(NamedTuple):
    """What an epoch reports: nothing of it is carried on.

    Attributes:
        metrics: Means over the epoch's steps, `loss` among them.
        good_steps: Number of steps taken before the first that was not finite.
    """

    metrics: Metrics
    good_steps: jax.Array


@functools.partial(jax.jit, static_argnames=("length", "batch_size"))
def epoch_order(
    key: jax.Array, epoch: int | jax.Array, *, length: int, batch_size: int
) -> jax.Array:
    """Returns the indices of each step's examples in an epoch, `[steps, batch_size]`.

    They are drawn without replacement; those of the last, incomplete batch sit the epoch out.
    The order follows from the run's key and the epoch's number alone: a resumed run needs no
    memory of earlier orders. It is a function of its own because a sort takes long to compile,
    and runs over the same data can share it.
    """
    key = jax.random.fold_in(jax.random.fold_in(key, 0), epoch)
    steps = length // batch_size
    return jax.random.permutation(key, length)[: steps * batch_size].reshape(steps, batch_size)


def objective_function(model: nnx.Module, loss: Loss, trainable: Any) -> Objective:
    """Returns the loss in training mode as a pure function to differentiate.

    Args:
        model: Gives the structure; its values are not used.
        loss: See `qjax.train.fit`.
        trainable: NNX filter of the variables that are trained.

    Returns:
        `objective(params, rest, batch, key) -> (loss, (metrics, rest))`, with the other variables
        as the model left them.
    """
    structure, _, _ = nnx.split(_in_mode(model, train=True), trainable, ...)  # type: ignore[misc]

    def objective(
        params: nnx.State, rest: nnx.State, batch: Batch, key: jax.Array
    ) -> tuple[jax.Array, tuple[Metrics, nnx.State]]:
        current = nnx.merge(structure, params, rest, copy=True)
        value, metrics = _value_and_metrics(loss(current, batch, key))
        _, _, rest = nnx.split(current, trainable, ...)  # type: ignore[misc]
        return value, (metrics, rest)

    return objective


def step_key(key: jax.Array, step: jax.Array) -> jax.Array:
    """Returns the key of a step of the run with `key`."""
    return jax.random.fold_in(jax.random.fold_in(key, 1), step)


def steps_function(
    model: nnx.Module,
    optimizer: optax.GradientTransformation,
    loss: Loss,
    trainable: Any,
    *,
    layout: Layout,
    accumulate: int,
) -> RunSteps:
    """Returns the function that runs steps as a `jax.lax.scan`.

    From the first step whose loss or new parameters are not finite, the state stays as it was.

    Args:
        model: Gives the structure; its values are not used.
        optimizer: Optax transformation.
        loss: See `qjax.train.fit`.
        trainable: NNX filter of the variables that are trained.
        layout: Which devices have which examples.
        accumulate: See `gradient_function`.

    Returns:
        `run(state, good, xs, batch_of) -> (state, good, metrics, good_steps)`: step t has the batch
        `batch_of(xs[t])`; `good` says whether all steps so far were finite. Metrics are `[steps]`.
    """
    gradient = gradient_function(objective_function(model, loss, trainable), layout, accumulate)

    def take_step(state: TrainState, batch: Batch) -> tuple[TrainState, Metrics, jax.Array]:
        key = step_key(state.key, state.step)
        (value, (metrics, rest)), grads = gradient(state.params, state.rest, batch, key)
        updates, opt = optimizer.update(grads, state.opt, state.params)
        params = optax.apply_updates(state.params, updates)
        finite = jnp.isfinite(value) & _all_finite(params)
        return TrainState(params, rest, opt, state.step + 1, state.key), metrics, finite

    def run(
        state: TrainState, good: jax.Array, xs: Any, batch_of: Callable[[Any], Batch]
    ) -> tuple[TrainState, jax.Array, Metrics, jax.Array]:
        def body(carry: tuple[TrainState, jax.Array], x: Any) -> Any:
            state, good = carry
            new, metrics, finite = take_step(state, batch_of(x))
            good = good & finite
            return (select(good, new, state), good), (metrics, good)

        (state, good), (metrics, goods) = jax.lax.scan(body, (state, good), xs)
        return state, good, metrics, goods.sum()

    return run


def epoch_function(
    run_steps: RunSteps,
) -> Callable[[TrainState, jax.Array, Batch], tuple[TrainState, EpochInfo]]:
    """Returns the function that runs one epoch over examples in memory.

    Args:
        run_steps: See `steps_function`.

    Returns:
        `epoch(state, order, data) -> (state, info)`, pure, to be compiled by the caller; `order`
        `[steps, batch]` holds the indices of each step's examples.
    """

    def epoch(state: TrainState, order: jax.Array, data: Batch) -> tuple[TrainState, EpochInfo]:
        def batch_of(indices: jax.Array) -> Batch:
            return jax.tree.map(lambda a: a[indices], data)

        state, _, metrics, good_steps = run_steps(state, jnp.array(True), order, batch_of)
        means = {name: values.mean() for name, values in metrics.items()}
        return state, EpochInfo(means, good_steps)

    return epoch


def evaluate_function(
    model: nnx.Module, loss: Loss, batch_size: int, trainable: Any, *, layout: Layout
) -> Callable[[nnx.State, nnx.State, Batch], Metrics]:
    """Returns `evaluate(params, rest, data)`: metrics over all of `data`, with a key of None.

    Batches run one after the other inside one compiled loop; the mean is weighted by size, so
    that it equals the mean over examples for every loss that is one.
    """
    structure, _, _ = nnx.split(_in_mode(model, train=False), trainable, ...)  # type: ignore[misc]

    def evaluate(params: nnx.State, rest: nnx.State, data: Batch) -> Metrics:
        def measure(batch: Batch) -> Metrics:
            current = nnx.merge(structure, params, rest, copy=True)
            return _value_and_metrics(loss(current, layout.keep(batch, layout.batch), None))[1]

        length = jax.tree.leaves(data)[0].shape[0]
        full = length // batch_size
        sums: list[Metrics] = []
        if full:
            cut = full * batch_size
            batches = jax.tree.map(lambda a: a[:cut].reshape(full, batch_size, *a.shape[1:]), data)
            means = jax.lax.map(measure, batches)
            sums.append({name: batch_size * values.sum() for name, values in means.items()})
        if rest_length := length - full * batch_size:
            tail = measure(jax.tree.map(lambda a: a[full * batch_size :], data))
            sums.append({name: rest_length * value for name, value in tail.items()})
        return jax.tree.map(lambda *values: sum(values) / length, *sums)

    return evaluate


def _in_mode(model: nnx.Module, *, train: bool) -> nnx.Module:
    """Returns a copy of `model` in training or evaluation mode (dropout, statistics)."""
    copy = nnx.merge(*nnx.split(model), copy=True)
    copy.train() if train else copy.eval()
    return copy


def _value_and_metrics(result: Any) -> tuple[jax.Array, Metrics]:
    value, metrics = result if isinstance(result, tuple) else (result, {})
    return value, {"loss": value, **metrics}


def _all_finite(tree: Any) -> jax.Array:
    return jnp.array([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]).all()


def select(good: jax.Array, new: Any, old: Any) -> Any:
    """Returns the pytree `new` where `good`, else `old`."""
    return jax.tree.map(lambda a, b: jnp.where(good, a, b), new, old)
