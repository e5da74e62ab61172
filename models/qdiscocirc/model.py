"""The model: what words do to actors, and how likely no and yes are in the end."""

from __future__ import annotations

from collections.abc import Mapping

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
    r"""Bundles of stories -> logarithms of the overlaps with no and yes, ``[bundles, stories, 2]``.

    An actor is a qubit, an event a channel: a walk or a turn is a rotation, and to follow is a
    circuit on both qubits and a fresh one that is then discarded. The answers are two states of the
    two qubits that are asked about, and

    .. math:: p(\mathrm{yes}) \propto \langle\mathrm{yes}| \rho_{xy} |\mathrm{yes}\rangle

    The state of the wires is kept as expectations, real ``[4**wires]``: to discard a wire is to
    read the entry of the identity, and any event is one matrix ``[16, 16]``.

    Source: Duneau et al. 2024, arXiv 2409.08777.
    """

    def __init__(self, config: Config, *, rngs: nnx.Rngs):
        self.embedding = config.embedding
        self.directions = config.directions
        for name, shape in EMBEDDINGS[config.embedding].shapes(config).items():
            setattr(self, name, nnx.Param(jax.random.uniform(rngs.params(), shape)))

    def params(self) -> Params:
        """The angles of every word, in turns."""
        return {name: getattr(self, name)[...] for name in WORDS}

    def __call__(self, bundles: Mapping[int, Tapes]) -> jax.Array:
        channels, effects = compiled(self.params(), self.embedding, self.directions)

        def found(wires: int, tapes: Tapes) -> jax.Array:
            return jax.vmap(lambda some: overlaps(channels, effects, some, wires))(tapes)

        every = jnp.concatenate([found(*group) for group in bundles.items()], 1)
        # Rounding may leave an overlap of nothing slightly below it.
        return jnp.log(jnp.maximum(every, 1e-6))


def compiled(params: Params, embedding: str, directions: int) -> tuple[jax.Array, jax.Array]:
    """The words as matrices: of the events ``[10, 16, 16]``, of the answers ``[2, 16]``."""
    words = EMBEDDINGS[embedding]
    return words.events(params, directions), words.answers(params)


def overlaps(channels: jax.Array, effects: jax.Array, tapes: Tapes, wires: int) -> jax.Array:
    """How much each story agrees with no and with yes, ``[stories, 2]``."""

    def one(tape: Tapes) -> jax.Array:
        state = asked(run(channels, tape.steps, wires), tape.asked)
        return jnp.matmul(effects, state, precision="highest")

    return jax.vmap(one)(tapes)
