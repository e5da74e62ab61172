"""Loops of any length, in chunks or not, against JAX's own loop over dense matrices."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from tests.oracle import MATRICES, pauli_string

N = 3
ENGINE = qjax.Statevector(max_block=1)  # So that a round has blocks, tables, moves and gathers.
OBSERVABLE = 0.7 * qjax.Z(0) + 0.4 * qjax.X(1) @ qjax.Y(2)
WORDS = ["YII", "IYI", "IIY", "ZII", "ZZI", "XYZ"]


def add(circuit, w):
    circuit = circuit.ry(w[:3], range(N)).rz(w[3], 0).rzz(w[4], 0, 1).cx([0, 2], [1, 0])
    return circuit.pauli_rotation(w[5], "XYZ", range(N))


def on_qubits(name, *qubits):
    columns = []
    for column in np.eye(2**N):
        state = column.reshape((2,) * N)
        matrix = MATRICES[name]().reshape((2,) * (2 * len(qubits)))
        k = len(qubits)
        state = np.moveaxis(
            np.tensordot(matrix, state, (range(k, 2 * k), qubits)), range(k), qubits
        )
        columns.append(state.reshape(-1))
    return np.stack(columns, 1)


CX = on_qubits("cx", 2, 0) @ on_qubits("cx", 0, 1)


def round_matrix(w):
    """One round as a dense matrix."""
    dot = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    total = jnp.eye(2**N, dtype=jnp.complex64)
    for i, word in enumerate(WORDS):
        pauli = jnp.asarray(pauli_string(word), jnp.complex64)
        if i == 5:
            total = dot(jnp.asarray(CX, jnp.complex64), total)
        cos, sin = (f(w[i] / 2).astype(jnp.complex64) for f in (jnp.cos, jnp.sin))
        total = dot(cos * jnp.eye(2**N, dtype=jnp.complex64) - 1j * sin * pauli, total)
    return total


def expected(w, inverse):
    state = jnp.ones(2**N, jnp.complex64) / 2 ** (N / 2)
    dot = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)

    def step(state, v):
        matrix = round_matrix(v)
        return dot(matrix.conj().T if inverse else matrix, state), None

    state = jax.lax.scan(step, state, w, reverse=inverse)[0]
    operator = 0.7 * pauli_string("ZII") + 0.4 * pauli_string("IXY")
    return jnp.vdot(state, dot(jnp.asarray(operator, jnp.complex64), state)).real


def value(w, inverse, gradient=None):
    circuit = qjax.Circuit(N).repeat(add, w)
    circuit = qjax.Circuit(N).h(range(N)) + (circuit.inverse() if inverse else circuit)
    return qjax.expectation(circuit, OBSERVABLE, engine=ENGINE, gradient=gradient)


def angles(*shape, scale=1.0):
    return jnp.asarray(np.random.default_rng(0).normal(size=shape) * scale, jnp.float32)


@pytest.mark.parametrize("inverse", [False, True], ids=["forward", "inverse"])
@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 33, 37, 100])
def test_values_and_slopes_at_every_length(length, inverse):
    batch = angles(2, length, 6)
    got, want = (
        jax.jit(jax.vmap(jax.value_and_grad(lambda w: f(w, inverse))))(batch)  # noqa: B023
        for f in (value, expected)
    )
    assert np.max(np.abs(want[1])) > 1e-2
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.parametrize("gradient", [qjax.Adjoint(), qjax.Backprop()], ids=["adjoint", "backprop"])
@pytest.mark.parametrize("length", [2, 16, 37])
def test_second_derivatives(length, gradient):
    w, v = angles(2, length, 6)
    products = [
        jax.jit(lambda w: jax.jvp(jax.grad(f), (w,), (v,))[1])(w)  # noqa: B023
        for f in (lambda w: value(w, False, gradient), lambda w: expected(w, False))
    ]
    np.testing.assert_allclose(*products, atol=2e-4)


@pytest.mark.parametrize("lengths", [(3, 2), (17, 2), (2, 17), (16, 37), (33, 1)])
def test_a_loop_in_a_loop(lengths):
    def nested(w):
        circuit = qjax.Circuit(N).h(range(N))
        circuit = circuit.repeat(lambda c, v: c.rx(v[0, 0], 1).repeat(add, v), w)
        return qjax.expectation(circuit, OBSERVABLE, engine=ENGINE)

    def unnested(w):
        """A round of a loop in which the rotation is by zero but for the first of each row."""
        x = w[:, :1, 0] * jnp.eye(1, lengths[1], dtype=w.dtype)
        flat = jnp.concatenate([x[..., None], w], -1).reshape(-1, 7)
        circuit = qjax.Circuit(N).h(range(N))
        circuit = circuit.repeat(lambda c, v: add(c.rx(v[0], 1), v[1:]), flat)
        return qjax.expectation(circuit, OBSERVABLE, engine=ENGINE, gradient=qjax.Backprop())

    w = angles(*lengths, 6)
    got, want = (jax.jit(jax.value_and_grad(f))(w) for f in (nested, unnested))
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, atol=5e-5)


@pytest.mark.parametrize("length", [0, 1, 16, 37])
def test_rounds_without_an_angle(length):
    def energy(theta):
        circuit = qjax.Circuit(N).ry(theta, range(N))
        circuit = circuit.repeat(
            lambda c, _: c.h(0).s(1).cx([0, 1], [1, 2]).sx(2), jnp.zeros(length)
        )
        return qjax.expectation(circuit.inverse() + circuit, qjax.Z(1), engine=ENGINE)

    def plain(theta):
        inner = qjax.Circuit(N)
        for _ in range(length):
            inner = inner.h(0).s(1).cx([0, 1], [1, 2]).sx(2)
        circuit = qjax.Circuit(N).ry(theta, range(N)) + inner
        off = qjax.Statevector(max_block=1, roll=False)
        circuit = circuit.inverse() + circuit
        return qjax.expectation(circuit, qjax.Z(1), engine=off, gradient=qjax.Backprop())

    got, want = (jax.jit(jax.value_and_grad(f))(0.4) for f in (energy, plain))
    np.testing.assert_allclose(got, want, atol=1e-5)


def test_matrices_in_a_loop_of_chunks():
    """Complex leaves: what goes back to them is JAX's own convention."""
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(20, 4, 4)) + 1j * rng.normal(size=(20, 4, 4))
    stack = jnp.asarray(np.linalg.qr(raw)[0], jnp.complex64)

    def energy(stack, gradient):
        circuit = qjax.Circuit(N).h(range(N))
        circuit = circuit.repeat(lambda c, u: c.unitary(u, [2, 0]).cx(0, 1), stack)
        return qjax.expectation(circuit, OBSERVABLE, gradient=gradient)

    slopes = [jax.grad(energy)(stack, g) for g in (qjax.Adjoint(), qjax.Backprop())]
    np.testing.assert_allclose(*slopes, atol=1e-5)
    assert np.max(np.abs(slopes[0].imag)) > 1e-2
