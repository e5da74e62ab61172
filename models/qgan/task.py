"""The task: each distribution learnt by a circuit and by a network, and how near they come."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from flax import nnx

import qjax
from models.distributions import probabilities
from qjax.data import grid_distribution
from qjax.nn import count_parameters
from qjax.plot import curves, distributions
from qjax.train import Workspace, kl_divergence, total_variation

from .config import Config
from .model import GAN, ClassicalGenerator, QuantumGenerator, loss, optimizer

PAPER = "Zoufal, Lucchi and Woerner 2019, arXiv 1904.00043"
METRIC = "relative_entropy"
# Each generator by its name, and the setting that is its learning rate.
PLAYERS = {"quantum": "generator_rate", "classical": "classical_rate"}


@dataclasses.dataclass(frozen=True)
class Prices:
    """Numbers of grid points, int32 `[n]` each."""

    train: np.ndarray
    valid: np.ndarray


def prices(name: str, config: Config) -> Prices:
    """Prices drawn from a distribution, the same for every seed of the run."""
    _, p = grid_distribution(name, 2**config.qubits)
    drawn = np.random.default_rng(0).choice(len(p), config.examples * 5 // 4, p=p)
    return Prices(*np.split(drawn.astype(np.int32), [config.examples]))


def gan(player: str, config: Config) -> GAN:
    """A game before its first step, with the generator by name."""
    rngs = nnx.Rngs(params=config.seed)
    generator: Any = QuantumGenerator(config, rngs=rngs)
    if player == "classical":
        generator = ClassicalGenerator(config, count_parameters(generator), rngs=rngs)
    return GAN(generator, config, rngs=rngs)


def train(config: Config, run: Workspace) -> None:
    for name in config.distributions:
        data, histories = prices(name, config), {}
        for player, rate in PLAYERS.items():
            histories[player] = run.fit(
                f"{name}_{player}",
                gan(player, config),
                optimizer(config, getattr(config, rate)),
                loss(config),
                data,
                epochs=config.epochs,
                batch_size=min(config.batch_size, config.examples),
                seed=config.seed,
                monitor="relative_entropy",
                # The relative entropy of all prices is no mean over parts of them.
                eval_batch_size=len(data.valid),
            ).history
        metrics = ("generator", "discriminator", "relative_entropy")
        run.figure(f"{name}_game", curves(histories, metrics=metrics, title=name.replace("_", "-")))
    draw(config, run)


def learnt(name: str, player: str, config: Config, run: Workspace) -> np.ndarray:
    """The distribution of a trained generator, ``[2**qubits]``."""
    model = run.restore(f"{name}_{player}", gan(player, config))
    return probabilities(model.generator)


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    results: dict[str, float | int] = {}
    for player in PLAYERS:
        prefix = "" if player == "quantum" else "classical_"
        entropies = []
        for name in config.distributions:
            _, target = grid_distribution(name, 2**config.qubits)
            p = learnt(name, player, config, run)
            entropies.append(float(kl_divergence(target, p, floor=1e-8)))
            results[f"{prefix}{name}_relative_entropy"] = entropies[-1]
            results[f"{prefix}{name}_ks"] = kolmogorov_smirnov(p, target)
            results[f"{prefix}{name}_tv"] = float(total_variation(p, target))
        results[f"{prefix}relative_entropy"] = float(np.mean(entropies))
        results[f"{prefix}parameters"] = count_parameters(gan(player, config).generator)
    return results


def kolmogorov_smirnov(p: np.ndarray, q: np.ndarray) -> float:
    """The largest difference of the two cumulative distributions."""
    return float(np.abs(np.cumsum(p - q)).max())


def draw(config: Config, run: Workspace) -> None:
    for name in config.distributions:
        grid, target = grid_distribution(name, 2**config.qubits)
        shown = {"target": target}
        for player in PLAYERS:
            shown[f"{player} generator"] = learnt(name, player, config, run)
        figure = distributions(grid, shown, xlabel="price", title=name.replace("_", "-"))
        run.figure(f"{name}_learnt", figure)


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, None]]:
    return {"generator": (gan("quantum", config).generator.circuit(), None)}
