"""Phases of the cluster-Ising chain: learned on a line, tested on the whole diagram."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from flax import nnx
from sklearn.linear_model import LogisticRegression

import qjax
from qjax.data import Examples, Split, cluster_ising_gap, cluster_ising_states
from qjax.library import amplitude_encoding, quantum_convolutional_shape
from qjax.nn import count_parameters
from qjax.train import Workspace

from . import figures
from .config import Config
from .exact import (
    channels,
    cluster_network,
    cluster_order,
    local_terms,
    measure,
    shots,
    string_order,
    threshold,
)
from .model import ConvNet, PhaseNetwork, outputs, recognise
from .training import accuracy, fit, restore

RING = 12  # Sites of the ring that tells the phases of the diagram.


def train(config: Config, run: Workspace) -> None:
    prepare(config, run)
    data = {"qcnn": split(run, "states"), "cnn": split(run, "channels")}
    for name, make in NETWORKS.items():
        fit(config, run, name, partial(make, config), data[name])
    draw(config, run)


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    models, line, diagram = restored(config, run), run.load("line"), run.load("diagram")
    labels = diagram["labels"]
    likely, cuts = chances(models["qcnn"], diagram), thresholds(models["qcnn"], line)
    right = {name: float(np.mean((likely[name] > cuts[name]) == labels)) for name in cuts}
    linear = LogisticRegression(max_iter=1000).fit(line["local"], line["labels"])
    # How many copies of the last topological state of the line are told from a trivial one.
    near = int(np.flatnonzero(line["labels"])[-1])
    return {
        "test_accuracy": right["qcnn"],
        "parameters": count_parameters(models["qcnn"]),
        "cnn_accuracy": accuracy(models["cnn"], Examples(diagram["channels"], labels)),
        "cnn_parameters": count_parameters(models["cnn"]),
        "baseline_accuracy": float(linear.score(diagram["local"], labels)),
        "baseline_parameters": linear.coef_.size + linear.intercept_.size,
        "exact_accuracy": right["exact"],
        "string_accuracy": right["string"],
        "exact_shots": float(shots((1 + line["exact"][near]) / 2)),
        "string_shots": float(shots((1 + line["string"][near]) / 2)),
    }


def features(config: Config) -> int:
    return 2


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Phases of chains, 1 for topological, given by their fields h1 and h2 in units of J."""
    model = restored(config, run)["qcnn"]
    states = cluster_ising_states(config.sites, inputs[:, 0], inputs[:, 1])
    outcome = (1 + outputs(model, states)) / 2
    cut = thresholds(model, run.load("line"))["qcnn"]
    return {"label": (outcome > cut).astype(int), "outcome": outcome}


def circuits(config: Config) -> dict[str, Any]:
    n = config.sites
    weights = np.random.default_rng(0).normal(size=quantum_convolutional_shape(config.layers, n))
    state = cluster_ising_states(n, [0.5], [0.0])[0]
    exact = cluster_network(amplitude_encoding(qjax.Circuit(n), state))
    return {"qcnn": (recognise(weights, state), qjax.Z(0)), "exact": (exact, cluster_order(n))}


def quantum(config: Config, seed: int) -> PhaseNetwork:
    return PhaseNetwork(config, rngs=nnx.Rngs(seed))


def classical(config: Config, seed: int) -> ConvNet:
    return ConvNet(count_parameters(quantum(config, seed)), config.sites, 3, rngs=nnx.Rngs(seed))


NETWORKS = {"qcnn": quantum, "cnn": classical}


def restored(config: Config, run: Workspace) -> dict[str, nnx.Module]:
    return {n: restore(config, run, n, partial(make, config)) for n, make in NETWORKS.items()}


def fields(config: Config) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """h1 and h2 of the points to learn from, to choose by, and to report on."""
    line = np.linspace(0, 2, 40)
    between = (line[1:] + line[:-1]) / 2
    h1, h2 = np.linspace(0, 1.6, config.grid), np.linspace(-1.6, 1.6, config.grid)
    both = np.meshgrid(h1, h2, indexing="ij")
    return {
        "line": (line, np.zeros_like(line)),
        "between": (between, np.zeros_like(between)),
        "diagram": (both[0].reshape(-1), both[1].reshape(-1)),
    }


def prepare(config: Config, run: Workspace) -> None:
    """Diagonalises the chains and measures the ground states, once a run."""
    n = config.sites
    for name, (h1, h2) in fields(config).items():
        if run.has(name):
            continue
        run.say(f"{name}: {len(h1)} ground states of {n} sites")
        states = cluster_ising_states(n, h1, h2)
        # Known on the line; elsewhere it is told by a ring with a flux through it.
        gap = cluster_ising_gap(RING, h1, h2) if name == "diagram" else 1 - h1
        local = measure(states, [*local_terms(n), string_order(n)])
        run.save(
            name,
            h1=h1,
            h2=h2,
            gap=gap,
            labels=(gap > 0).astype(np.int32),
            states=states,
            local=local[:, :-1],
            channels=channels(local[:, :-1]),
            string=local[:, -1],
            exact=measure(states, [cluster_order(n)], cluster_network)[:, 0],
        )


def split(run: Workspace, inputs: str) -> Split:
    parts = (run.load(name) for name in ("line", "between", "diagram"))
    return Split(*(Examples(part[inputs], part["labels"]) for part in parts))


def chances(model: nnx.Module, part: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Probabilities that one measurement of a state says that it is topological."""
    return {
        "qcnn": (1 + outputs(model, part["states"])) / 2,
        "exact": (1 + part["exact"]) / 2,
        "string": (1 + part["string"]) / 2,
    }


def thresholds(model: nnx.Module, line: dict[str, np.ndarray]) -> dict[str, float]:
    """From which probability on a state counts as topological: chosen by the training states."""
    likely = chances(model, line)
    return {name: threshold(values, line["labels"]) for name, values in likely.items()}


def draw(config: Config, run: Workspace) -> None:
    model, line, diagram = restored(config, run)["qcnn"], run.load("line"), run.load("diagram")
    shape = (config.grid, config.grid)
    grids = {key: diagram[key].reshape(shape) for key in ("h1", "h2", "gap")}
    panels = {name: p.reshape(shape) for name, p in chances(model, diagram).items()}
    run.figure("diagram", figures.diagram(**grids, panels=panels, cuts=thresholds(model, line)))
    inside = line["labels"] == 1
    needed = {name: shots((1 + line[name][inside]) / 2) for name in ("exact", "string")}
    run.figure("shots", figures.sample_complexity(line["h1"][inside], needed))
