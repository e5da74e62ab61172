"""Expectation values of Pauli strings: few flips (unrolled) and many (looped)."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qjax import kernels

N = 5
RNG = np.random.default_rng(0)
X, Z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])


def dense(x, z):
    """Matrix of a string given by its masks."""
    total = np.eye(1)
    for place in range(N):
        bits = x >> (N - 1 - place) & 1, z >> (N - 1 - place) & 1
        letter = {(0, 0): np.eye(2), (1, 0): X, (0, 1): Z, (1, 1): 1j * X @ Z}[bits]
        total = np.kron(total, letter)
    return total


MASKS = {
    "one sign": ((0, 0b10000),),
    "identity": ((0, 0),),
    "signs": tuple((0, int(z)) for z in RNG.integers(0, 2**N, 9)),
    "few flips": tuple((int(x), int(z)) for x in (3, 7) for z in RNG.integers(0, 2**N, 5)),
    "all strings": tuple((x, z) for x in range(2**N) for z in range(2**N)),
    "ragged": tuple((x, z) for x in range(2**N) for z in range(x % 5 + 1)),
}


@pytest.mark.parametrize("case", MASKS)
def test_values_and_their_derivative(case):
    masks = MASKS[case]
    psi = RNG.normal(size=2**N) + 1j * RNG.normal(size=2**N)
    psi /= np.linalg.norm(psi)
    pairs = kernels.to_pairs(jnp.asarray(psi, jnp.complex64))
    matrices = np.stack([dense(*m) for m in masks])
    expected = np.einsum("i,tij,j->t", psi.conj(), matrices, psi).real
    np.testing.assert_allclose(kernels.pauli_values(pairs, masks), expected, atol=2e-6)

    weights = RNG.normal(size=len(masks)).astype(np.float32)
    image = 2 * np.einsum("t,tij,j->i", weights, matrices, psi)
    gradient = jax.grad(lambda p: jnp.vdot(kernels.pauli_values(p, masks), weights))(pairs)
    np.testing.assert_allclose(kernels.to_complex(gradient), image, atol=2e-5)

    v = jnp.asarray(RNG.normal(size=pairs.shape), jnp.float32)
    _, tangent = jax.jvp(lambda p: kernels.pauli_values(p, masks), (pairs,), (v,))
    expected = (kernels.to_complex(v).conj() @ np.moveaxis(matrices @ psi, 0, -1)).real * 2
    np.testing.assert_allclose(tangent, expected, atol=2e-5)


def test_the_derivative_scatters_no_state():
    masks = MASKS["all strings"]
    pairs = jnp.ones((2**N, 2))
    gradient = jax.jit(jax.grad(lambda p: jnp.sum(kernels.pauli_values(p, masks))))
    text = gradient.lower(pairs).as_text()
    scattered = re.findall(r"stablehlo\.scatter.*?\}\) : \(tensor<([^>]*)>", text, re.DOTALL)
    assert text.count('"stablehlo.scatter"(') == len(scattered)
    assert f"{2**N}x2xf32" not in scattered
