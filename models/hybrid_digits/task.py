"""The task: train the hybrid and its twin by one recipe, test each once."""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from flax import nnx
from rich.console import Console

from qjax.data import digits
from qjax.train import Run, cross_entropy, fit

from . import report
from .augment import askew
from .config import Config
from .model import DigitsClassifier, classical_twin, count_parameters, hybrid

MODELS: dict[str, Callable[[Config], DigitsClassifier]] = {
    "hybrid": hybrid,
    "classical": classical_twin,
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One trained model.

    Attributes:
        run: What the trainer returned.
        predictions: Classes of the test images by the best variables, `[360]`.
        parameters: Trained numbers in the model, and in its middle layer.
        seconds: Wall time of training in this process.
    """

    run: Run
    predictions: np.ndarray
    parameters: tuple[int, int]
    seconds: float


def run(
    config: Config, run_dir: pathlib.Path, *, restart: bool = False, console: Console | None = None
) -> int | None:
    """Trains both models, or goes on with what is in `run_dir`, and reports there.

    Args:
        config: Settings of the run.
        run_dir: Folder for checkpoints, figures and `results.json`.
        restart: Whether to move an earlier run in `run_dir` aside and begin anew.
        console: Where to report; the terminal if None.

    Returns:
        The number of the signal that stopped the run, or None if it is finished.

    Raises:
        qjax.train.TrainingError: If the folder cannot be written, or holds a damaged checkpoint or
            another run; if a loss is not finite.
    """
    console = console or Console()
    if restart:
        report.move_aside(run_dir, console)
    if (results := report.finished(run_dir, config)) is not None:
        console.print(
            f"The run in {run_dir} is finished; --restart begins it anew.", soft_wrap=True
        )
        report.show(results, run_dir, console)
        return None
    data = digits()
    outcomes = {}
    for name in MODELS:
        outcome = train(name, config, data, run_dir / name, console)
        if isinstance(outcome, int):
            return outcome
        outcomes[name] = outcome
    report.draw(config, data.test.labels, outcomes, run_dir)
    results = report.collect(config, data.test.labels, outcomes)
    report.write(results, run_dir)
    report.show(results, run_dir, console)
    return None


def train(
    name: str, config: Config, data: Any, run_dir: pathlib.Path, console: Console
) -> Outcome | int:
    """Trains one model and tests its best variables, or returns the signal that stopped it."""
    model = MODELS[name](config)
    parameters = count_parameters(model), count_parameters(model.middle)
    steps = config.epochs * (len(data.train.labels) // config.batch_size)
    began = time.perf_counter()
    result = fit(
        model,
        optimizer(config, steps),
        loss(config),
        data,
        epochs=config.epochs,
        batch_size=config.batch_size,
        seed=config.seed,
        run_dir=run_dir,
        config={"model": name, **dataclasses.asdict(config)},
        label=name,
        progress=console,
    )
    seconds = time.perf_counter() - began
    if result.stopped_by is not None:
        return result.stopped_by
    nnx.update(model, result.best)
    model.eval()
    logits = nnx.jit(lambda model, images: model(images))(model, data.test.inputs)
    return Outcome(result, np.asarray(logits.argmax(-1)), parameters, seconds)


def optimizer(config: Config, steps: int) -> optax.GradientTransformation:
    """Returns AdamW under a warm-up and a cosine over `steps` steps."""
    schedule = optax.warmup_cosine_decay_schedule(0.0, config.learning_rate, steps // 20, steps)

    def kernels(params: Any) -> Any:
        return jax.tree_util.tree_map_with_path(
            lambda path, _: "kernel" in jax.tree_util.keystr(path), params
        )

    return optax.adamw(schedule, weight_decay=config.weight_decay, mask=kernels)


def loss(config: Config) -> Callable[..., Any]:
    """Returns the cross-entropy, of images seen askew where a key is given."""

    def cross_entropy_askew(model: nnx.Module, batch: Any, key: jax.Array | None) -> Any:
        images, labels = batch
        if key is not None:
            images = askew(key, images, bend=config.bend, shift=config.shift)
        return cross_entropy(model, (images, labels), None)

    return cross_entropy_askew
