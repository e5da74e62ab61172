"""Circuits of real gates run in real arithmetic, and any mixture of gates gives what it should."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.passes import is_real
from tests import oracle
from tests.programs import Program, numbers, random_terms, to_circuit, to_observable, with_numbers

N = 10
RING = [(i + 1) % N for i in range(N)]
ROTATION = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0].astype(np.float32)
ANGLES = jnp.asarray(np.random.default_rng(1).normal(size=(3, N)), jnp.float32)
OBSERVABLES = [qjax.Z(0) @ qjax.X(3) + 0.3 * qjax.Z(N - 1), qjax.Y(1) @ qjax.Y(4), qjax.Y(2)]


def layers(c, w):
    return c.repeat(lambda c, v: c.ry(v, range(N)).cx(range(N), RING), w)


REAL = {
    "layers": layers,
    "inverse": lambda c, w: layers(c, w).inverse(),
    "one by one": lambda c, w: [c := c.ry(v[q], q).cz(q, RING[q]) for v in w for q in range(N)][-1],
    "fixed": lambda c, w: (
        c.ry(w[0], range(N)).x(1).z(2).ch(0, 1).swap(2, 3).ccx(4, 5, 6).cswap(7, 8, 9)
    ),
    "cry": lambda c, w: c.cry(w[0], range(N), RING).h(range(N)).cry(w[1], RING, range(N)),
    "unitary": lambda c, w: c.ry(w[0], range(N)).unitary(ROTATION, [2, 7]).cz(7, 1).ry(w[1, 0], 7),
    "wide words": lambda c, w: (
        c.h(range(N)).pauli_rotation(w[0, 0], "XYZXIZYYXX", range(N)).ry(w[1], range(N))
    ),
    "words in a loop": lambda c, w: c.repeat(
        lambda c, v: c.ry(v, range(N)).pauli_rotation(v[0], "XYZXZZXX", range(1, 9)), w
    ),
}


def value(name, w, prefix=lambda c: c, **options):
    """Expectation values, of a circuit that something may come before."""
    circuit = REAL[name](prefix(qjax.Circuit(N)), w)
    return qjax.expectation(circuit, OBSERVABLES, **options)


def as_complex(circuit):
    """Nothing is done, by a gate that is not real."""
    return circuit.rx(0.0, 0)


@pytest.mark.parametrize("name", REAL)
def test_a_real_circuit_has_no_imaginary_part(name):
    engine = qjax.Statevector(max_block=4, light_cone=False)

    def texts(prefix):
        build = lambda w: value(name, w, prefix, engine=engine)  # noqa: E731
        functions = build, jax.jacrev(build)
        product = lambda w: jax.jvp(jax.grad(lambda w: build(w)[0]), (w,), (w,))  # noqa: E731
        return [str(jax.make_jaxpr(f)(ANGLES)) for f in (*functions, product)]

    half, whole = f"f32[{2**N}]", f"f32[{2 ** (N + 1)}]"
    for text in texts(lambda c: c):
        assert half in text and whole not in text and "c64[" not in text
    for text in texts(as_complex):
        assert whole in text


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("gradient", [qjax.Adjoint(), qjax.Backprop()], ids=["adjoint", "backprop"])
def test_values_and_slopes_are_those_with_an_imaginary_part(name, gradient):
    def both(prefix):
        function = lambda w: value(name, w, prefix, gradient=gradient)  # noqa: E731
        return jax.jit(jax.vmap(lambda w: (function(w), jax.jacrev(function)(w))))(
            jnp.stack([ANGLES, -2 * ANGLES])
        )

    real, expected = both(lambda c: c), both(as_complex)
    for a, b in zip(real, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
        assert not np.any(a[:, 2])  # A single Y.
    assert np.any(np.abs(real[0][:, :2]) > 1e-2)


def test_every_verb_of_a_real_circuit():
    ops = [("ry", (0.3 * q,), (q,)) for q in range(4)] + [("ch", (), (0, 2)), ("cx", (), (3, 1))]
    ops += [("pauli_rotation", (0.7, "YXXZ"), (0, 1, 2, 3)), ("unitary", (ROTATION,), (1, 3))]
    program = Program(4, ops)
    circuit, engine = to_circuit(program), qjax.Statevector(max_block=2)
    assert is_real(circuit) and not is_real(circuit.s(0))
    state = qjax.statevector(circuit, engine=engine)
    assert state.dtype == jnp.complex64
    np.testing.assert_allclose(state, oracle.statevector(*program), atol=1e-5)
    np.testing.assert_allclose(
        qjax.unitary(circuit, engine=engine), oracle.unitary(*program), atol=1e-5
    )
    np.testing.assert_allclose(
        qjax.density_matrix(circuit, [2, 0], engine=engine),
        oracle.density_matrix(*program, [2, 0]),
        atol=1e-5,
    )
    np.testing.assert_allclose(
        qjax.probabilities(circuit, engine=engine), oracle.probabilities(*program), atol=1e-5
    )
    text = str(jax.make_jaxpr(lambda c: qjax.unitary(c, engine=engine))(circuit))
    assert "f32[16,16]" in text and "f32[32,16]" not in text


def test_double_precision():
    with jax.enable_x64(True):
        engine = qjax.Statevector(dtype=jnp.complex128)
        for prefix in (lambda c: c, as_complex):
            state = qjax.statevector(
                layers(prefix(qjax.Circuit(N)), np.asarray(ANGLES, float)), engine=engine
            )
            ops = []
            for w in np.asarray(ANGLES, float):
                ops += [("ry", (w[q],), (q,)) for q in range(N)]
                ops += [("cx", (), (q, RING[q])) for q in range(N)]
            assert state.dtype == jnp.complex128
            np.testing.assert_allclose(state, oracle.statevector(N, ops), atol=1e-13)


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, 10])
def test_every_block_size_in_place_and_behind_all_others(block, monkeypatch):
    """The real and the complex factors of gates, and both ways of bringing bits together."""
    rng = np.random.default_rng(block)
    n = 6
    names = [("ry", 1, 1), ("rx", 1, 1), ("u", 3, 1), ("cy", 0, 2), ("crx", 1, 2), ("ch", 0, 2)]
    names += [("rxx", 1, 2), ("iswap", 0, 2), ("sx", 0, 1), ("cz", 0, 2), ("ccx", 0, 3)]
    ops = []
    for i in rng.integers(0, len(names), 20):
        name, angles, qubits = names[i]
        qubits = tuple(rng.choice(n, qubits, replace=False).tolist())
        ops.append((name, tuple(rng.normal(size=angles).tolist()), qubits))
    ops.append(("pauli_rotation", (0.4, "XYZZYX"), tuple(range(n))))
    program, terms = Program(n, ops), random_terms(rng, n, 3)
    parameters = numbers(program)
    slopes = oracle.gradient(n, ops, terms)
    engine = qjax.Statevector(max_block=block)
    for cost, first in ((0.0, 0), (1e6, 99)):
        monkeypatch.setattr("qjax.passes._fuse._COMPLEX_COST", cost)
        monkeypatch.setattr("qjax.engines._lower._IN_PLACE_QUBITS", first)

        @jax.jit
        def run(parameters):
            circuit = to_circuit(with_numbers(program, parameters))
            observable = to_observable(terms)
            return qjax.expectation(circuit, observable, engine=engine)

        got, bars = jax.value_and_grad(run)(parameters)
        np.testing.assert_allclose(got, oracle.expectation(n, ops, terms), atol=1e-5)
        for a, b in zip(jax.tree.leaves(bars), jax.tree.leaves(slopes), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
