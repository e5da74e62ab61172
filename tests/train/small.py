"""Models and a run small enough for milliseconds."""

import hashlib
import types

import jax
import numpy as np
import optax
from flax import nnx

from qjax.train import cross_entropy, fit


class Classifier(nnx.Module):
    """Has parameters, running statistics and a random stream."""

    def __init__(self, seed=0, *, rngs=None):
        rngs = rngs or nnx.Rngs(seed)
        self.first = nnx.Linear(3, 8, rngs=rngs)
        self.norm = nnx.BatchNorm(8, momentum=0.9, rngs=rngs)
        self.drop = nnx.Dropout(0.2, rngs=rngs)
        self.last = nnx.Linear(8, 2, rngs=rngs)

    def __call__(self, x):
        return self.last(self.drop(nnx.relu(self.norm(self.first(x)))))


def plain(seed=0):
    return nnx.Linear(3, 2, rngs=nnx.Rngs(seed))


def run(model, data, **options):
    defaults = {"epochs": 8, "batch_size": 8, "seed": 0, "progress": False}
    options = {"optimizer": optax.adam(0.03), "loss": cross_entropy, **defaults, **options}
    return fit(model, data=data, **options)


def same(model, other):
    pairs = zip(jax.tree.leaves(nnx.state(model)), jax.tree.leaves(nnx.state(other)), strict=True)
    return all(bool((a == b).all()) for a, b in pairs)


def compiled_epochs(patch):
    """Returns a list to which every program is added that a fit compiles for its steps."""
    made, compile = [], jax.stages.Lowered.compile

    def keep(lowered):
        made.append(compile(lowered))
        return made[-1]

    patch.setattr(jax.stages.Lowered, "compile", keep)
    return made


def digest_of_a_run(run_dir):
    """Trains for 60 epochs; returns what stopped it and a digest of all that it ended with."""
    x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    part = (x, (x[:, 0] > 0).astype(np.int32))
    model = plain()
    options = {"run_dir": run_dir, "epochs": 60, "checkpoint_seconds": 0, "progress": True}
    result = run(model, types.SimpleNamespace(train=part, valid=part), **options)
    arrays = [*jax.tree.leaves(nnx.state(model)), *jax.tree.leaves(result.best)]
    arrays += result.history.valid.values()
    bits = b"".join(np.asarray(array).tobytes() for array in arrays)
    return result.stopped_by, hashlib.sha256(bits).hexdigest()
