"""The training loop."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol

import jax
import optax
from flax import nnx
from jax.sharding import Mesh
from rich.console import Console

from qjax.sharding import Axes
from qjax.train._arguments import check_positive, console_of, length_of
from qjax.train._course import Course
from qjax.train._epoch import evaluate_function, steps_function
from qjax.train._errors import NonFiniteError
from qjax.train._folder import RunFolder
from qjax.train._history import Run
from qjax.train._hosts import everyones
from qjax.train._identity import identity
from qjax.train._in_memory import InMemory
from qjax.train._layout import Layout, layout_of
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
    accumulate: int = 1,
    mesh: Mesh | None = None,
    axes: Axes | None = None,
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
        accumulate: Parts of equal size in which a step takes its batch, one after the other, for
            batches whose intermediate states do not fit into memory. Their gradients and metrics
            are averaged before the one update of the step: the same to rounding, if `loss` is a
            mean over examples that takes no key. (`optax.MultiSteps` means something else: it
            joins several steps, each with a batch of its own.) Part i has every `accumulate`-th
            example from the i-th on and the key `jax.random.fold_in(key, i)`; batch statistics are
            those of a part.
        mesh: Devices to train on: the examples of a step are split over the mesh axis `batch`, such
            as that of `qjax.sharding.mesh(batch=8)`, and the gradient is summed over it. Batches,
            their order and the keys are the same for any number of devices, and losses are so to
            rounding; a run may be resumed on another mesh. Parameters and data are on every device.
            Of several processes each makes the same call with the same arguments.
        axes: Which mesh axis serves as `batch`, where it has another name.
        checkpoint_seconds: Shortest time between checkpoints; the last epoch is always saved.
        label: Name shown with the progress.
        progress: Whether to show progress, or the `rich` console to show it on.

    Returns:
        A `Run`: history, timings and the best variables.

    Raises:
        ValueError: If an argument is out of range, or the devices of the mesh cannot have equal
            shares of a batch.
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
    source = _check_arguments(data, epochs, batch_size, eval_batch_size, accumulate, patience)
    layout = layout_of(mesh, axes, "batch")
    layout.check_batch(batch_size, accumulate)
    steps = source.steps
    state = layout.put(initial_state(model, optimizer, seed, trainable))
    chosen_by = {"monitor": monitor, "maximize": maximize}
    own = {"seed": seed, "batch_size": batch_size, **chosen_by, **source.settings}
    # Whoever does not use it has checkpoints that do not know of it.
    parts = {"accumulate": accumulate} if accumulate > 1 else {}
    settings = {**own, **parts, **(config or {})}
    described = identity(named_arrays(state), settings)
    console = console_of(progress)

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(RunFolder(run_dir)) if run_dir is not None else None
        course = Course.begin(state, folder, described)

        request = stack.enter_context(stop_on_signal())
        report = stack.enter_context(
            ProgressReport(label, epochs=epochs, done=course.epoch, steps=steps, console=console)
        )
        done = course.done(epochs, patience)
        if not done:
            valid = layout.put(data.valid)
            began = time.perf_counter()
            run_steps = steps_function(
                model, optimizer, loss, trainable, layout=layout, accumulate=accumulate
            )
            opened = source.open(run_steps, course.state, batch_size, layout)
            run_epoch = stack.enter_context(opened)
            compile_seconds = time.perf_counter() - began
            evaluate = jax.jit(
                evaluate_function(model, loss, eval_batch_size, trainable, layout=layout),
                out_shardings=layout.sharding(),
            )

        # A signal to one of several processes stops all of them.
        while not done and not max(everyones(request.signal or 0)):
            began = time.perf_counter()
            course.state, info = run_epoch(course.state, course.epoch)
            good_steps = int(info.good_steps)
            seconds = time.perf_counter() - began
            if good_steps < steps:
                raise _non_finite(model, course, layout, good_steps)
            scores = evaluate(course.state.params, course.state.rest, valid)
            if not course.first_step_seconds:
                course.first_step_seconds = compile_seconds + seconds / steps
            record = course.add(info.metrics, scores, seconds, monitor, maximize)
            report.update(course.epoch, record)
            course.save(after_seconds=checkpoint_seconds)
            done = course.done(epochs, patience)

        course.save()
        stopped_by = max(everyones(request.signal or 0)) or None
        if folder is not None:
            folder.wait()
        if done and course.epoch < epochs:
            report.say(f"no better epoch than {course.best_epoch} in {patience}: ended")
        if stopped_by and not done:
            then = "; the same call goes on from here" if folder is not None else ""
            report.say(f"stopped after epoch {course.epoch} of {epochs}{then}")

    nnx.update(model, *layout.back(variables(course.state)))
    # A signal in the last epoch is told as well: the caller is asked to stop, too.
    return course.result(layout.back(course.best), steps=steps, stopped_by=stopped_by)


def _check_arguments(
    data: Data,
    epochs: int,
    batch_size: int,
    eval_batch_size: int,
    accumulate: int,
    patience: int | None,
) -> InMemory | Stream:
    """Returns where the batches come from."""
    check_positive(
        epochs=epochs,
        batch_size=batch_size,
        eval_batch_size=eval_batch_size,
        accumulate=accumulate,
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


def _non_finite(
    model: nnx.Module, course: Course, layout: Layout, good_steps: int
) -> NonFiniteError:
    state, folder = course.state, course.folder
    nnx.update(model, *layout.back(variables(state)))
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
