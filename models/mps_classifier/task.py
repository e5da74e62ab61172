"""The task: train the matrix product state, test its best epoch once, report."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from flax import nnx
from rich.console import Console
from sklearn.linear_model import LogisticRegression

from models.hybrid_digits.augment import askew
from qjax.data import digits
from qjax.plot import confusion
from qjax.train import cross_entropy, fit

from .config import Config
from .model import MPSClassifier


def run(config: Config, run_dir: pathlib.Path, *, console: Console | None = None) -> int | None:
    """Trains the model, or goes on with what is in `run_dir`, and writes `results.json` there.

    Args:
        config: Settings of the run.
        run_dir: Folder for checkpoints, the figure and `results.json`.
        console: Where to report; the terminal if None.

    Returns:
        The number of the signal that stopped the run, or None if it is finished.

    Raises:
        qjax.train.TrainingError: If the folder cannot be written, or holds a damaged checkpoint or
            another run; if a loss is not finite.
    """
    console = console or Console()
    data = digits()
    model = MPSClassifier(config, rngs=nnx.Rngs(params=config.seed))
    steps = config.epochs * (len(data.train.labels) // config.batch_size)
    schedule = optax.cosine_decay_schedule(config.learning_rate, steps)
    began = time.perf_counter()
    result = fit(
        model,
        optax.adamw(schedule, weight_decay=1e-4),
        loss(config),
        data,
        epochs=config.epochs,
        batch_size=config.batch_size,
        seed=config.seed,
        run_dir=run_dir,
        config=dataclasses.asdict(config),
        label="mps",
        progress=console,
    )
    if result.stopped_by is not None:
        return result.stopped_by
    nnx.update(model, result.best)
    logits = nnx.jit(lambda model, images: model(images))(model, data.test.inputs)
    predictions = np.asarray(logits.argmax(-1))
    results = {
        "config": dataclasses.asdict(config),
        "parameters": sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param))),
        "test_accuracy": float(np.mean(predictions == data.test.labels)),
        "linear_test_accuracy": linear(data),
        "seconds": time.perf_counter() - began,
    }
    (run_dir / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    confusion(data.test.labels, {"mps": predictions}).savefig(run_dir / "confusion.png")
    console.print(
        f"test accuracy {results['test_accuracy']:.4f} ({results['parameters']:,} parameters), "
        f"logistic regression {results['linear_test_accuracy']:.4f}: see {run_dir}",
        soft_wrap=True,
    )
    return None


def loss(config: Config) -> Callable[..., Any]:
    """Returns the cross-entropy, of images seen askew where a key is given."""

    def cross_entropy_askew(model: nnx.Module, batch: Any, key: jax.Array | None) -> Any:
        images, labels = batch
        if key is not None:
            images = askew(key, images, bend=config.bend, shift=config.shift)
        return cross_entropy(model, (images, labels), None)

    return cross_entropy_askew


def linear(data: Any) -> float:
    """Returns the test accuracy of logistic regression on the pixels, for comparison."""
    flat = [part.inputs.reshape(len(part.labels), -1) for part in (data.train, data.test)]
    model = LogisticRegression(max_iter=1000).fit(flat[0], data.train.labels)
    return float(model.score(flat[1], data.test.labels))
