"""Variances of gradients against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import qjax
from qjax.nn import QuantumLayer, initializers
from qjax.train import gradient_variance

WIDTH = 4


def product(weights, x):
    return qjax.Circuit(WIDTH).ry(weights["angles"], range(WIDTH))


class Product(nnx.Module):
    """A product of cosines, whose variances are known, times a weight that is drawn."""

    def __init__(self, rngs, initializer=None):
        angles = initializer or initializers.uniform_angle()
        everything = qjax.Z(0) @ qjax.Z(1) @ qjax.Z(2) @ qjax.Z(3)
        self.layer = QuantumLayer(
            product, {"angles": (WIDTH,)}, everything, initializer=angles, rngs=rngs
        )
        self.factor = nnx.Param(2.0 * jax.random.rademacher(rngs.params(), (), jnp.float32))


def loss(model, x, key):
    return model.factor[...] * model.layer(x)[0]


def test_a_product_of_cosines():
    result = gradient_variance(Product, loss, jnp.zeros(1), samples=4000, block=1000)
    # E[sin^2] E[cos^2]^3 E[factor^2], and E[cos^2]^4: all means are 0.
    known = {"layer.angles": 4 / 2**WIDTH, "factor": 1 / 2**WIDTH}
    assert result.arrays == pytest.approx(known, rel=0.1)
    assert result.total == pytest.approx((WIDTH * 4 + 1) / (WIDTH + 1) / 2**WIDTH, rel=0.1)
    assert result.samples == 4000 and not result.plateau
    assert "plateau" not in str(result)


def test_blocks_make_no_difference_and_the_seed_does():
    results = [
        gradient_variance(Product, loss, jnp.zeros(1), samples=10, block=block, seed=seed)
        for block, seed in ((10, 0), (3, 0), (10, 5))
    ]
    assert results[1].total == pytest.approx(results[0].total, rel=1e-5)
    assert results[2].total != pytest.approx(results[0].total, rel=1e-3)


def test_a_plateau_is_told_before_the_run():
    def flat(model, x, key):
        return 1e-4 * loss(model, x, key)

    result = gradient_variance(Product, flat, jnp.zeros(1), samples=10)
    assert result.plateau and result.total < 1e-6
    text = str(result)
    assert "layer.angles" in text and "<- small" in text
    assert "A barren plateau is to be expected" in text
    assert not gradient_variance(Product, flat, jnp.zeros(1), samples=10, threshold=0).plateau


def test_only_what_is_trained_is_told():
    only = nnx.All(nnx.Param, nnx.PathContains("factor"))
    result = gradient_variance(Product, loss, jnp.zeros(1), samples=4, trainable=only)
    assert list(result.arrays) == ["factor"]
    assert result.total == pytest.approx(result.arrays["factor"])


def test_losses_may_draw_with_a_key_of_their_own():
    def noisy(model, x, key):
        return model.factor[...] * jax.random.normal(key)

    only = nnx.All(nnx.Param, nnx.PathContains("factor"))
    result = gradient_variance(Product, noisy, jnp.zeros(1), samples=500, trainable=only)
    np.testing.assert_allclose(result.total, 1, rtol=0.2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 1}, "`samples` must be at least 2, but is 1"),
        ({"block": 0}, "`block` must be at least 1, but is 0"),
        ({"trainable": nnx.BatchStat}, "`trainable` must match variables of the model"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        gradient_variance(Product, loss, jnp.zeros(1), **options)
