"""Kernels against dense NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qjax import kernels
from qjax.kernels import _state as state_kernels

RNG = np.random.default_rng(0)
N = 5


def random_state(n=N):
    psi = RNG.normal(size=2**n) + 1j * RNG.normal(size=2**n)
    return psi / np.linalg.norm(psi)


def pairs(psi):
    return kernels.to_pairs(jnp.asarray(psi, jnp.complex64))


def test_pairs_and_back():
    psi = random_state()
    np.testing.assert_allclose(kernels.to_complex(pairs(psi)), psi, atol=1e-6)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_a_block_acts_on_the_last_qubits(k):
    psi = random_state()
    u = np.linalg.qr(RNG.normal(size=(2**k, 2**k)) + 1j * RNG.normal(size=(2**k, 2**k)))[0]
    block = kernels.real_block(jnp.asarray(u, jnp.complex64))
    after = kernels.Block(k).apply(block, pairs(psi))
    expected = (psi.reshape(-1, 2**k) @ u.T).reshape(-1)
    np.testing.assert_allclose(kernels.to_complex(after), expected, atol=1e-6)


@pytest.mark.parametrize("places", [(4, 0, 1, 2, 3), (2, 1, 0, 4, 3), (0, 2, 4, 1, 3)])
def test_moving_bits(places):
    psi = random_state()
    moved = kernels.Move(places).apply((), pairs(psi))
    expected = psi.reshape((2,) * N).transpose(places).reshape(-1)
    np.testing.assert_allclose(kernels.to_complex(moved), expected, atol=1e-6)


@pytest.mark.parametrize("mask", [0, 1, 0b10110, 0b11111])
def test_flips_and_signs(mask):
    psi = random_state()
    index = np.arange(2**N)
    flipped = state_kernels.flip(pairs(psi), mask)
    np.testing.assert_allclose(kernels.to_complex(flipped), psi[index ^ mask], atol=1e-6)
    parity = np.array([int(b & mask).bit_count() for b in index]) % 2
    np.testing.assert_array_equal(state_kernels.signs(mask, N, np.float32), 1 - 2 * parity)


def steps():
    """One of each step, with an array."""
    gather = kernels.Gather(read=((16, 24, 12, 6, 3), 5), write=_inverse((16, 24, 12, 6, 3), 5))
    u = np.linalg.qr(RNG.normal(size=(4, 4)) + 1j * RNG.normal(size=(4, 4)))[0]
    angles = tuple(jnp.asarray(RNG.normal(size=2**m), jnp.float32) for m in (2, 3))
    return {
        "block": (kernels.Block(2), kernels.real_block(jnp.asarray(u, jnp.complex64))),
        "phases": (kernels.Phases(((0, 3), (1, 2, 4))), angles),
        "rotation": (kernels.PauliRotation(0b10110, 0b11001), jnp.float32(0.7)),
        "move": (kernels.Move((2, 0, 1, 4, 3)), ()),
        "gather": (gather, ()),
    }


def _inverse(columns, offset):
    from qjax.circuit import IndexMap

    return tuple(IndexMap(columns, offset).inverse())


@pytest.mark.parametrize("name", steps())
def test_every_step_is_undone_keeps_the_norm_and_pulls_back(name):
    step, array = steps()[name]
    before = pairs(random_state())
    after = step.apply(array, before)
    np.testing.assert_allclose(step.undo(array, after), before, atol=1e-6)
    assert float(jnp.sum(after**2)) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(after, before, atol=1e-3)
    cotangent = pairs(random_state())
    bars, expected = jax.vjp(step.apply, array, before)[1](cotangent)
    got, pulled = kernels.pull_back(step, array, before, cotangent)
    np.testing.assert_allclose(pulled, expected, atol=1e-6)
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(bars), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_product_state_is_an_outer_product():
    vectors = [random_state(1) for _ in range(5)]
    expected = vectors[0]
    for vector in vectors[1:]:
        expected = np.kron(expected, vector)
    got = kernels.product_state([jnp.asarray(v, jnp.complex64) for v in vectors])
    np.testing.assert_allclose(kernels.to_complex(got), expected, atol=1e-6)
