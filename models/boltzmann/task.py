"""The task: one distribution learnt with a transverse field and without."""

from __future__ import annotations

import numpy as np
import optax
from flax import nnx

from models.distributions import as_bits, numbers, probabilities, targets, uniform
from qjax.data import bars_and_stripes, bernoulli_mixture
from qjax.nn import count_parameters
from qjax.plot import distributions
from qjax.train import Workspace, kl_divergence, total_variation

from .config import Config
from .model import FLOOR, BoltzmannMachine, loss

PAPER = "Amin et al. 2018, arXiv 1601.02036; Coopmans and Benedetti 2024, arXiv 2306.14969"
METRIC = "kl"
# Name of a machine: whether it has a field, and what it is trained by.
MACHINES = {
    "quantum": (True, "likelihood"),
    "classical": (False, "likelihood"),
    "coherent": (True, "entropy"),
}


def target(config: Config) -> np.ndarray:
    """The distribution to learn, ``[2**n]``; it is known, so nothing is held back of it."""
    if config.data == "bars_and_stripes":
        return uniform(bars_and_stripes(3, 3).reshape(-1, 9))
    return bernoulli_mixture(
        config.visible, modes=config.modes, alignment=config.alignment, seed=config.instance
    )


def machine(name: str, config: Config) -> BoltzmannMachine:
    """A machine before its first step."""
    field = config.field if MACHINES[name][0] else None
    return BoltzmannMachine(config.units, field, rngs=nnx.Rngs(params=config.seed))


def train(config: Config, run: Workspace) -> None:
    p = target(config)
    schedule = optax.cosine_decay_schedule(config.learning_rate, config.epochs * config.steps)
    for name, (_, kind) in MACHINES.items():
        run.fit(
            name,
            machine(name, config),
            optax.adam(schedule),
            loss(kind),
            targets(p, p, config.steps),
            epochs=config.epochs,
            batch_size=1,
            seed=config.seed,
        )
    draw(config, run)


def learnt(name: str, config: Config, run: Workspace) -> tuple[BoltzmannMachine, np.ndarray]:
    """A trained machine and its distribution."""
    model = run.restore(name, machine(name, config))
    return model, probabilities(model)


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    p, results = target(config), {}
    for name in MACHINES:
        model, q = learnt(name, config, run)
        prefix = "" if name == "quantum" else f"{name}_"
        results[f"{prefix}kl"] = float(kl_divergence(p, q, floor=FLOOR))
        results[f"{prefix}tv"] = float(total_variation(p, q))
        results[f"{prefix}parameters"] = count_parameters(model)
        if model.field is not None:
            results[f"{prefix}field"] = float(model.field[...])
    return results


def draw(config: Config, run: Workspace) -> None:
    p = target(config)
    order = np.argsort(-p, kind="stable")
    shown = {"target": p[order]}
    for name in MACHINES:
        shown[name] = learnt(name, config, run)[1][order]
    label = "string, from the most to the least probable"
    run.figure("learnt", distributions(np.arange(len(p)), shown, xlabel=label, log=True))


def features(config: Config) -> int:
    return config.units


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """The probability that each machine gives each string."""
    rows = numbers(as_bits(inputs))
    return {f"p_{name}": learnt(name, config, run)[1][rows] for name in MACHINES}
