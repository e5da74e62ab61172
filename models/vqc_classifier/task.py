"""The task: train the circuit and its classical twin, test the best epochs once, report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from sklearn.linear_model import LogisticRegression

import qjax
from models.hybrid_digits.task import logits
from qjax import data
from qjax.nn import count_parameters
from qjax.plot import confusion
from qjax.train import Workspace, cross_entropy

from .config import Config
from .model import ENCODINGS, CircuitClassifier, Twin, readout

PAPER = "Schuld et al. 2018, arXiv 1804.00633"
METRIC = "test_accuracy"


class Table(NamedTuple):
    """A data set, and the names of its classes."""

    load: Callable[..., data.Split]
    features: int
    classes: tuple[str, ...]


TABLES = {
    "breast_cancer": Table(data.breast_cancer, 30, ("malignant", "benign")),
    "wine": Table(data.wine, 13, ("grower 1", "grower 2", "grower 3")),
    "iris": Table(data.iris, 4, ("setosa", "versicolor", "virginica")),
}


def make(config: Config, rngs: nnx.Rngs | int) -> CircuitClassifier:
    """Returns the untrained classifier drawn from `rngs`, or from those of a seed."""
    table = TABLES[config.dataset]
    rngs = rngs if isinstance(rngs, nnx.Rngs) else nnx.Rngs(rngs)
    return CircuitClassifier(config, table.features, len(table.classes), rngs=rngs)


def twin(config: Config, model: nnx.Module) -> Twin:
    """Returns the untrained network with about as many parameters as `model`."""
    table = TABLES[config.dataset]
    sizes = count_parameters(model), table.features, len(table.classes)
    return Twin(*sizes, rngs=nnx.Rngs(config.seed))


def optimizer(config: Config, learning_rate: Any = None) -> optax.GradientTransformation:
    """Returns AdamW, its rate falling as a cosine to zero at the last step."""
    rate = config.learning_rate if learning_rate is None else learning_rate
    steps = config.epochs * (len(split(config).train.labels) // config.batch_size)
    schedule = optax.cosine_decay_schedule(rate, max(steps, 1))
    return optax.adamw(schedule, weight_decay=config.weight_decay)


def split(config: Config) -> data.Split:
    """Returns the data, scaled by mean and deviation of the training part."""
    return TABLES[config.dataset].load(standardise=True)


def train(config: Config, run: Workspace) -> None:
    """Trains the circuit and the twin in the same way; saves both, and draws what they confuse."""
    table = TABLES[config.dataset]
    examples = split(config)
    scaler = data.Scaler.of(table.load().train.inputs)
    run.save("scaler", mean=scaler.mean, deviation=scaler.deviation)
    guesses = {}
    models: dict[str, nnx.Module] = {"circuit": make(config, config.seed)}
    models["twin"] = twin(config, models["circuit"])
    for name, model in models.items():
        run.fit(
            name,
            model,
            optimizer(config),
            cross_entropy,
            examples,
            epochs=config.epochs,
            batch_size=config.batch_size,
            seed=config.seed,
        )
        guesses[name] = logits(model, examples.test.inputs).argmax(-1)
    figure = confusion(examples.test.labels, guesses, classes=table.classes)
    run.figure("confusion", figure)


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns test accuracies of what was saved, beside logistic regression."""
    examples = split(config)
    model = run.restore("circuit", make(config, config.seed))
    network = run.restore("twin", twin(config, model))
    regression = LogisticRegression(max_iter=1000).fit(*examples.train)
    return {
        "test_accuracy": accuracy(model, examples.test),
        "valid_accuracy": accuracy(model, examples.valid),
        "parameters": count_parameters(model),
        "baseline_accuracy": accuracy(network, examples.test),
        "baseline_parameters": count_parameters(network),
        "logistic_accuracy": float(regression.score(*examples.test)),
        "logistic_parameters": regression.coef_.size + regression.intercept_.size,
    }


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Returns label and probabilities of examples `[n, features]`, unscaled."""
    scaler = data.Scaler(**run.load("scaler"))
    model = run.restore("circuit", make(config, config.seed))
    shares = np.asarray(jax.nn.softmax(logits(model, scaler(inputs)), axis=-1))
    columns = {f"p{k}": shares[:, k] for k in range(shares.shape[1])}
    return {"label": shares.argmax(-1), **columns}


def features(config: Config) -> int:
    """Returns the number of features of an example."""
    return TABLES[config.dataset].features


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """Returns the circuit of the first training example, with initial weights."""
    encoding, layer = ENCODINGS[config.encoding], make(config, config.seed).circuit
    names = encoding.shapes(config, features(config))
    weights = {name: getattr(layer, name)[...] for name in names}
    circuit = encoding.build(weights, jnp.asarray(split(config).train.inputs[0]))
    return {"classifier": (circuit, readout(config.qubits, len(TABLES[config.dataset].classes)))}


def accuracy(model: nnx.Module, part: data.Examples) -> float:
    """Returns the fraction of right classes."""
    return float(np.mean(logits(model, part.inputs).argmax(-1) == part.labels))
