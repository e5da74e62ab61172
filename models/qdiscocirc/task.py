"""The task: learn words from stories of few actors, answer questions about many."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

import qjax
from models.hybrid_digits.task import logits
from qjax.data import STORY_DENSITIES, Examples, Split, Stories, following_stories
from qjax.nn import count_parameters
from qjax.train import Workspace, cross_entropy

from . import figures
from .baselines import NETWORKS, tokens
from .bundles import bundles, joined
from .config import Config
from .model import StoryModel, compiled, overlaps
from .tape import FOLLOWS, Tapes, narrow, tapes
from .words import WALKS, meeting, rotation

PAPER = "Duneau et al. 2024, arXiv 2409.08777"
METRIC = "test_accuracy"

# Stories of each part: actors, seed. How many is in the settings.
PARTS = {
    "train": ((2, 8), 1),
    "valid": ((2, 8), 2),
    "compositional": ((9, 20), 3),
    "test": ((21, 30), 4),
}
DENSER = tuple(STORY_DENSITIES)[1:]
_ENTRIES = 2**20  # Most entries of the states that are run at once.


def stories(config: Config, part: str) -> Stories:
    """Returns the stories of a part: they do not depend on the run's seed."""
    actors, seed = PARTS[part]
    counts = {"simple": getattr(config, f"{part}_stories")}
    counts |= dict.fromkeys(DENSER, getattr(config, f"denser_{part}_stories", 0))
    drawn = [
        following_stories(
            count, actors=actors, directions=config.directions, density=density, seed=seed
        )
        for density, count in counts.items()
        if count
    ]
    return joined(drawn)


