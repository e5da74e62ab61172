"""The study: train each network by one recipe, test each once, compare at equal size."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import qjax
from models.hybrid_digits.task import logits, optimizer
from qjax.data import Examples, Split, digits, lesions
from qjax.nn import count_parameters
from qjax.train import Workspace, cross_entropy

from .config import Config
from .figure import accuracies
from .layers import dressed_circuit, patch_circuit
from .model import QUANTUM, Network, Shape, network

PAPER = "Henderson et al. 2019, arXiv 1904.04767; Mari et al. 2020, arXiv 1912.08278"
METRIC = "test_accuracy"


class Images(NamedTuple):
    """A data set: how to load it, what its images are, and the largest raw value of a pixel."""

    load: Any
    shape: Shape
    scale: float


IMAGES = {
    "digits": Images(digits, Shape(8, 1, 10), 16.0),
    "lesions": Images(lesions, Shape(16, 1, 2), 1.0),
}


def train(config: Config, run: Workspace) -> None:
    """Trains every network of the study, and draws accuracy against parameters."""
    data = IMAGES[config.data].load()
    for architecture, size in _study(config):
        name = f"{architecture}_{size}"
        if run.has(name):
            continue
        model = _network(config, architecture, size)
        parts = data
        if model.frozen:
            parts = Split(*(_seen(model, part) for part in (data.train, data.valid, data.test)))
        steps = config.epochs * (len(data.train.labels) // config.batch_size)
        run.fit(
            name,
            model.trained,
            optimizer(config, steps),
            cross_entropy,
            parts,
            epochs=config.epochs,
            batch_size=config.batch_size,
            seed=config.seed,
        )
        run.save(
            name,
            parameters=count_parameters(model.trained),
            valid=logits(model.trained, parts.valid.inputs),
            test=logits(model.trained, parts.test.inputs),
        )
    results = evaluate(config, run)
    run.figure("accuracies", accuracies(config, results))
    run.say(_table(config, results))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns each network's accuracies and parameters, and the best hybrid beside its CNN.

    The hybrid is the one with the best accuracy on the validation images. The CNN beside it is the
    one whose number of parameters is nearest.
    """
    data = IMAGES[config.data].load()
    results: dict[str, float | int] = {}
    for architecture, size in _study(config):
        name = f"{architecture}_{size}"
        saved = run.load(name)
        results |= {
            f"{name}_accuracy": _accuracy(saved["test"], data.test),
            f"{name}_valid_accuracy": _accuracy(saved["valid"], data.valid),
            f"{name}_parameters": int(saved["parameters"]),
        }
    best = _best(config, results)
    parameters = results[f"{best}_parameters"]
    top: dict[str, float | int] = {
        "test_accuracy": results[f"{best}_accuracy"],
        "parameters": parameters,
    }
    if "cnn" in config.architectures:
        near = min(
            (f"cnn_{size}" for size in config.sizes),
            key=lambda name: abs(math.log(results[f"{name}_parameters"] / parameters)),
        )
        top |= {
            "baseline_accuracy": results[f"{near}_accuracy"],
            "baseline_parameters": results[f"{near}_parameters"],
        }
    return top | results


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Returns label and probabilities of images, by the hybrid that `evaluate` reports.

    Args:
        config: Settings of the run.
        run: Its folder.
        inputs: Raw pixels row by row, `[n, side^2]`: grey levels 0 to 16 of digits, 0 to 1 of
            lesions.
    """
    images = IMAGES[config.data]
    architecture, size = _best(config, evaluate(config, run)).rsplit("_", 1)
    model = _network(config, architecture, int(size))
    run.restore(f"{architecture}_{size}", model.trained)
    pixels = inputs.reshape(-1, images.shape.side, images.shape.side, 1) / images.scale
    chances = np.asarray(jax.nn.softmax(logits(model, pixels.astype(np.float32))))
    return {"label": chances.argmax(-1)} | {f"p{i}": column for i, column in enumerate(chances.T)}


def features(config: Config) -> int:
    """Returns the number of pixels of an image."""
    return IMAGES[config.data].shape.features


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """Returns a filter's circuit on a patch, and a dressed circuit."""
    pixels, qubits = config.patch**2, 2 + 2 * config.sizes[0]
    angles = np.random.default_rng(config.seed).uniform(0, 2 * np.pi, (config.layers, pixels, 2))
    patch = np.linspace(0, 1, pixels)
    weights = np.full((config.depth, qubits), 0.1)
    return {
        "quanvolution": (patch_circuit(jnp.asarray(angles), jnp.asarray(patch)), qjax.Z(0)),
        "dressed": (dressed_circuit(jnp.asarray(weights), jnp.full(qubits, 0.5)), qjax.Z(0)),
    }


def _study(config: Config) -> list[tuple[str, int]]:
    return [(name, size) for name in config.architectures for size in config.sizes]


def _network(config: Config, architecture: str, size: int) -> Network:
    return network(config, architecture, size, IMAGES[config.data].shape)


def _seen(model: Network, part: Examples) -> Examples:
    """Returns what a frozen front makes of images: it never changes, so once is enough."""
    front = nnx.jit(lambda front, images: front(images))
    # Some at a time: nine qubits a patch are a lot of states.
    chunks = np.array_split(part.inputs, max(1, len(part.inputs) // 256))
    return Examples(np.concatenate([front(model.front, chunk) for chunk in chunks]), part.labels)


def _accuracy(values: np.ndarray, part: Examples) -> float:
    return float(np.mean(values.argmax(-1) == part.labels))


def _best(config: Config, results: dict[str, float | int]) -> str:
    """Returns the hybrid (of none, the network) with the best accuracy on validation images."""
    names = [f"{architecture}_{size}" for architecture, size in _study(config)]
    hybrids = [name for name in names if name.rsplit("_", 1)[0] in QUANTUM] or names
    # Of equals, the smallest.
    return max(
        hybrids,
        key=lambda name: (results[f"{name}_valid_accuracy"], -results[f"{name}_parameters"]),
    )


def _table(config: Config, results: dict[str, float | int]) -> str:
    rows = [
        f"{f'{architecture} {size}':24}{results[f'{architecture}_{size}_parameters']:>8,}"
        f"{results[f'{architecture}_{size}_accuracy']:>10.4f}"
        for architecture, size in _study(config)
    ]
    return "\n".join([f"{'network':24}{'param.':>8}{'test acc.':>10}", *rows])
