"""The transformer and the LSTM that read the same stories, a sentence a token."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from qjax.data import STORY_EVENTS, Stories

NAMES = 30
QUESTION = len(STORY_EVENTS)  # The event of the last token: it names the two asked about.


def tokens(stories: Stories, seed: int) -> np.ndarray:
    """Returns sentences as three numbers each, int32 `[stories, sentences + 1, 3]`.

    The last is the question, and zeros stand before the first. Actors get other names in every
    story: the names beyond the eighth are then known to a network that saw no ninth actor.
    """
    rng = np.random.default_rng(seed)
    longest = stories.events.shape[1]
    rows = np.zeros((len(stories.events), longest + 1, 3), np.int32)
    for row, events, question in zip(rows, stories.events, stories.questions, strict=True):
        told = events[events[:, 0] > 0]
        names = rng.permutation(NAMES).astype(np.int32)
        asked = np.array([[QUESTION, *question]], np.int32)
        row[longest - len(told) :] = np.concatenate([told, asked])
        row[longest - len(told) :, 1:] = names[row[longest - len(told) :, 1:]]
    return rows


class Sentences(nnx.Module):
    """Sentences `[..., 3]` -> vectors `[..., width]`."""

    def __init__(self, width: int, *, rngs: nnx.Rngs):
        self.event = nnx.Embed(QUESTION + 1, width, rngs=rngs)
        self.actor = nnx.Embed(NAMES, width, rngs=rngs)
        self.mix = nnx.Linear(3 * width, width, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        parts = (self.event(x[..., 0]), self.actor(x[..., 1]), self.actor(x[..., 2]))
        told = (x[..., :1] > 0).astype(jnp.float32)
        return self.mix(jnp.concatenate(parts, -1)) * told


class LSTM(nnx.Module):
    """Reads a story and its question; logits of no and yes `[stories, 2]`."""

    def __init__(self, width: int = 64, *, rngs: nnx.Rngs):
        self.embed = Sentences(width, rngs=rngs)
        self.read = nnx.RNN(nnx.LSTMCell(width, width, rngs=rngs))
        self.logits = nnx.Linear(width, 2, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.logits(self.read(self.embed(x))[:, -1])


class Block(nnx.Module):
    """Attention and a layer of neurons, each after a normalisation and beside a bypass."""

    def __init__(self, width: int, *, rngs: nnx.Rngs):
        self.attend = nnx.MultiHeadAttention(4, width, decode=False, rngs=rngs)
        self.before, self.between = (nnx.LayerNorm(width, rngs=rngs) for _ in range(2))
        self.wide = nnx.Linear(width, 2 * width, rngs=rngs)
        self.narrow = nnx.Linear(2 * width, width, rngs=rngs)

    def __call__(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        x = x + self.attend(self.before(x), mask=mask)
        return x + self.narrow(nnx.gelu(self.wide(self.between(x))))


class Transformer(nnx.Module):
    """Reads a story and its question; logits of no and yes `[stories, 2]`.

    Places are counted from the question backwards, so that short and long stories share them.
    """

    def __init__(self, width: int = 64, blocks: int = 2, *, rngs: nnx.Rngs):
        self.embed = Sentences(width, rngs=rngs)
        self.blocks = nnx.List([Block(width, rngs=rngs) for _ in range(blocks)])
        self.norm = nnx.LayerNorm(width, rngs=rngs)
        self.logits = nnx.Linear(width, 2, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        told = x[..., 0] > 0
        y = self.embed(x)
        y = y + jnp.broadcast_to(_waves(*y.shape[1:])[None], y.shape)
        for block in self.blocks:
            y = block(y, told[:, None, None, :])
        return self.logits(self.norm(y[:, -1]))


def _waves(length: int, width: int) -> jax.Array:
    """Sines and cosines of places counted from the end, `[length, width]`."""
    rates = 1e3 ** (-np.arange(width // 2) * 2 / width)
    angles = np.arange(length)[::-1, None] * rates
    return jnp.asarray(np.concatenate([np.sin(angles), np.cos(angles)], 1), jnp.float32)


NETWORKS = {"transformer": Transformer, "lstm": LSTM}
