"""Adam on random batches until the loss is flat, for many runs as one program."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
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


def logistic_loss(logits: jax.Array, y: jax.Array) -> jax.Array:
    """The mean cross-entropy of the logistic function, for labels -1 and 1."""
    return optax.sigmoid_binary_cross_entropy(logits, jax.nn.relu(y)).mean()


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

    @property
    def window(self) -> int:
        """Steps that are looked back on."""
        return 2 * self.interval

    def flat(self, step: jax.Array, recent: jax.Array) -> jax.Array:
        """Whether to stop after the step, from the losses of two intervals, the last one last."""
        before, last = recent.reshape(2, self.interval)
        room = last.std() / np.sqrt(self.interval) / 2
        return (step > self.window) & (jnp.abs(before.mean() - last.mean()) <= room)


class Runs(NamedTuple):
    """What tells runs apart, a row for each.

    Attributes:
        params: Initial parameters, stacked.
        seeds: Integers ``[runs, max_steps]``: that of the key that draws the batch of each step.
        rate: ``[runs]``, learning rates of Adam.
        data: ``[runs]``, which of the data sets a run is trained on.
    """

    params: Params
    seeds: np.ndarray
    rate: np.ndarray
    data: np.ndarray


class Data(NamedTuple):
    """Data sets of one size, as `filled` makes them.

    Attributes:
        x: Samples ``[sets, samples, ...]``.
        y: Labels ``[sets, samples]``, -1 and 1; or what else goes with the samples.
        count: ``[sets]``, how many of the samples there are to draw from.
    """

    x: Any
    y: Any
    count: Any


class Descent(NamedTuple):
    """What training gave, a row for each run.

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


class _Lane(NamedTuple):
    """What a run that is on its way needs for the next steps."""

    fresh: Any  # Whether it starts now.
    run: Any
    seeds: Any
    rate: Any
    data: Any


def filled(sets: Sequence[tuple[np.ndarray, np.ndarray]]) -> Data:
    """Data sets in arrays of one size: the last row of a smaller one is repeated."""

    def stacked(arrays: Sequence[np.ndarray]) -> np.ndarray:
        size = max(map(len, arrays))
        rows = [np.minimum(np.arange(size), len(a) - 1) for a in arrays]
        return np.stack([a[r] for a, r in zip(arrays, rows, strict=True)])

    xs, ys = zip(*sets, strict=True)
    return Data(stacked(xs), stacked(ys), np.array([len(x) for x in xs]))


def descend(
    model: Model, runs: Runs, data: Data, *, batch_size: int, stop: Stop, lanes: int | None = None
) -> Descent:
    """Trains all runs as one program; one that is done makes room for one that waits.

    Args:
        model: What is trained.
        runs: What tells them apart.
        data: What batches are drawn from.
        batch_size: Samples in a batch, drawn with replacement.
        stop: When a run ends.
        lanes: How many runs are trained at a time; all by default.
    """
    total = len(runs.data)
    lane = np.arange(min(lanes or total, total))  # The run that each lane has.
    waiting = iter(range(len(lane), total))
    dtype = jnp.result_type(float)
    arrays = data._replace(x=jnp.asarray(data.x, dtype), y=jnp.asarray(data.y, dtype))
    arrays, params = jax.device_put((arrays, runs.params))
    state = jax.vmap(functools.partial(_start, stop))(jax.tree.map(lambda a: a[lane], params))
    fresh, steps = np.zeros(len(lane), bool), np.zeros(total, int)
    curves: list[list[np.ndarray]] = [[] for _ in range(total)]
    ends: list[Any] = [None] * total
    # A piece is short, so that a run that is done does not wait long.
    piece = min(max(1, stop.interval // 4), stop.max_steps)
    while any(end is None for end in ends):
        # Beyond the last step there is no seed, and no lane that asks for one.
        ahead = np.minimum(steps[lane][:, None] + np.arange(piece), stop.max_steps - 1)
        now = _Lane(fresh, lane, runs.seeds[lane[:, None], ahead], runs.rate[lane], runs.data[lane])
        state = _advance(model, state, now, params, arrays, batch_size, stop)
        found = jax.device_get(state)
        fresh = np.zeros(len(lane), bool)
        for place, run in enumerate(lane):
            if ends[run] is not None:
                continue
            taken, steps[run] = found.step[place] - steps[run], found.step[place]
            curves[run].append(found.recent[place, stop.window - taken :])
            if found.done[place] or steps[run] == stop.max_steps:
                ends[run] = jax.tree.map(lambda a: a[place], (found.params, found.flat))  # noqa: B023
                if (following := next(waiting, None)) is not None:
                    lane[place], fresh[place] = following, True
    last, flat = zip(*ends, strict=True)
    trained = jax.tree.map(lambda *leaves: np.stack(leaves), *last)
    return Descent(trained, [np.concatenate(pieces) for pieces in curves], np.array(flat))


def _start(stop: Stop, params: Params) -> _State:
    recent, no = jnp.zeros(stop.window, jnp.result_type(float)), jnp.zeros((), bool)
    return _State(params, _ADAM.init(params), recent, jnp.zeros((), int), no, no)


@functools.partial(jax.jit, static_argnames=("model", "batch_size", "stop"))
def _advance(
    model: Model,
    state: _State,
    lanes: _Lane,
    params: Params,
    data: Data,
    batch_size: int,
    stop: Stop,
) -> _State:
    """Takes as many steps as there are seeds, less where a run is done."""

    def run(state: _State, lane: _Lane) -> _State:
        start = _start(stop, jax.tree.map(lambda a: a[lane.run], params))
        state = jax.tree.map(lambda new, old: jnp.where(lane.fresh, new, old), start, state)
        begin = state.step
        end = jnp.minimum(begin + len(lane.seeds), stop.max_steps)

        def step(state: _State) -> _State:
            key = jax.random.PRNGKey(lane.seeds[state.step - begin])
            # As `jax.random.choice` draws them, which does not take a number that is traced.
            rows = jax.random.randint(key, (batch_size,), 0, data.count[lane.data])
            batch = data.x[lane.data, rows], data.y[lane.data, rows]
            value, gradient = jax.value_and_grad(model.loss)(state.params, *batch)
            updates, moments = _ADAM.update(gradient, state.moments)
            params = jax.tree.map(
                lambda p, u: p - lane.rate.astype(u.dtype) * u, state.params, updates
            )
            recent = jnp.append(state.recent[1:], value.astype(state.recent.dtype))
            flat = stop.flat(state.step, recent)
            done = flat | jnp.isnan(value)
            return _State(params, moments, recent, state.step + 1, flat, done)

        return jax.lax.while_loop(lambda state: ~state.done & (state.step < end), step, state)

    return jax.vmap(run)(state, lanes)
