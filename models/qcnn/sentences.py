"""The sentiment of sentences from a small grammar."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from flax import nnx
from sklearn.linear_model import LogisticRegression

import qjax
from qjax.data import SENTIMENT_WORDS, Split, sentiment, sentiment_tokens
from qjax.library import quantum_convolutional_shape
from qjax.nn import count_parameters
from qjax.plot import confusion
from qjax.train import Workspace

from .config import Config
from .model import SentimentConvNet, SentimentNetwork, probabilities, read
from .training import accuracy, fit, restore

WORDS = len(SENTIMENT_WORDS)


def train(config: Config, run: Workspace) -> None:
    data, predicted = split(config), {}
    for name, make in NETWORKS.items():
        fit(config, run, name, partial(make, config), data)
        model = restore(config, run, name, partial(make, config))
        predicted[name] = (probabilities(model, data.test.inputs) > 0.5).astype(int)
    run.figure("confusion", confusion(data.test.labels, predicted, classes=("bad", "good")))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    data = split(config)
    models = {n: restore(config, run, n, partial(make, config)) for n, make in NETWORKS.items()}
    bags = [bag(part.inputs) for part in (data.train, data.test)]
    linear = LogisticRegression(max_iter=1000).fit(bags[0], data.train.labels)
    return {
        "test_accuracy": accuracy(models["qcnn"], data.test),
        "parameters": count_parameters(models["qcnn"]),
        "cnn_accuracy": accuracy(models["cnn"], data.test),
        "cnn_parameters": count_parameters(models["cnn"]),
        "baseline_accuracy": float(linear.score(bags[1], data.test.labels)),
        "baseline_parameters": linear.coef_.size + linear.intercept_.size,
    }


def features(config: Config) -> int:
    return config.words


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Sentiments of sentences, given as numbers of `qjax.data.SENTIMENT_WORDS`, 0 for padding."""
    if not np.isin(inputs, range(WORDS)).all():
        raise ValueError(
            f"Words must be integers from 0 to {WORDS - 1}, as `qjax.data.sentiment_tokens` "
            "numbers them."
        )
    model = restore(config, run, "qcnn", partial(quantum, config))
    good = probabilities(model, inputs.astype(np.int32))
    return {"label": (good > 0.5).astype(int), "outcome": good}


def circuits(config: Config) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=quantum_convolutional_shape(config.layers, config.words))
    model = quantum(config, config.seed)
    sentence = sentiment_tokens(["film is not bad"], config.words)[0]
    angles = np.asarray(model.angles(sentence)).reshape(-1)
    return {"qcnn": (read(weights, angles), qjax.Z(0))}


def quantum(config: Config, seed: int) -> SentimentNetwork:
    return SentimentNetwork(config, rngs=nnx.Rngs(seed))


def classical(config: Config, seed: int) -> SentimentConvNet:
    parameters = count_parameters(quantum(config, seed))
    return SentimentConvNet(parameters, config.words, rngs=nnx.Rngs(seed))


NETWORKS = {"qcnn": quantum, "cnn": classical}


def split(config: Config) -> Split:
    """The sentences; they do not depend on the seed of the run."""
    return sentiment(length=config.words)


def bag(tokens: np.ndarray) -> np.ndarray:
    """How often each word is in each sentence, without the padding."""
    return np.stack([(tokens == word).sum(1) for word in range(1, WORDS)], 1)
