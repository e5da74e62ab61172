"""The model: what words do to actors, and how likely no and yes are in the end."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import nnx

from . import pair, qubit
from .config import Config
from .tape import Tapes
from .wires import asked, run
from .words import WORDS, Params

# What an actor is: the shapes of the words' angles, `shapes(config)`; the matrices of the events,
# `events(params, directions)`; and those of the answers, `answers(params)`.
EMBEDDINGS = {"qubit": qubit, "pair": pair}


class StoryModel(nnx.Module):
    r"""Tapes -> log-probabilities of no and yes, ``[stories, 2]``.

    An actor is a qubit, an event a channel: a walk or a turn is a rotation, and to follow is a
    circuit on both qubits and a fresh one that is then discarded. The answers are two states of the
    two qubits that are asked about, and

    .. math:: p(\mathrm{yes}) \propto \langle\mathrm{yes}| \rho_{xy} |\mathrm{yes}\rangle

    The state of the wires is kept as expectations, real ``[4**wires]``: to discard a wire is to
    read the entry of the identity, and any event is one matrix ``[16, 16]``.

    Source: Duneau et al. 2024, arXiv 2409.08777.
    """

    def __init__(self, config: Config, wires: int, *, rngs: nnx.Rngs):
        self.embedding = config.embedding
        self.directions = config.directions
        self.wires = wires
        for name, shape in EMBEDDINGS[config.embedding].shapes(config).items():
            setattr(self, name, nnx.Param(jax.random.uniform(rngs.params(), shape)))

    def params(self) -> Params:
        """The angles of every word, in turns."""
        return {name: getattr(self, name)[...] for name in WORDS}

    def __call__(self, tapes: Tapes) -> jax.Array:
        channels, effects = compiled(self.params(), self.embedding, self.directions)
        found = overlaps(channels, effects, tapes, self.wires)
        # Rounding may leave an overlap of nothing slightly below it.
        return jnp.log(jnp.maximum(found, 1e-6))


def compiled(params: Params, embedding: str, directions: int) -> tuple[jax.Array, jax.Array]:
    """The words as matrices: of the events ``[10, 16, 16]``, of the answers ``[2, 16]``."""
    words = EMBEDDINGS[embedding]
    return words.events(params, directions), words.answers(params)


def overlaps(channels: jax.Array, effects: jax.Array, tapes: Tapes, wires: int) -> jax.Array:
    """How much each story agrees with no and with yes, ``[stories, 2]``."""

    def one(tape: Tapes) -> jax.Array:
        return effects @ asked(run(channels, tape.steps, wires), tape.asked, wires)

    return jax.vmap(one)(tapes)
