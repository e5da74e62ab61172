"""The training loop."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from rich.console import Console

from qjax.train._course import Course
from qjax.train._epoch import evaluate_function, steps_function
from qjax.train._errors import NonFiniteError
from qjax.train._folder import RunFolder
from qjax.train._history import Run
from qjax.train._identity import identity
from qjax.train._in_memory import InMemory
from qjax.train._progress import ProgressReport
from qjax.train._state import Batch, Loss, initial_state, named_arrays, variables
from qjax.train._stop import stop_on_signal
from qjax.train._stream import Stream


class Data(Protocol):
    """Examples in two parts, each a pytree of arrays of one leading length.

    The first may be a `qjax.train.Stream` as well.
    """

    @property
    def train(self) -> Batch | Stream: ...
    @property
    def valid(self) -> Batch: ...


def fit(
    model: nnx.Module,
    optimizer: optax.GradientTransformation,
    loss: Loss,
    data: Data,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
    run_dir: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
    monitor: str = "loss",
    maximize: bool = False,
    patience: int | None = None,
    trainable: Any = nnx.Param,
    eval_batch_size: int = 1024,
    checkpoint_seconds: float = 10.0,
    label: str = "training",
    progress: bool | Console = True,
) -> Run:
    r"""Trains a Flax NNX module and leaves the last epoch's variables in it.

    With the loss L, Optax's transformation T and batches b drawn without replacement,

    $$g_t = \nabla_\theta L(\theta_t, b_t, k_t), \qquad
      \theta_{t+1} = \theta_t + T(g_t)$$

    All steps of an epoch are one compiled `jax.lax.scan`. With a run folder, SIGINT (Ctrl-C)
    and SIGTERM stop the run after the current epoch, when everything is saved; a second signal
    stops at once. The same call then goes on from the newest checkpoint, even after a kill, and
    ends with the same bits as a run that was never interrupted.

    Args:
        model: Module to train, in place. Any variables beside the trained ones (running
            statistics, random streams) are carried along and saved.
        optimizer: Optax transformation.
        loss: `loss(model, batch, key)` returns a scalar, or a scalar and a dict of scalar metrics,
            each a mean over the batch. `key` is a fresh PRNG key in training (augmentation, noise)
            and None in validation, where the model is in evaluation mode.
        data: Has `train` and `valid`: pytrees of arrays of one leading length, such as a
            `qjax.data.Split`. A batch is the same pytree with `batch_size` for that length. In
            place of `train` a `qjax.train.Stream` reads batches while training runs.
        epochs: Epochs in all, those before a resumption among them.
        batch_size: Examples in a step.
        seed: Seed of orders and of the keys given to `loss`.
        run_dir: Folder for checkpoints and `history.csv`; None to keep none.
        config: Settings to save with the run. A run resumes only under the same ones.
        monitor: Validation metric that the best epoch is chosen by. The first of equals wins.
        maximize: Whether more of it is better.
        patience: Epochs without a better one after which the run ends; None for all epochs.
        trainable: NNX filter of the variables to train.
        eval_batch_size: Most validation examples at a time.
        checkpoint_seconds: Shortest time between checkpoints; the last epoch is always saved.
        label: Name shown with the progress.
        progress: Whether to show progress, or the `rich` console to show it on.

    Returns:
        A `Run`: history, timings and the best variables.

    Raises:
        ValueError: If an argument is out of range.
        NonFiniteError: If a loss or a parameter is not finite, naming the step. `model` then holds
            the last good variables, and so does the checkpoint that is named.
        CheckpointError: If a checkpoint is damaged or belongs to another run.
        RunFolderError: If `run_dir` cannot be written.

    Example:
        >>> import numpy as np, optax
        >>> from flax import nnx
        >>> from qjax.data import Examples, Split
        >>> from qjax.train import cross_entropy, fit
        >>> x = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
        >>> part = Examples(x, (x[:, 0] > 0).astype(np.int32))
        >>> model = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
        >>> run = fit(model, optax.adam(0.1), cross_entropy, Split(part, part, part),
        ...           epochs=20, batch_size=16, seed=0, progress=False)
        >>> bool(run.history.valid["accuracy"][-1] > 0.9)
        True
    """
    source = _check_arguments(data, epochs, batch_size, eval_batch_size, patience)
    steps = source.steps
    state = initial_state(model, optimizer, seed, trainable)
    chosen_by = {"monitor": monitor, "maximize": maximize}
    own = {"seed": seed, "batch_size": batch_size, **chosen_by, **source.settings}
    settings = {**own, **(config or {})}
    described = identity(named_arrays(state), settings)
    console = progress if isinstance(progress, Console) else Console() if progress else None

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(RunFolder(run_dir)) if run_dir is not None else None
        course = Course.begin(state, folder, described)

        request = stack.enter_context(stop_on_signal())
        report = stack.enter_context(
            ProgressReport(label, epochs=epochs, done=course.epoch, steps=steps, console=console)
        )
        done = course.done(epochs, patience)
        if not done:
            valid = jax.tree.map(jnp.asarray, data.valid)
            began = time.perf_counter()
            run_steps = steps_function(model, optimizer, loss, trainable)
            run_epoch = stack.enter_context(source.open(run_steps, course.state, batch_size))
            compile_seconds = time.perf_counter() - began
            evaluate = jax.jit(evaluate_function(model, loss, eval_batch_size, trainable))

        while not done and not request:
            began = time.perf_counter()
            course.state, info = run_epoch(course.state, course.epoch)
            good_steps = int(info.good_steps)
            seconds = time.perf_counter() - began
            if good_steps < steps:
                raise _non_finite(model, course, good_steps)
            scores = evaluate(course.state.params, course.state.rest, valid)
            if not course.first_step_seconds:
                course.first_step_seconds = compile_seconds + seconds / steps
            record = course.add(info.metrics, scores, seconds, monitor, maximize)
            report.update(course.epoch, record)
            course.save(after_seconds=checkpoint_seconds)
            done = course.done(epochs, patience)

        course.save()
        if folder is not None:
            folder.wait()
        if done and course.epoch < epochs:
            report.say(f"no better epoch than {course.best_epoch} in {patience}: ended")
        if request and not done:
            then = "; the same call goes on from here" if folder is not None else ""
            report.say(f"stopped after epoch {course.epoch} of {epochs}{then}")

    nnx.update(model, course.state.params, course.state.rest)
    # A signal in the last epoch is told as well: the caller is asked to stop, too.
    return course.result(steps=steps, stopped_by=request.signal)


def _check_arguments(
    data: Data, epochs: int, batch_size: int, eval_batch_size: int, patience: int | None
) -> InMemory | Stream:
    """Returns where the batches come from."""
    check_positive(
        epochs=epochs,
        batch_size=batch_size,
        eval_batch_size=eval_batch_size,
        patience=1 if patience is None else patience,
    )
    length_of("data.valid", data.valid)
    if isinstance(data.train, Stream):
        return data.train
    length = length_of("data.train", data.train)
    if batch_size > length:
        raise ValueError(
            f"Argument `batch_size` must be at most the {length} training examples, "
            f"but is {batch_size}."
        )
    return InMemory(data.train, batch_size)


def check_positive(**values: Any) -> None:
    """Raises unless all are integers above 0."""
    for name, value in values.items():
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"Argument `{name}` must be a positive integer, but is {value!r}.")


def length_of(name: str, examples: Batch) -> int:
    """Returns the one leading length of all arrays, or raises if there is none."""
    lengths = {np.shape(a)[:1] for a in jax.tree.leaves(examples)}
    if len(lengths) != 1 or () in lengths or (0,) in lengths:
        raise ValueError(
            f"Argument `{name}` must have arrays of one leading length above 0, "
            f"but has leading lengths {sorted(lengths)}."
        )
    return int(next(iter(lengths))[0])


def _non_finite(model: nnx.Module, course: Course, good_steps: int) -> NonFiniteError:
    state, folder = course.state, course.folder
    nnx.update(model, state.params, state.rest)
    step = int(state.step) + 1
    where = "in `model`"
    if folder is not None:
        path = folder.save_last_good(step - 1, named_arrays(variables(state)))
        where += f" and in `{path}`"
    return NonFiniteError(
        f"Loss or parameters were not finite at step {step} (epoch {course.epoch + 1}, batch "
        f"{good_steps + 1}). The last good parameters are {where}. Lower the learning rate, "
        "clip gradients (optax.clip_by_global_norm), or look for bad values in the data.",
        step,
    )
