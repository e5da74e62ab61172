"""The task: two distributions, each learnt by two losses, by the circuit and by its rival."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from scipy import stats

import qjax
from models.distributions import (
    as_bits,
    numbers,
    probabilities,
    targets,
    uniform,
    words,
)
from qjax.data import bars_and_stripes, garch_returns
from qjax.nn import count_parameters
from qjax.plot import distributions, images
from qjax.train import Workspace, bit_kernel, gaussian_kernel, kl_divergence, total_variation

from .config import Config
from .loss import FLOOR, Kernel, loss
from .model import BornMachine, RestrictedBoltzmannMachine

PAPER = "Benedetti et al. 2019, arXiv 1801.07686; Liu and Wang 2018, arXiv 1804.04168"
# Of the first distribution, learnt by the first loss.
METRIC = "kl"
# Days of the simulated share; the bins reach this far from 0, in percent.
DAYS, REACH = 60_000, 6.0


@dataclasses.dataclass(frozen=True)
class Problem:
    """A distribution over n bits in three parts, `[2**n]` each, and the kernel of its MMD."""

    n: int
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    kernel: Kernel


def problems(config: Config) -> dict[str, Problem]:
    """The distributions by name. That of the images is known, so its three parts are the same."""
    return {
        name: {"bars": image_problem, "returns": return_problem}[name](config)
        for name in config.data
    }


def image_problem(config: Config) -> Problem:
    n = config.rows * config.columns
    pixels = bars_and_stripes(config.rows, config.columns).reshape(-1, n)
    known = uniform(pixels)
    return Problem(n, known, known, known, bit_kernel(n, [0.5, 1.0, 2.0]))


def return_problem(config: Config) -> Problem:
    edges, centres = bins(config)
    parts = [np.histogram(part, edges)[0] / len(part) for part in returns()]
    # From half a bin, so that it tells neighbours apart, to the width of the whole distribution.
    widths = (edges[1] - edges[0]) * np.array([0.5, 2.0, 8.0, 32.0])
    matrix = gaussian_kernel(centres, centres, widths)
    kernel = functools.partial(jnp.matmul, matrix, precision="highest")
    return Problem(config.return_qubits, *parts, kernel)


def returns() -> list[np.ndarray]:
    """Returns to learn from, to choose by and to report on: the path in three equal pieces."""
    return np.split(np.clip(garch_returns(DAYS), -REACH, REACH), 3)


def bins(config: Config) -> tuple[np.ndarray, np.ndarray]:
    """Edges and centres of the bins of returns, in percent; the outermost take the tails in."""
    edges = np.linspace(-REACH, REACH, 2**config.return_qubits + 1)
    return edges, (edges[1:] + edges[:-1]) / 2


def machines(config: Config, n: int) -> dict[str, Any]:
    """The circuit and its rival, untrained."""
    born = BornMachine(n, config.layers, rngs=nnx.Rngs(params=config.seed))
    rngs = nnx.Rngs(params=config.seed)
    return {"born": born, "rbm": RestrictedBoltzmannMachine(n, count_parameters(born), rngs=rngs)}


def train(config: Config, run: Workspace) -> None:
    schedule = optax.cosine_decay_schedule(config.learning_rate, config.epochs * config.steps)
    for data, problem in problems(config).items():
        for kind in config.losses:
            for name, model in machines(config, problem.n).items():
                run.fit(
                    f"{data}_{name}_{kind}",
                    model,
                    optax.adam(schedule),
                    loss(kind, problem.kernel, config.shots if name == "born" else 0),
                    targets(problem.train, problem.valid, config.steps),
                    epochs=config.epochs,
                    batch_size=1,
                    seed=config.seed,
                )
    if "returns" in config.data and not run.has("student_t"):
        run.save("student_t", probabilities=student_t(config))
    draw(config, run)


def trained(config: Config, run: Workspace) -> Iterator[tuple[str, str, str, Problem, Any]]:
    """Every trained machine, with what it was trained on and by."""
    for data, problem in problems(config).items():
        for kind in config.losses:
            for name, model in machines(config, problem.n).items():
                yield data, name, kind, problem, run.restore(f"{data}_{name}_{kind}", model)


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    results: dict[str, float | int] = {}
    for data, name, kind, problem, model in trained(config, run):
        prefix = "" if name == "born" else "rbm_"
        p = probabilities(model)
        results[f"{prefix}{data}_kl_by_{kind}"] = float(kl_divergence(problem.test, p, floor=FLOOR))
        results[f"{prefix}{data}_tv_by_{kind}"] = float(total_variation(problem.test, p))
        if data == "bars":
            drawn = numbers(draws(model, p, config))
            results[f"{prefix}bars_valid_by_{kind}"] = float(np.mean(problem.test[drawn] > 0))
        results[f"{prefix}{data}_parameters"] = count_parameters(model)
    first = config.data[0]
    for prefix in ("", "rbm_"):
        results[f"{prefix}kl"] = results[f"{prefix}{first}_kl_by_{config.losses[0]}"]
        results[f"{prefix}parameters"] = results[f"{prefix}{first}_parameters"]
    if "returns" in config.data:
        student, test = run.load("student_t")["probabilities"], return_problem(config).test
        results["student_t_returns_kl"] = float(kl_divergence(test, student, floor=FLOOR))
        results["student_t_returns_tv"] = float(total_variation(test, student))
    return results


def draws(model: Any, p: np.ndarray, config: Config) -> np.ndarray:
    """Bits drawn from a machine, ``[samples, n]``: measured, where it is a circuit."""
    key = jax.random.key(config.seed)
    if isinstance(model, BornMachine):
        return np.asarray(qjax.sample(model.circuit(), key, config.samples))
    chosen = jax.random.categorical(key, np.log(np.maximum(p, 1e-30)), shape=(config.samples,))
    return words(model.n)[np.asarray(chosen)]


def student_t(config: Config) -> np.ndarray:
    """What a statistician would do: Student's t fitted to the training returns, in the bins."""
    edges, _ = bins(config)
    cumulative = stats.t(*stats.t.fit(returns()[0])).cdf(edges)
    cumulative[[0, -1]] = 0, 1
    return np.diff(cumulative)


