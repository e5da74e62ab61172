"""A circuit's success as its authors compute it: in double precision, by finite differences.

The search is chaotic where it is long: the last digits of a gradient decide where it ends. So the
numbers are theirs from the first to the last: points and parameters from one generator, L-BFGS-B of
SciPy with its own differences and its own limits, costs and order of the parameters.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize

import qjax
from models.data_reuploading import Config
from models.data_reuploading.model import class_targets, scores, shapes
from qjax.data import REGIONS

SEED = 30
TEST = 4000
ENGINE = qjax.Statevector(dtype=np.complex128)


def success(config: Config, shift: float = 0.0) -> float:
    """Returns the share of test points whose class is right after training.

    Args:
        config: The circuit, its cost and the problem.
        shift: What is added to the first parameter, to see how much the search depends on it.
    """
    points, labels, start = drawn(config)
    train = REGIONS[config.problem].train
    start[0] += shift
    with jax.enable_x64(True):
        run = program(config)
        first = jnp.asarray(points[:train])

        def evaluate(flat: np.ndarray) -> float:
            return cost(config, np.asarray(run(flat, first)), labels[:train])

        best = scipy.optimize.minimize(evaluate, start, method="L-BFGS-B").x
        # In parts of the size that is compiled.
        parts = points[train:].reshape(-1, *first.shape)
        found = np.concatenate([np.asarray(run(best, part)) for part in parts])
    return float(np.mean(found.argmax(1) == labels[train:]))


def drawn(config: Config) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns points, labels and the first parameters, one after another from one generator."""
    region, sizes = REGIONS[config.problem], shapes(config)
    random = np.random.RandomState(SEED)
    points = 2 * random.rand(region.train + TEST, region.dimensions) - 1
    angles = sum(math.prod(shape) for name, shape in sizes.items() if name != "weights")
    weights = np.ones(math.prod(sizes.get("weights", (0,))))
    return points, region.label(points).astype(int), np.concatenate([random.rand(angles), weights])


def program(config: Config) -> Callable[..., jax.Array]:
    """Returns the compiled function from parameters `[p]` and points `[n, d]` to scores."""

    def one(flat: jax.Array, x: jax.Array) -> jax.Array:
        return scores(config, parameters(config, flat), x, ENGINE)

    return jax.jit(jax.vmap(one, (None, 0)))


def parameters(config: Config, flat: jax.Array) -> dict[str, jax.Array]:
    """Returns the model's parameters from the authors' vector, where the qubits come first."""
    found, start = {}, 0
    for name, shape in shapes(config).items():
        part = flat[start : start + math.prod(shape)]
        start += len(part)
        if name == "weights":
            found[name] = part.reshape(shape)
        else:
            layers, qubits, last = shape
            found[name] = part.reshape(qubits, layers, last).swapaxes(0, 1)
    return found


def cost(config: Config, scores: np.ndarray, labels: np.ndarray) -> float:
    """Returns the mean cost of scores `[n, classes]`, but for a constant."""
    if config.cost == "fidelity":
        return -float(scores[np.arange(len(labels)), labels].mean())
    wanted = class_targets(scores.shape[1])[labels]
    return float(((scores - wanted) ** 2).sum(1).mean() / 2)
