"""Adam on random batches until the loss is flat, for many seeds as one program."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax

Params = Any


class Model(Protocol):
    """A frozen dataclass: two that are equal share what was compiled for one of them."""

    def initial(self, key: Callable[[], jax.Array]) -> Params:
        """Parameters of one run, drawn by the keys that `key` gives one after the other."""

    def loss(self, params: Params, x: jax.Array, y: jax.Array) -> jax.Array:
        """The mean loss of a batch ``[samples, ...]`` with labels ``[samples]``, -1 and 1."""

    def decision(self, params: Params, x: jax.Array) -> jax.Array:
        """``[samples]``, above 0 for the label 1."""


_ADAM = optax.scale_by_adam()


@dataclasses.dataclass(frozen=True)
class Stop:
    """When a run ends: its loss is flat, is nan, or `max_steps` were taken.

    It is flat where the means of the last two intervals differ by no more than half the standard
    error of the mean of the last one.

    Attributes:
        interval: Steps in an interval.
        max_steps: Largest number of steps.
    """

    interval: int
    max_steps: int

    def flat(self, step: jax.Array, recent: jax.Array) -> jax.Array:
        """Whether to stop after the step, from the losses of two intervals, the last one last."""
        before, last = recent.reshape(2, self.interval)
        room = last.std() / np.sqrt(self.interval) / 2
        return (step > 2 * self.interval) & (jnp.abs(before.mean() - last.mean()) <= room)


class Descent(NamedTuple):
    """What training gave, a row for each seed.

    Attributes:
        params: Trained parameters, stacked.
        losses: The loss of each step taken.
        converged: Whether the loss was flat in the end.
    """

    params: Params
    losses: list[np.ndarray]
    converged: np.ndarray


class _State(NamedTuple):
    params: Params
    moments: Any
    recent: jax.Array  # Losses of the last two intervals, the last one last.
    step: jax.Array
    flat: jax.Array
    done: jax.Array


def descend(
    model: Model,
    params: Params,
    seeds: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    *,
    learning_rate: float,
    batch_size: int,
    stop: Stop,
) -> Descent:
    """Trains all seeds at once; a seed that is done waits for the others unchanged.

    Args:
        model: What is trained.
        params: Initial parameters, stacked over seeds.
        seeds: Integers ``[seeds, max_steps]``: that of the key that draws the batch of each step.
        x: Samples ``[samples, ...]``.
        y: Labels ``[samples]``, -1 and 1; or what else goes with the samples.
        learning_rate: Of Adam.
        batch_size: Samples in a batch, drawn with replacement.
        stop: When a run ends.
    """
    runs, window = len(seeds), 2 * stop.interval
    start = jax.vmap(_ADAM.init)(params)
    dtype = jnp.result_type(float)
    state = _State(
        params,
        start,
        jnp.zeros((runs, window), dtype),
        jnp.zeros(runs, int),
        jnp.zeros(runs, bool),
        jnp.zeros(runs, bool),
    )
    inputs, labels = jnp.asarray(x, dtype), jnp.asarray(y, dtype)
    curves: list[list[np.ndarray]] = [[] for _ in range(runs)]
    # A window of steps at a time, so that it is also the piece of the curve that is kept.
    for begin in range(0, stop.max_steps, window):
        taken = np.asarray(state.step)
        draws = np.zeros((runs, window), seeds.dtype)
        piece = seeds[:, begin : begin + window]
        draws[:, : piece.shape[1]] = piece
        end = min(begin + window, stop.max_steps)
        state = _advance(
            model, state, draws, inputs, labels, learning_rate, begin, end, batch_size, stop
        )
        for run, count in enumerate(np.asarray(state.step) - taken):
            curves[run].append(np.asarray(state.recent)[run, window - count :])
        if bool(state.done.all()):
            break
    losses = [np.concatenate(pieces) for pieces in curves]
    return Descent(jax.device_get(state.params), losses, np.asarray(state.flat))


@functools.partial(jax.jit, static_argnames=("model", "batch_size", "stop"))
def _advance(
    model: Model,
    state: _State,
    draws: jax.Array,
    x: jax.Array,
    y: jax.Array,
    rate: Any,
    begin: Any,
    end: Any,
    batch_size: int,
    stop: Stop,
) -> _State:
    """Takes steps until every seed is done or `end` is reached."""

    def step(state: _State, draws: jax.Array) -> _State:
        key = jax.random.PRNGKey(draws[state.step - begin])
        rows = jax.random.choice(key, len(x), (batch_size,))
        value, gradient = jax.value_and_grad(model.loss)(state.params, x[rows], y[rows])
        updates, moments = _ADAM.update(gradient, state.moments)
        params = jax.tree.map(lambda p, u: p + (-rate * u).astype(p.dtype), state.params, updates)
        recent = jnp.append(state.recent[1:], value.astype(state.recent.dtype))
        flat = stop.flat(state.step, recent)
        done = flat | jnp.isnan(value)
        return _State(params, moments, recent, state.step + 1, flat, done)

    def run(state: _State, draws: jax.Array) -> _State:
        return jax.lax.while_loop(
            lambda state: ~state.done & (state.step < end), lambda state: step(state, draws), state
        )

    return jax.vmap(run)(state, draws)