def train(config: Config, run: Workspace) -> None:
    """Trains all starts at once and keeps the best; then the classical networks."""
    parts = {name: narrow(stories(config, name), config.wires) for name in ("train", "valid")}
    if not run.has("words"):
        bundled = {name: bundles(part, config.batch_size) for name, part in parts.items()}
        steps = config.epochs * len(bundled["train"].labels)
        runs = run.fit_many(
            "starts",
            lambda rngs: StoryModel(config, rngs=rngs),
            optax.adam(optax.cosine_decay_schedule(config.learning_rate, steps)),
            cross_entropy,
            Split(bundled["train"], bundled["valid"], bundled["valid"]),
            seeds=config.seed * 1000 + np.arange(config.starts),
            epochs=config.epochs,
            batch_size=1,  # A bundle, which no mesh can split.
            mesh=None,
        )
        best: Any = runs.model(runs.winner)
        run.figure("every_start", figures.starts(runs.history))
        run.save("words", **best.params())
    for name, network in NETWORKS.items():
        if config.classical_epochs:
            run.fit(
                name,
                network(rngs=nnx.Rngs(config.seed)),
                optax.adamw(1e-3, weight_decay=0.01),
                cross_entropy,
                Split(*(_read(parts[part]) for part in ("train", "valid", "valid"))),
                epochs=config.classical_epochs,
                batch_size=16,
                seed=config.seed,
            )
    run.figure("accuracy", figures.accuracy(_by_width(config, run)))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns accuracies on all parts, beside those of the classical networks."""
    params = run.load("words")
    numbers: dict[str, float | int] = {}
    for part in PARTS:
        told = stories(config, part)
        numbers[f"{part}_accuracy"] = float(np.mean(right(params, config, told)))
    numbers["parameters"] = sum(leaf.size for leaf in params.values())
    for name, network in NETWORKS.items() if config.classical_epochs else ():
        numbers[f"{name}_parameters"] = count_parameters(network(rngs=nnx.Rngs(config.seed)))
        for part in PARTS:
            good = read_right(config, run, name, stories(config, part))
            numbers[f"{name}_{part}_accuracy"] = float(np.mean(good))
    return numbers


def probabilities(params: Any, config: Config, told: Stories) -> np.ndarray:
    """Returns the overlaps with no and yes of each story, `[stories, 2]`.

    Stories are run in groups of as many wires as their light cones take, each group by one
    compiled program, whatever their structure.
    """
    cones, widths = tapes(told)
    found = np.zeros((len(widths), 2), np.float32)
    words = {name: jnp.asarray(angles) for name, angles in params.items()}
    channels, effects = _compiled(words, config.embedding, config.directions)
    for wires in np.unique(widths).tolist():
        rows = np.flatnonzero(widths == wires)
        longest = int((cones.steps[rows, :, 0] > 0).sum(1).max())
        # Wide ones by fewer: their states go through the caches.
        least = min(64, max(1, _ENTRIES // 2**6 // 4**wires))
        size = max(1, min(_rounded(len(rows), least), _ENTRIES // 4**wires))
        for start in range(0, len(rows), size):
            chosen = np.resize(rows[start : start + size], size)
            some = Tapes(cones.steps[chosen, : _rounded(longest, 16)], cones.asked[chosen])
            found[chosen] = _overlaps(channels, effects, jax.tree.map(jnp.asarray, some), wires)
    return found


def _rounded(length: int, least: int) -> int:
    """The next power of two: few shapes, so that few programs are compiled."""
    return max(least, 2 ** (length - 1).bit_length())


_compiled = jax.jit(compiled, static_argnums=(1, 2))
_overlaps = jax.jit(overlaps, static_argnums=3)


def right(params: Any, config: Config, told: Stories) -> np.ndarray:
    """Returns whether each answer is right, `[stories]`."""
    return probabilities(params, config, told).argmax(1) == told.labels


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """Returns the word "follows" and a story of three actors, with words of initial angles."""
    params = StoryModel(config, rngs=nnx.Rngs(config.seed)).params()
    found: dict[str, tuple[qjax.Circuit, Any]] = {"follows": (meeting(params["follows"], 3), None)}
    if config.embedding == "qubit":
        told = np.array([(1, 0, 0), (3, 1, 1), (1, 2, 2), (8, 0, 1), (7, 1, 1), (9, 2, 0)])
        found["story"] = circuit(params, told, 3, config.directions), None
    return found


def circuit(params: Any, told: np.ndarray, actors: int, directions: int) -> qjax.Circuit:
    """The whole circuit of a story of qubits: one an actor, and a fresh one each time two meet.

    The tapes compute the same without it: it is what a quantum computer would run.
    """
    met = actors
    whole = qjax.Circuit(actors + int((told[:, 0] >= FOLLOWS).sum()))

    def onto(part: qjax.Circuit, *qubits: int) -> None:
        nonlocal whole
        whole = whole.unitary(qjax.unitary(part), list(qubits))

    turn = rotation(params["turns"])
    around = turn if directions == 2 else turn + turn
    turns = {5: turn, 6: turn.inverse(), 7: around}
    walks = {number: i for i, number in enumerate(WALKS[directions])}
    for event, actor, other in told.tolist():
        if event in walks:
            onto(rotation(params["person"]) + rotation(params["walks"][walks[event]]), actor)
        elif event in turns:
            onto(turns[event], actor)
        else:
            onto(meeting(params["follows"], 3), actor, other, met)
            met += 1
            if event > FOLLOWS:
                onto(around, actor)
    return whole


def _read(told: Stories) -> Examples:
    return Examples(tokens(told, seed=0), told.labels)


def read_right(config: Config, run: Workspace, name: str, told: Stories) -> np.ndarray:
    """Returns whether a classical network answers right, `[stories]`."""
    model = run.restore(name, NETWORKS[name](rngs=nnx.Rngs(config.seed)))
    examples = _read(told)
    return logits(model, examples.inputs).argmax(-1) == examples.labels


def _by_width(config: Config, run: Workspace) -> dict[str, dict[int, float]]:
    """Accuracy of each model by the number of actors."""
    judges: dict[str, Callable[[Stories], np.ndarray]] = {
        "circuits": functools.partial(right, run.load("words"), config)
    }
    for name in NETWORKS if config.classical_epochs else ():
        judges[name] = functools.partial(read_right, config, run, name)
    lines: dict[str, dict[int, float]] = {name: {} for name in judges}
    for part in ("valid", "compositional", "test"):
        told = stories(config, part)
        for name, judge in judges.items():
            good = judge(told)
            for width in np.unique(told.actors).tolist():
                lines[name][width] = float(good[told.actors == width].mean())
    return lines
