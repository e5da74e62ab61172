"""Samples of many outcomes: no probability is lost in rounding."""

import jax
import jax.numpy as jnp
import numpy as np

from qjax.kernels import sample_bits


def test_many_outcomes(make_key):
    """Every bit of 2**20 equal outcomes is fair."""
    p = jnp.full(2**20, 1e-7, jnp.float32)
    means = sample_bits(p, make_key(), 20_000).mean(0)
    np.testing.assert_allclose(means, 0.5, atol=5 * 0.5 / np.sqrt(20_000))


def test_what_has_no_probability_is_not_drawn(make_key):
    p = jnp.zeros(64).at[jnp.array([3, 40])].set(jnp.array([1e-30, 1e-30]))
    shots = np.asarray(sample_bits(p, make_key(), 500)) @ (1 << np.arange(6)[::-1])
    assert set(shots) == {3, 40}
    assert sample_bits(jnp.ones(1), make_key(), 3).shape == (3, 0)


def test_a_large_state(make_key):
    """What single precision's running sums got wrong from 24 qubits on."""
    p = jnp.ones(2**24, jnp.float32)
    means = jax.jit(sample_bits, static_argnums=2)(p, make_key(), 4000)[:, -3:].mean(0)
    np.testing.assert_allclose(means, 0.5, atol=5 * 0.5 / np.sqrt(4000))
