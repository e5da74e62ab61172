"""A batch in parts: one step, with the gradient of the whole."""

import types

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from qjax.train import Stream, fit
from qjax.train._epoch import step_key


class Counter(nnx.Module):
    """Has a weight, and counts how often it was used."""

    def __init__(self):
        self.w = nnx.Param(jnp.zeros(()))
        self.uses = nnx.BatchStat(jnp.int32(0))


def test_a_part_has_its_examples_its_key_and_what_the_last_one_left():
    def loss(model, batch, key):
        if key is None:
            return 0.0 * model.w[...], {"place": jnp.float32(0), "draw": jnp.float32(0)}
        model.uses[...] += 1
        place = 10.0 ** (2 * model.uses[...]) * batch.sum()
        return 0.0 * model.w[...], {"place": place, "draw": jax.random.uniform(key)}

    part = np.arange(6.0, dtype=np.float32)
    source = types.SimpleNamespace(train=Stream(lambda first: [part], steps=1), valid=part)
    model = Counter()
    result = fit(model, optax.sgd(0.1), loss, source, epochs=1, batch_size=6, seed=7,
                 accumulate=3, progress=False)  # fmt: skip
    # Examples 0 and 3, then 1 and 4, then 2 and 5.
    expected = (3e2 + 5e4 + 7e6) / 3
    np.testing.assert_allclose(result.history.train["place"], [expected], rtol=1e-6)
    key = step_key(jax.random.key(7), jnp.int32(0))
    draws = [jax.random.uniform(jax.random.fold_in(key, i)) for i in range(3)]
    np.testing.assert_allclose(result.history.train["draw"], [np.mean(draws)], rtol=1e-6)
    assert int(model.uses[...]) == 3
