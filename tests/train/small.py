"""Models and a run small enough for milliseconds."""

import jax
import optax
from flax import nnx

from qjax.train import cross_entropy, fit


class Classifier(nnx.Module):
    """Has parameters, running statistics and a random stream."""

    def __init__(self, seed=0):
        rngs = nnx.Rngs(seed)
        self.first = nnx.Linear(3, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, momentum=0.9, rngs=rngs)
        self.drop = nnx.Dropout(0.2, rngs=rngs)
        self.last = nnx.Linear(8, 2, rngs=rngs)

    def __call__(self, x):
        return self.last(self.drop(nnx.relu(self.norm(self.first(x)))))


def plain():
    return nnx.Linear(3, 2, rngs=nnx.Rngs(0))


def run(model, data, **options):
    defaults = {"epochs": 8, "batch_size": 8, "seed": 0, "progress": False}
    return fit(model, optax.adam(0.03), cross_entropy, data, **(defaults | options))


def same(model, other):
    pairs = zip(jax.tree.leaves(nnx.state(model)), jax.tree.leaves(nnx.state(other)), strict=True)
    return all(bool((a == b).all()) for a, b in pairs)
