"""The task: train the hybrid and its twin by one recipe, test each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from flax import nnx

import qjax
from qjax.data import digits
from qjax.nn import count_parameters
from qjax.plot import confusion, curves
from qjax.train import Workspace, cross_entropy

from .augment import askew
from .config import Config
from .model import DigitsClassifier, classical_twin, hybrid, reuploading

PAPER = "Pérez-Salinas et al. 2020, arXiv 1907.02085"
METRIC = "test_accuracy"
MODELS: dict[str, Callable[[Config], DigitsClassifier]] = {
    "hybrid": hybrid,
    "classical": classical_twin,
}


def train(config: Config, run: Workspace) -> None:
    data = digits()
    steps = config.epochs * (len(data.train.labels) // config.batch_size)
    histories, timings, predicted = {}, {}, {}
    for name, make in MODELS.items():
        model = make(config)
        result = run.fit(
            name,
            model,
            optimizer(config, steps),
            loss(config),
            data,
            epochs=config.epochs,
            batch_size=config.batch_size,
            seed=config.seed,
        )
        histories[name] = result.history
        timings[name] = [result.timings.first_step_seconds, result.timings.step_seconds]
        predicted[name] = logits(model, data.test.inputs).argmax(-1)
    run.save("timings", **timings)
    title = "Handwritten digits: hybrid model and classical twin"
    run.figure("curves", curves(histories, title=title))
    run.figure("confusion", confusion(data.test.labels, predicted, title="Test images"))
    circuit, _ = circuits(config)["re-uploading"]
    run.figure("circuit", circuit.draw("mpl", title="The re-uploading circuit"))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    data, timings = digits(), run.load("timings")
    results: dict[str, float | int] = {}
    for name, make in MODELS.items():
        model = run.restore(name, make(config))
        prefix = "" if name == "hybrid" else f"{name}_"
        right = logits(model, data.test.inputs).argmax(-1) == data.test.labels
        results |= {
            f"{prefix}test_accuracy": float(right.mean()),
            f"{prefix}parameters": count_parameters(model),
            f"{prefix}parameters_of_middle": count_parameters(model.middle),
            f"{prefix}seconds_to_first_step": float(timings[name][0]),
            f"{prefix}seconds_a_step": float(timings[name][1]),
        }
    return results


def features(config: Config) -> int:
    return 64


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Classes of images of 64 grey levels from 0 to 16, as scikit-learn has them."""
    model = run.restore("hybrid", hybrid(config))
    shares = np.asarray(jax.nn.softmax(logits(model, inputs.reshape(-1, 8, 8, 1) / 16)))
    return {"label": shares.argmax(-1), "probability": shares.max(-1)}


def circuits(config: Config) -> dict[str, Any]:
    # Angles that differ from layer to layer are drawn as symbols.
    angles = np.arange(config.layers * config.qubits, dtype=np.float32)
    weights = dict.fromkeys(
        ("scale", "shift", "turn"), angles.reshape(config.layers, config.qubits)
    )
    circuit = reuploading(weights, np.ones(config.qubits, np.float32))
    return {"re-uploading": (circuit, [qjax.Z(i) for i in range(config.qubits)])}


def optimizer(config: Config, steps: int) -> optax.GradientTransformation:
    """Returns AdamW under a warm-up and a cosine over `steps` steps."""
    schedule = optax.warmup_cosine_decay_schedule(
        0.0, config.learning_rate, steps // 20, max(steps, 1)
    )

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


def logits(model: nnx.Module, images: np.ndarray) -> np.ndarray:
    return np.asarray(_call(model, images))


# Once, so that models and images of the same shapes share a compiled program.
_call = nnx.jit(lambda model, images: model(images))
