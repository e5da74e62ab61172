"""The task: a neuron finds a pattern, a network of neurons learns parity; both are tested."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.metrics import balanced_accuracy_score

import qjax
from qjax.data import Split, every_image, image_signs, patterns
from qjax.train import Workspace

from . import figures, rus
from .baselines import classical_network, linear_neuron
from .config import Config
from .fitting import fit_network
from .model import activations, learn, neuron

PAPER = "Tacchino et al. 2019, arXiv 1811.02266; Cao et al. 2017, arXiv 1711.11240"
METRIC = "pattern_fidelity"
ORDERS = (1, 2, 3)


def train(config: Config, run: Workspace) -> None:
    """Trains the neuron and the network, or goes on with what is there, and draws both."""
    data, target = _data(config), image_signs(config.target)
    if not run.has("neuron"):
        keys = jax.random.split(jax.random.key(config.seed), config.realisations)
        every = (keys, *map(jnp.asarray, data.train), jnp.asarray(target))
        many = jax.vmap(functools.partial(learn, config), (0, None, None, None))
        first, last, course = jax.jit(many)(*every)
        run.save("neuron", first=first, last=last, course=course)
    if not run.has("network"):
        params, history = fit_network(config)
        fires, success = _respond(config, params)
        run.save("training", history=history)
        run.save("network", **params, fires=fires, success=success)
    if not run.has("curves"):
        angles = np.linspace(0, np.pi / 2, 31)[1:-1]
        curves = np.array([_curve(angles, order) for order in ORDERS])
        run.save("curves", angles=angles, fires=curves[:, 0], success=curves[:, 1])
    neuron, network, curves = (run.load(name) for name in ("neuron", "network", "curves"))
    first, last, course = neuron["first"][0], neuron["last"][0], neuron["course"]
    run.figure("pattern", figures.pattern(target, first, last, course))
    run.figure("neuron", figures.neuron(ORDERS, **curves))
    history = run.load("training")["history"]
    truth = rus.truth_table(config.inputs)
    run.figure("network", figures.network(*truth, network["fires"], history))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns how well the pattern was found, and the network's outputs, beside classical ones."""
    return _pattern_numbers(config, run) | _neuron_numbers(run) | _network_numbers(config, run)


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the activation of images `[n, 16]` of pixels 0 and 1, and whether it is above."""
    if not np.isin(inputs, (0, 1)).all():
        raise ValueError("Pixels must be 0 or 1, but there are others.")
    signs = np.where(inputs > 0.5, -1, 1).astype(np.float32)
    found = np.asarray(activations(jnp.asarray(signs), _weights(run)))
    return {"label": (found > config.threshold).astype(int), "activation": found}


def features(config: Config) -> int:
    """Pixels of an image."""
    return len(config.target)


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """The neuron on its own pattern, a repeat-until-success neuron, and the network."""
    target = image_signs(config.target)
    at = rus.wires(config.inputs, config.hidden, config.order)
    params = rus.initial(jax.random.key(0), config.inputs, config.hidden)
    return {
        "neuron": (neuron(target, target), qjax.Z(4)),
        "repeat_until_success": (rus.single(jnp.asarray(0.6), config.order), qjax.Z(0)),
        "network": (rus.superposed(params, at), qjax.Z(at.output) @ qjax.Z(at.label)),
    }


def _data(config: Config) -> Split:
    return patterns(
        config.target,
        positives=config.positives,
        negatives=config.negatives,
        threshold=config.threshold,
    )


def _weights(run: Workspace) -> jax.Array:
    """The weights that the first realisation learned."""
    return jnp.asarray(run.load("neuron")["last"][0])


def _pattern_numbers(config: Config, run: Workspace) -> dict[str, float | int]:
    data, weights, course = _data(config), _weights(run), run.load("neuron")["course"]
    images = every_image()
    # All 65,536 circuits in one call; an image's number is its signs read as binary digits.
    found = np.asarray(activations(jnp.asarray(images), weights))
    places = (data.test.inputs < 0).astype(int) @ 2 ** np.arange(16)[::-1]
    guesses = found[places] > config.threshold
    known = (images @ np.asarray(weights) / 16) ** 2
    return {
        "pattern_fidelity": float(course[:, -1].mean()),
        "patterns_found": float(np.mean(course[:, -1] > 1 - 1e-6)),
        "test_accuracy": float(np.mean(guesses == data.test.labels)),
        "test_balanced_accuracy": float(balanced_accuracy_score(data.test.labels, guesses)),
        "parameters": int(weights.size),
        "activation_error": float(np.abs(found - known).max()),
        **linear_neuron(data),
    }


def _neuron_numbers(run: Workspace) -> dict[str, float | int]:
    """How far circuits of each order are from the closed form, over angles."""
    curves = run.load("curves")
    known = [np.sin(np.arctan(np.tan(curves["angles"]) ** 2**order)) ** 2 for order in ORDERS]
    return {"firing_error": float(np.abs(curves["fires"] - known).max())}


def _network_numbers(config: Config, run: Workspace) -> dict[str, float | int]:
    saved = run.load("network")
    inputs, labels = rus.truth_table(config.inputs)
    fires = saved["fires"]
    return {
        "network_accuracy": float(np.mean((fires > 0.5) == labels)),
        "network_certainty": float(np.mean(np.where(labels, fires, 1 - fires))),
        "network_success": float(saved["success"].mean()),
        "network_parameters": saved["hidden"].size + saved["output"].size,
        "network_baseline_accuracy": classical_network(config, inputs, labels),
    }


def _respond(config: Config, params: Any) -> tuple[np.ndarray, np.ndarray]:
    """How likely the output fires on each input where all neurons succeed, and how likely that."""
    at = rus.wires(config.inputs, config.hidden, config.order)
    bits = jnp.asarray(rus.truth_table(config.inputs)[0])
    params = jax.tree.map(jnp.asarray, params)
    fires, success = jax.jit(jax.vmap(lambda row: rus.response(params, at, row)))(bits)
    return np.asarray(fires), np.asarray(success)


def _curve(angles: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """How likely a neuron fires where it succeeds, and how likely it does, at each angle."""

    def measure(angle: jax.Array) -> tuple[jax.Array, jax.Array]:
        state, success = rus.postselect(rus.single(angle, order), 1)
        return jnp.abs(state[1]) ** 2, success

    fires, success = jax.jit(jax.vmap(measure))(jnp.asarray(angles, jnp.float32))
    return np.asarray(fires), np.asarray(success)
