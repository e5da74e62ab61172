"""The task: train the matrix product state, test its best epoch once."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import optax
from flax import nnx
from sklearn.linear_model import LogisticRegression

import qjax
from models.hybrid_digits.task import logits, loss
from qjax.data import digits
from qjax.nn import count_parameters
from qjax.plot import confusion
from qjax.train import Workspace

from .config import Config
from .model import SIDE, MPSClassifier

PAPER = "Stoudenmire and Schwab 2016, arXiv 1605.05775"
METRIC = "test_accuracy"


def train(config: Config, run: Workspace) -> None:
    data = digits()
    model = build(config)
    steps = config.epochs * (len(data.train.labels) // config.batch_size)
    schedule = optax.cosine_decay_schedule(config.learning_rate, max(steps, 1))
    run.fit(
        "mps",
        model,
        optax.adamw(schedule, weight_decay=1e-4),
        loss(config),
        data,
        epochs=config.epochs,
        batch_size=config.batch_size,
        seed=config.seed,
    )
    predicted = logits(model, data.test.inputs).argmax(-1)
    run.figure("confusion", confusion(data.test.labels, {"mps": predicted}))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    data = digits()
    model = run.restore("mps", build(config))
    right = logits(model, data.test.inputs).argmax(-1) == data.test.labels
    flat = [part.inputs.reshape(len(part.labels), -1) for part in (data.train, data.test)]
    linear = LogisticRegression(max_iter=1000).fit(flat[0], data.train.labels)
    return {
        "test_accuracy": float(right.mean()),
        "parameters": count_parameters(model),
        "linear_test_accuracy": float(linear.score(flat[1], data.test.labels)),
        "linear_parameters": linear.coef_.size + linear.intercept_.size,
    }


def features(config: Config) -> int:
    return SIDE**2


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Classes of images of 64 grey levels from 0 to 16, as scikit-learn has them."""
    model = run.restore("mps", build(config))
    shares = np.asarray(jax.nn.softmax(logits(model, inputs.reshape(-1, SIDE, SIDE, 1) / 16)))
    return {"label": shares.argmax(-1), "probability": shares.max(-1)}


def circuits(config: Config) -> dict[str, Any]:
    # The product state that a blank row of pixels becomes; the rest is a contraction, no circuit.
    return {"encoding of a row": (qjax.Circuit(SIDE).ry(np.zeros(SIDE), range(SIDE)), None)}


def build(config: Config) -> MPSClassifier:
    return MPSClassifier(config, rngs=nnx.Rngs(params=config.seed))
