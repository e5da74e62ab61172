"""Many runs: what tells them apart, and what they leave behind."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import nnx

from qjax.train._history import History, Run, Timings


class Folds(NamedTuple):
    """Which examples each run learns from and which it is validated on; a pytree.

    Attributes:
        train: Indices into the training data, int32 `[runs, examples]`.
        valid: Indices into the training data, int32 `[runs, validation examples]`.
    """

    train: np.ndarray | jax.Array
    valid: np.ndarray | jax.Array


def k_folds(length: int, k: int, *, seed: int) -> Folds:
    """Returns k runs of which each is validated on a k-th of the examples.

    The parts are drawn at random, and all of one size, so that one program can run them: of
    `length` examples `length % k` are in no validation part and always learnt from.

    Args:
        length: Number of examples.
        k: Number of folds.
        seed: Seed of the draw.

    Returns:
        `Folds` of k runs.

    Raises:
        ValueError: If `k` is not between 2 and `length`.

    Example:
        >>> from qjax.train import k_folds
        >>> folds = k_folds(11, 3, seed=0)
        >>> folds.train.shape, folds.valid.shape
        ((3, 8), (3, 3))
    """
    if not 2 <= k <= length:
        raise ValueError(f"Argument `k` must be between 2 and {length}, but is {k}.")
    order = np.random.default_rng(seed).permutation(length).astype(np.int32)
    valid = order[: length // k * k].reshape(k, -1)
    return Folds(np.stack([np.setdiff1d(order, part) for part in valid]), valid)


def grid(**values: Any) -> dict[str, np.ndarray]:
    """Returns every combination of the given values, one a run.

    Args:
        **values: Name to a sequence of numbers.

    Returns:
        Name to array `[runs]`; the last name changes fastest.

    Example:
        >>> from qjax.train import grid
        >>> runs = grid(seed=range(2), learning_rate=[0.1, 0.01, 0.001])
        >>> runs["seed"].tolist(), runs["learning_rate"].tolist()
        ([0, 0, 0, 1, 1, 1], [0.1, 0.01, 0.001, 0.1, 0.01, 0.001])
    """
    rows = list(itertools.product(*values.values()))
    return {name: np.array([row[i] for row in rows]) for i, name in enumerate(values)}


@dataclasses.dataclass(frozen=True)
class Runs:
    """What `qjax.train.fit_many` returns; `runs[i]` is one of them, as `fit` returns it.

    Attributes:
        history: Metrics of each epoch, arrays `[runs, epochs]`; nan from the epoch on in which a
            run failed. An epoch's seconds are those of all runs that it was compiled with.
        timings: Seconds to the first step and seconds a step of all runs compiled together.
        best: Variables of each run's best epoch on validation, leaves `[runs, ...]`.
        best_value: Its monitored metric, float `[runs]`; nan where there is none.
        best_epoch: Its number, counted from 1, int `[runs]`; 0 where there is none.
        failed_step: Number of the first step, counted from 1, whose loss or parameters were not
            finite, int `[runs]`; 0 for runs without.
        stopped_by: Number of the signal that stopped the runs, or None if they are finished.
    """

    history: History
    timings: Timings
    best: nnx.State
    best_value: np.ndarray
    best_epoch: np.ndarray
    failed_step: np.ndarray
    stopped_by: int | None
    _structure: nnx.GraphDef = dataclasses.field(repr=False)
    _maximize: bool = False

    def __len__(self) -> int:
        return len(self.best_epoch)

    def __getitem__(self, run: int) -> Run:
        run = range(len(self))[run]  # Raises IndexError, which also ends a loop over the runs.
        one = {
            part: {name: values[run] for name, values in getattr(self.history, part).items()}
            for part in ("train", "valid")
        }
        return Run(
            history=History(**one, seconds=self.history.seconds[run]),
            timings=self.timings,
            best=jax.tree.map(lambda leaf: leaf[run], self.best),
            best_epoch=int(self.best_epoch[run]),
            stopped_by=self.stopped_by,
        )

    def model(self, run: int) -> nnx.Module:
        """Returns the model of one run, with the variables of its best epoch."""
        model = nnx.merge(self._structure, self[run].best, copy=True)
        model.eval()
        return model

    @property
    def winner(self) -> int:
        """The run with the best monitored metric; -1 if none finished an epoch."""
        if np.isnan(self.best_value).all():
            return -1
        choose = np.nanargmax if self._maximize else np.nanargmin
        return int(choose(self.best_value))
