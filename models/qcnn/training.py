"""The recipe, the same for both tasks, and for quantum and classical networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from qjax.data import Examples, Split
from qjax.train import Workspace, cross_entropy

from .config import Config
from .model import PhaseNetwork, probabilities

Make = Callable[[int], nnx.Module]


def fit(config: Config, run: Workspace, name: str, make: Make, data: Split) -> None:
    """Trains a network from each start by Adam, its rate falling as a cosine.

    The best epoch of each is kept, and its loss on validation data, by which `restore` chooses.
    """
    rate = {"qcnn": config.learning_rate, "cnn": config.classical_learning_rate}[name]
    examples = len(data.train.labels)
    batch = min(config.batch_size, examples)
    schedule = optax.cosine_decay_schedule(rate, config.epochs * (examples // batch), alpha=0.01)
    losses = []
    for start, seed in enumerate(_seeds(config)):
        model = make(seed)
        result = run.fit(
            f"{name}-{start}",
            model,
            optax.adam(schedule),
            squares if isinstance(model, PhaseNetwork) else cross_entropy,
            data,
            epochs=config.epochs,
            batch_size=batch,
            seed=seed,
            eval_batch_size=64,
        )
        losses.append(result.history.valid["loss"][result.best_epoch - 1])
    run.save(name, losses=losses)


def restore(config: Config, run: Workspace, name: str, make: Make) -> nnx.Module:
    """Returns the trained network of the start with the lowest validation loss."""
    start = int(np.argmin(run.load(name)["losses"]))
    return run.restore(f"{name}-{start}", make(_seeds(config)[start]))


def _seeds(config: Config) -> list[int]:
    return [config.seed + 1000 * start for start in range(config.starts)]


def squares(
    model: nnx.Module, batch: Any, key: jax.Array | None
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """The loss of the paper, half the mean squared distance of outcomes from labels 0 and 1.

    Without order an outcome is as often 1 as -1, so that 0 is what string order can reach.
    """
    inputs, labels = batch
    distance = model(inputs) - labels
    return 0.5 * jnp.mean(distance**2), {"accuracy": jnp.mean(jnp.abs(distance) < 0.5)}


def accuracy(model: nnx.Module, part: Examples) -> float:
    """Share of examples whose more likely class is theirs."""
    return float(np.mean((probabilities(model, part.inputs) > 0.5) == part.labels))
