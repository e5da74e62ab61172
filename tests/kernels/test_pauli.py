"""Expectation values of Pauli strings: few flips (unrolled), many (looped), and turned states."""

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
    "field": tuple((1 << i, 0) for i in range(N)),
    "ising": tuple((1 << i, 0) for i in range(N)) + tuple((0, 3 << i) for i in range(N - 1)),
    "two families": tuple((1 << i, 2 << i & 31) for i in range(N)) + ((0b11111, 0b11111),),
    "ragged": tuple((x, z) for x in range(2**N) for z in range(x % 5 + 1)),
}


@pytest.mark.parametrize("real", [False, True], ids=["complex", "real"])
@pytest.mark.parametrize("case", MASKS)
def test_values_and_their_derivative(case, real):
    masks = MASKS[case]
    psi = RNG.normal(size=2**N) + 1j * RNG.normal(size=2**N) * (not real)
    psi /= np.linalg.norm(psi)
    planes = kernels.to_planes(jnp.asarray(psi, jnp.complex64))[: 1 if real else 2]
    matrices = np.stack([dense(*m) for m in masks])
    expected = np.einsum("i,tij,j->t", psi.conj(), matrices, psi).real
    values = kernels.pauli_values(planes, masks)
    np.testing.assert_allclose(values, expected, atol=2e-6)
    if real:  # What is imaginary has no value, not even a rounded one.
        odd = np.array([(x & z).bit_count() % 2 for x, z in masks], bool)
        assert not np.any(values[odd])

    weights = RNG.normal(size=len(masks)).astype(np.float32)
    image = 2 * np.einsum("t,tij,j->i", weights, matrices, psi)
    gradient = jax.grad(lambda p: jnp.vdot(kernels.pauli_values(p, masks), weights))(planes)
    np.testing.assert_allclose(
        kernels.to_complex(gradient), image.real if real else image, atol=2e-5
    )

    v = jnp.asarray(RNG.normal(size=planes.shape), jnp.float32)
    _, tangent = jax.jvp(lambda p: kernels.pauli_values(p, masks), (planes,), (v,))
    expected = (kernels.to_complex(v).conj() @ np.moveaxis(matrices @ psi, 0, -1)).real * 2
    np.testing.assert_allclose(tangent, expected, atol=2e-5)


def test_the_derivative_scatters_no_state():
    masks = MASKS["all strings"]
    planes = jnp.ones((2, 2**N))
    gradient = jax.jit(jax.grad(lambda p: jnp.sum(kernels.pauli_values(p, masks))))
    text = gradient.lower(planes).as_text()
    scattered = re.findall(r"stablehlo\.scatter.*?\}\) : \(tensor<([^>]*)>", text, re.DOTALL)
    assert text.count('"stablehlo.scatter"(') == len(scattered)
    assert f"2x{2**N}xf32" in text and f"2x{2**N}xf32" not in scattered


def test_a_field_is_read_from_a_turned_state():
    """One product of amplitudes for all of it, not one a flip."""
    n = 12
    field = tuple((1 << i, 0) for i in range(n))

    def products(masks):
        jaxpr = jax.make_jaxpr(lambda p: kernels.pauli_values(p, masks))(jnp.ones((2, 2**n)))
        return str(jaxpr).count(f"f32[2,{2**n}] = mul")

    assert products(field) == products(field[:1]) == 1
    assert products(tuple((3 << i, 2 << i) for i in range(5))) == 5