def draw(config: Config, run: Workspace) -> None:
    shape = (config.rows, config.columns)
    learnt: dict[str, np.ndarray] = {}
    for data, name, kind, problem, model in trained(config, run):
        p = probabilities(model)
        if data == "returns" and (name == "born" or kind == config.losses[0]):
            learnt[f"{'circuit' if name == 'born' else 'RBM'}, {kind.upper()}"] = p
        elif data == "bars" and name == "born":
            bits = draws(model, p, config)[:40]
            right = problem.test[numbers(bits)] > 0
            title = f"Drawn after training by {kind.upper()}: {right.sum()} of {len(bits)} valid"
            figure = images(bits.reshape(-1, *shape), right, title=title)
            run.figure(f"bars_drawn_{kind}", figure)
    if not learnt:
        return
    student = run.load("student_t")["probabilities"]
    shown = {"test data": return_problem(config).test, **learnt, "Student's t": student}
    for name, log in (("returns", False), ("returns_tails", True)):
        label = "daily return (%)"
        run.figure(name, distributions(bins(config)[1], shown, xlabel=label, log=log))


def features(config: Config) -> int:
    return problems(config)[config.data[0]].n


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """The probability that the first trained circuit gives each string of bits."""
    born = machines(config, features(config))["born"]
    model = run.restore(f"{config.data[0]}_born_{config.losses[0]}", born)
    return {"probability": probabilities(model)[numbers(as_bits(inputs))]}


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, None]]:
    return {
        name: (machines(config, problem.n)["born"].circuit(), None)
        for name, problem in problems(config).items()
    }
