"""The training loop of many runs at once."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh
from rich.console import Console

from qjax.sharding import Axes
from qjax.train._arguments import check_positive, console_of, length_of
from qjax.train._epoch import epoch_order
from qjax.train._fit import Data
from qjax.train._history import History, Record, Timings
from qjax.train._hosts import everyones
from qjax.train._layout import layout_of
from qjax.train._part import Loop
from qjax.train._runs import Folds, Runs
from qjax.train._state import Loss
from qjax.train._stop import stop_on_signal
from qjax.train._stream import Stream
from qjax.train._sweep import Given, Optimizer, Program, taken_by


def fit_many(
    make: Callable[[nnx.Rngs], nnx.Module],
    optimizer: Optimizer,
    loss: Loss,
    data: Data,
    *,
    seeds: Any,
    hyperparameters: Mapping[str, Any] | None = None,
    folds: Folds | None = None,
    epochs: int,
    batch_size: int,
    runs_at_once: int | None = None,
    run_dir: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
    monitor: str = "loss",
    maximize: bool = False,
    trainable: Any = nnx.Param,
    eval_batch_size: int = 1024,
    accumulate: int = 1,
    mesh: Mesh | None = None,
    axes: Axes | None = None,
    checkpoint_seconds: float = 10.0,
    label: str = "training",
    progress: bool | Console = True,
) -> Runs:
    r"""Trains many models at once, as one program over stacked variables.

    Run r is `qjax.train.fit` on `make(nnx.Rngs(seeds[r]))` with the seed `seeds[r]`, to rounding:

    $$\theta^{(r)}_{t+1} = \theta^{(r)}_t + T_{h_r}(g^{(r)}_t), \qquad
      g^{(r)}_t = \nabla_\theta L_{h_r}(\theta^{(r)}_t, b^{(r)}_t, k^{(r)}_t)$$

    All steps of an epoch of all runs are one compiled `jax.lax.scan` under `jax.vmap`: it is
    compiled once, and steps of small models are few large operations in place of many small ones.
    A run that is no longer finite stays as it was before that step; the others go on.

    Args:
        make: `make(rngs)` returns the model to train, by JAX operations on what it draws from
            `rngs`. All models have one structure.
        optimizer: Optax transformation, or a function that returns one and takes hyperparameters
            by name, such as `optax.adam` for `learning_rate`.
        loss: As in `fit`. It is given the hyperparameters that it has as keyword arguments.
        data: As in `fit`; every run has all of it, unless there are folds.
        seeds: Seed of each run: of its model, its orders and the keys given to `loss`. Integers
            `[runs]`.
        hyperparameters: Name to array `[runs, ...]`. They are traced: numbers only, which may not
            decide shapes. `qjax.train.grid` lays out combinations.
        folds: Which examples of `data.train` each run has for training and for validation;
            `data.valid` is then not used. `qjax.train.k_folds` draws them.
        epochs: Epochs in all.
        batch_size: Examples in a step of a run.
        runs_at_once: Most runs in one program, to bound memory; None for all.
        run_dir: Folder for checkpoints; None to keep none. The same call goes on from there.
        config: Settings to save with the runs. They resume only under the same ones.
        monitor: Validation metric that a run's best epoch is chosen by. The first of equals wins.
        maximize: Whether more of it is better.
        trainable: NNX filter of the variables to train.
        eval_batch_size: Most validation examples of a run at a time.
        accumulate: As in `fit`.
        mesh: Devices to train on: runs are split over the mesh axis `ensemble`, such as that of
            `qjax.sharding.mesh(ensemble=8)`, and the examples of a step over the axis `batch`, if
            there is one. Where runs cannot have equal shares of the devices, some are computed
            twice. The runs are the same for any number of devices, to rounding, and may be resumed
            on another mesh.
        axes: Which mesh axes serve as `ensemble` and `batch`, where they have other names.
        checkpoint_seconds: Shortest time between checkpoints; the last epoch is always saved.
        label: Name shown with the progress, whose numbers are medians over the runs.
        progress: Whether to show progress, or the `rich` console to show it on.

    Returns:
        `Runs`: histories, best variables and failures of all runs; `runs[r]` is one run.

    Raises:
        ValueError: If an argument is out of range or has another number of runs.
        CheckpointError: If a checkpoint is damaged or belongs to other runs.
        RunFolderError: If `run_dir` cannot be written.

    Example:
        >>> import numpy as np, optax
        >>> from flax import nnx
        >>> from qjax.data import Examples, Split
        >>> from qjax.train import cross_entropy, fit_many, grid
        >>> x = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
        >>> part = Examples(x, (x[:, 0] > 0).astype(np.int32))
        >>> sweep = grid(seed=range(4), learning_rate=[0.1, 0.01])
        >>> runs = fit_many(lambda rngs: nnx.Linear(2, 2, rngs=rngs), optax.adam, cross_entropy,
        ...                 Split(part, part, part), seeds=sweep.pop("seed"),
        ...                 hyperparameters=sweep, epochs=20, batch_size=16, progress=False)
        >>> runs.history.valid["loss"].shape
        (8, 20)
        >>> float(sweep["learning_rate"][runs.winner])
        0.1
    """
    if isinstance(data.train, Stream):
        raise ValueError("Argument `data.train` must be arrays for many runs, but is a Stream.")
    given = _given(seeds, hyperparameters, folds, optimizer, loss)
    if given.folds is not None:
        _check_range(given.folds, length_of("data.train", data.train))
    count = len(given.seed)
    rows = jax.tree.leaves(data.train)[0] if given.folds is None else given.folds.train[0]
    length = length_of("data.train", data.train) if given.folds is None else len(rows)
    if folds is None:
        length_of("data.valid", data.valid)
    check_positive(
        epochs=epochs,
        batch_size=batch_size,
        eval_batch_size=eval_batch_size,
        accumulate=accumulate,
        runs_at_once=count if runs_at_once is None else runs_at_once,
    )
    if batch_size > length:
        raise ValueError(
            f"Argument `batch_size` must be at most the {length} training examples of a run, "
            f"but is {batch_size}."
        )
    layout = layout_of(mesh, axes, "batch", "ensemble")
    layout.check_batch(batch_size, accumulate)
    model = make(nnx.Rngs(int(given.seed[0])))
    program = Program(
        make,
        model,
        optimizer,
        loss,
        trainable=trainable,
        monitor=monitor,
        maximize=maximize,
        eval_batch_size=eval_batch_size,
        layout=layout,
        accumulate=accumulate,
    )
    examples = layout.put((data.train, data.valid if folds is None else None))
    order = functools.partial(epoch_order, length=length, batch_size=batch_size)
    loop = Loop(
        program,
        jax.jit(jax.vmap(order, (0, None))),
        examples,
        epochs=epochs,
        steps=length // batch_size,
        settings={
            "batch_size": batch_size,
            "examples": length,
            "monitor": monitor,
            "maximize": maximize,
            **({"accumulate": accumulate} if accumulate > 1 else {}),
            **(config or {}),
        },
        checkpoint_seconds=checkpoint_seconds,
        console=console_of(progress),
        layout=layout,
    )
    size = min(runs_at_once or count, count)
    parts = []
    with stop_on_signal() as request:
        for start in range(0, count, size):
            # The last part is filled up with runs from the start: one shape, compiled once.
            members = np.arange(start, start + size) % count
            name = f"{start}-{min(start + size, count) - 1}"
            part = loop.run(
                jax.tree.map(lambda a, members=members: a[members], given),
                label if size == count else f"{label} {name}",
                None if run_dir is None else pathlib.Path(run_dir) / f"runs-{name}",
                request,
            )
            parts.append(part)

        stopped_by = max(everyones(request.signal or 0)) or None

    sweep = jax.tree.map(lambda *leaves: jnp.concatenate(leaves)[:count], *(p.sweep for p in parts))
    history = _history([part.records for part in parts], count)
    step_seconds = float(np.nanmedian(history.seconds)) / loop.steps if history.train else 0.0
    return Runs(
        history=history,
        timings=Timings(loop.compile_seconds + step_seconds, step_seconds),
        best=nnx.merge_state(*sweep.best),
        best_value=np.asarray(sweep.best_value, np.float64),
        best_epoch=np.asarray(sweep.best_epoch),
        failed_step=np.asarray(sweep.failed_step),
        stopped_by=stopped_by,
        _structure=nnx.graphdef(model),
        _maximize=maximize,
    )


def _given(
    seeds: Any,
    hyperparameters: Mapping[str, Any] | None,
    folds: Folds | None,
    optimizer: Optimizer,
    loss: Loss,
) -> Given:
    """Returns what tells runs apart, checked."""
    given = Given(
        jnp.asarray(np.asarray(seeds)),
        {name: jnp.asarray(np.asarray(values)) for name, values in (hyperparameters or {}).items()},
        None if folds is None else Folds(*(jnp.asarray(part) for part in folds)),
    )
    if given.seed.ndim != 1 or not jnp.issubdtype(given.seed.dtype, jnp.integer):
        raise ValueError(
            "Argument `seeds` must be integers of shape (runs,) with at least one run, "
            f"but has shape {given.seed.shape} and type {given.seed.dtype}."
        )
    count = len(given.seed)
    taken = taken_by(optimizer, given.hyperparameters) | taken_by(loss, given.hyperparameters)
    for name, values in given.hyperparameters.items():
        if values.shape[:1] != (count,):
            raise ValueError(
                f"Argument `hyperparameters` must have arrays of shape ({count}, ...), one entry "
                f"for each of `seeds`, but {name!r} has shape {values.shape}."
            )
        if name not in taken:
            raise ValueError(
                "Argument `hyperparameters` must have names that `optimizer` or `loss` takes, "
                f"but neither takes {name!r}."
            )
    for name, part in zip(Folds._fields, given.folds or (), strict=False):
        if part.ndim != 2 or len(part) != count:
            raise ValueError(
                f"Argument `folds` must have indices of shape ({count}, examples), one row for "
                f"each of `seeds`, but `folds.{name}` has shape {part.shape}."
            )
    return given


def _check_range(folds: Folds, length: int) -> None:
    """Raises where an index is none of the `length` examples: JAX would take the last instead."""
    for name, part in zip(Folds._fields, folds, strict=True):
        if part.size and not (0 <= int(part.min()) and int(part.max()) < length):
            raise ValueError(
                f"Argument `folds` must have indices from 0 to {length - 1}, but `folds.{name}` "
                f"has {int(part.min())} to {int(part.max())}."
            )


def _history(parts: list[list[Record]], count: int) -> History:
    """Returns records of all parts as arrays `[runs, epochs]`; nan for epochs that were not run."""
    epochs = max(map(len, parts))
    if not epochs:
        return History({}, {}, np.zeros((count, 0)))
    first = parts[0][0]

    def table(part: str, name: str | None = None) -> np.ndarray:
        def row(records: list[Record], epoch: int) -> np.ndarray:
            if epoch >= len(records):
                return np.full_like(first["seconds"], np.nan)
            values = records[epoch][part]
            return values if name is None else values[name]

        columns = [np.stack([row(records, e) for e in range(epochs)], 1) for records in parts]
        return np.concatenate(columns)[:count]

    metrics = {part: {n: table(part, n) for n in first[part]} for part in ("train", "valid")}
    return History(**metrics, seconds=table("seconds"))
