"""Amplitude encoding: exact for every vector, and smooth around it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.library import amplitude_encoding
from tests import oracle

OBSERVABLE = 0.7 * qjax.Z(0) + 0.4 * qjax.X(1) - 0.3 * qjax.Y(0) @ qjax.Y(1)
TERMS = [(0.7, {0: "Z"}), (0.4, {1: "X"}), (-0.3, {0: "Y", 1: "Y"})]


def vectors(n, dtype):
    """Random vectors, basis vectors of either sign, and vectors with many zeros."""
    rng = np.random.default_rng(n)
    size = 2**n
    x = rng.normal(size=(8, size)).astype(dtype)
    if dtype == np.complex64:
        x += 1j * rng.normal(size=x.shape)
    x[1:5] = 0
    x[1, 0] = x[2, -1] = 1
    x[3, 0] = -2
    x[4, size // 2] = -3j if dtype == np.complex64 else -3
    x[5, size // 2 :] = 0
    x[6] *= np.float32(1e-30)
    x[7] *= np.float32(1e30)
    return x


def run(n, x, **options):
    return qjax.statevector(amplitude_encoding(qjax.Circuit(n), x, **options))


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
@pytest.mark.parametrize("n", [1, 3, 7])
def test_prepares_the_vector(n, dtype):
    x = vectors(n, dtype)
    unit = x / np.linalg.norm(x.astype(complex), axis=1, keepdims=True)
    got = jax.jit(jax.vmap(lambda x: run(n, x)))(x)
    np.testing.assert_allclose(got, unit, atol=2e-6)


def closed_form(matrix, x):
    """Value and derivative of <x|O|x> / <x|x>, the latter by JAX's convention."""
    norm = np.vdot(x, x).real
    value = np.vdot(x, matrix @ x).real / norm
    return value, (2 * (matrix @ x - value * x) / norm).conj()


@pytest.mark.parametrize(("n", "dtype"), [(3, np.float32), (3, np.complex64), (6, np.complex64)])
def test_derivative_is_right_where_amplitudes_are_zero(n, dtype):
    x = vectors(n, dtype)[:6]
    f = jax.value_and_grad(
        lambda x: qjax.expectation(amplitude_encoding(qjax.Circuit(n), x), OBSERVABLE)
    )
    values, slopes = jax.jit(jax.vmap(f))(x)
    matrix = np.stack([oracle.observe(n, TERMS, e) for e in np.eye(2**n)], 1)
    for row in range(len(x)):
        value, slope = closed_form(matrix, x[row].astype(complex))
        np.testing.assert_allclose(values[row], value, atol=3e-6)
        slope = slope if dtype == np.complex64 else slope.real
        np.testing.assert_allclose(slopes[row], slope, atol=1e-5)


def test_second_derivative_at_a_basis_vector():
    n = 6
    at = jnp.zeros(2**n).at[0].set(1.0)
    direction = jnp.asarray(np.random.default_rng(0).normal(size=2**n), jnp.float32)
    f = lambda x: qjax.expectation(amplitude_encoding(qjax.Circuit(n), x), OBSERVABLE)  # noqa: E731
    _, got = jax.jit(lambda x, v: jax.jvp(jax.grad(f), (x,), (v,)))(at, direction)
    matrix = np.stack([oracle.observe(n, TERMS, e) for e in np.eye(2**n)], 1).real
    v, x = np.asarray(direction, float), np.asarray(at, float)
    step = 1e-4
    slope = lambda x: closed_form(matrix, x)[1]  # noqa: E731
    wanted = (slope(x + step * v) - slope(x - step * v)) / (2 * step)
    np.testing.assert_allclose(got, wanted, atol=1e-3)


def test_double_precision():
    with jax.enable_x64(True):
        x = np.random.default_rng(0).normal(size=(2, 64))
        x = x[0] + 1j * x[1]
        engine = qjax.Statevector(dtype=np.complex128)
        state = qjax.statevector(amplitude_encoding(qjax.Circuit(6), x), engine=engine)
        np.testing.assert_allclose(state, x / np.linalg.norm(x), atol=1e-13)


def test_leaves_are_no_larger_than_the_state():
    circuit = jax.eval_shape(lambda x: amplitude_encoding(qjax.Circuit(12), x), jnp.ones(2**12))
    assert max(leaf.size for leaf in jax.tree.leaves(circuit)) == 2**12


def test_unit_vectors_only():
    x = np.array([0.6, 0.8])
    np.testing.assert_allclose(run(1, x, normalize=False), x, atol=1e-6)
    traced = jax.jit(lambda x: run(1, x, normalize=False))
    np.testing.assert_allclose(traced(x), x, atol=1e-6)
    assert np.all(np.isnan(traced(2 * x)))
    with pytest.raises(ValueError, match="Argument `x` must have norm 1, but has norm 2"):
        run(1, 2 * x, normalize=False)


def test_tiny_and_huge_vectors_outside_jit():
    for scale in (1e-300, 1e300):
        np.testing.assert_allclose(run(1, [3 * scale, -4 * scale]), [0.6, -0.8], atol=1e-6)


@pytest.mark.parametrize("n", [2, 6])
def test_zero_is_refused_and_nan_under_jit(n):
    with pytest.raises(ValueError, match="Argument `x` must not be the zero vector"):
        run(n, jnp.zeros(2**n))
    if n == 2:
        assert np.all(np.isnan(jax.jit(lambda x: run(n, x))(jnp.zeros(2**n))))


@pytest.mark.parametrize(
    ("error", "x", "message"),
    [
        (ValueError, [1, 2, 3], r"must have shape \(4,\) on 2 qubits, but has shape \(3,\)"),
        (ValueError, [1, 2, np.nan, 0], "must be finite"),
        (ValueError, jnp.array([1, 2, jnp.inf, 0]), "must be finite"),
        (TypeError, ["a", "b", "c", "d"], "must be numeric"),
    ],
)
def test_bad_vectors(error, x, message):
    with pytest.raises(error, match="Argument `x` " + message):
        amplitude_encoding(qjax.Circuit(2), x)
