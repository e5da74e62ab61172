"""One epoch of many runs as one program: `fit`'s own epoch under `jax.vmap`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from qjax.train._epoch import (
    epoch_function,
    evaluate_function,
    select,
    steps_function,
)
from qjax.train._gradient import Metrics
from qjax.train._layout import Layout
from qjax.train._runs import Folds
from qjax.train._state import Batch, Loss, TrainState, Variables, initial_state, variables

Optimizer: TypeAlias = "optax.GradientTransformation | Callable[..., optax.GradientTransformation]"


class Given(NamedTuple):
    """What tells runs apart; a pytree with leaves `[runs, ...]`."""

    seed: jax.Array
    hyperparameters: dict[str, jax.Array]
    folds: Folds | None


class Sweep(NamedTuple):
    """Runs between two epochs; a pytree with leaves `[runs, ...]`.

    Attributes:
        state: State after the last epoch, or before the first step that was not finite.
        best: Variables after the best epoch.
        best_value: Their monitored metric; nan before the first epoch.
        best_epoch: Number of that epoch, counted from 1; 0 before the first.
        failed_step: Number of the first step that was not finite; 0 for none.
    """

    state: TrainState
    best: Variables
    best_value: jax.Array
    best_epoch: jax.Array
    failed_step: jax.Array


def taken_by(function: Any, names: Any) -> set[str]:
    """Returns which of the names `function` takes as keyword arguments."""
    if isinstance(function, optax.GradientTransformation):
        return set()
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return set(names)
    return {p.name for p in parameters if p.kind is not p.POSITIONAL_ONLY} & set(names)


class Program:
    """The two functions of a sweep, each over all runs at once.

    Args:
        make: Makes a model from `nnx.Rngs`.
        model: A model that it made, for the structure.
        optimizer: Optax transformation, or a function of hyperparameters that returns one.
        loss: See `qjax.train.fit_many`.
        trainable: NNX filter of the variables that are trained.
        monitor: Validation metric that the best epoch is chosen by.
        maximize: Whether more of it is better.
        eval_batch_size: Most validation examples of a run at a time.
        layout: Which devices have which runs and examples.
        accumulate: See `qjax.train.fit`.
    """

    def __init__(
        self,
        make: Callable[[nnx.Rngs], nnx.Module],
        model: nnx.Module,
        optimizer: Optimizer,
        loss: Loss,
        *,
        trainable: Any,
        monitor: str,
        maximize: bool,
        eval_batch_size: int,
        layout: Layout,
        accumulate: int,
    ):
        self._make, self._model = make, model
        self._optimizer, self._loss = optimizer, loss
        self._trainable = trainable
        self._monitor, self._maximize = monitor, maximize
        self._eval_batch_size = eval_batch_size
        self._layout, self._accumulate = layout, accumulate
        split = layout.sharding(layout.ensemble)
        self.begin = jax.jit(jax.vmap(self._begin), out_shardings=split)
        self.advance = jax.jit(
            jax.vmap(self._advance, in_axes=(0, 0, 0, None, None)),
            donate_argnums=0,
            out_shardings=split,
        )

    def _begin(self, given: Given) -> Sweep:
        """Returns one run before its first step, as `fit` has it for a model of the same seed."""
        model = self._make(nnx.Rngs(jax.random.key(given.seed)))
        optimizer, _ = self._with(given.hyperparameters)
        state = initial_state(model, optimizer, given.seed, self._trainable)
        none = jnp.int32(0)
        return Sweep(state, variables(state), jnp.float32(jnp.nan), none, none)

    def _advance(
        self, sweep: Sweep, given: Given, order: jax.Array, data: tuple[Batch, Batch], epoch: Any
    ) -> tuple[Sweep, tuple[Metrics, Metrics]]:
        """Returns one run after `epoch`, and its metrics in training and on validation."""
        optimizer, loss = self._with(given.hyperparameters)
        train, valid = data
        if given.folds is not None:
            folds = given.folds
            order, valid = folds.train[order], jax.tree.map(lambda a: a[folds.valid], train)
        model, trainable, layout = self._model, self._trainable, self._layout
        run_steps = steps_function(
            model, optimizer, loss, trainable, layout=layout, accumulate=self._accumulate
        )
        evaluate = evaluate_function(model, loss, self._eval_batch_size, trainable, layout=layout)
        state, info = epoch_function(run_steps)(sweep.state, order, train)
        scores = evaluate(state.params, state.rest, valid)

        alive = sweep.failed_step == 0
        good = alive & (info.good_steps == len(order))
        # A run that failed stays where it was, however its later steps would turn out.
        state = select(alive, state, sweep.state)
        failed_step = jnp.where(alive & ~good, state.step + 1, sweep.failed_step)
        if self._monitor not in scores:
            raise ValueError(
                f"Argument `monitor` must be one of the loss's metrics {sorted(scores)}, "
                f"but is {self._monitor!r}."
            )
        value = scores[self._monitor].astype(jnp.float32)
        better = value > sweep.best_value if self._maximize else value < sweep.best_value
        take = good & (better | jnp.isnan(sweep.best_value))
        best, best_value, best_epoch = select(
            take,
            (variables(state), value, jnp.int32(epoch)),
            (sweep.best, sweep.best_value, sweep.best_epoch),
        )
        metrics = jax.tree.map(lambda m: jnp.where(good, m, jnp.nan), (info.metrics, scores))
        return Sweep(state, best, best_value, best_epoch, failed_step), metrics

    def _with(self, values: Mapping[str, jax.Array]) -> tuple[optax.GradientTransformation, Loss]:
        """Returns optimizer and loss of one run."""
        optimizer, loss = self._optimizer, self._loss
        mine = {name: values[name] for name in taken_by(loss, values)}
        if not isinstance(optimizer, optax.GradientTransformation):
            optimizer = optimizer(**{name: values[name] for name in taken_by(optimizer, values)})
        if not mine:
            return optimizer, loss
        return optimizer, lambda model, batch, key: loss(model, batch, key, **mine)
