"""The tensor-network engine against the oracle, the statevector and tensorcircuit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.engines.network import _table
from qjax.interop import to_tensorcircuit
from tests import oracle
from tests.budgets.test_compile import count
from tests.conformance.derivatives import check_gradients
from tests.conformance.tables import GRADIENTS, Engine
from tests.programs import every_gate, random_terms, to_circuit, to_observable

ENGINE = qjax.TensorNetwork(progress=False)
BACKPROP = next(g for g in GRADIENTS if g.name == "backprop")


def answers(circuit, observables, bits, engine):
    """What every verb says."""
    n = circuit.n_qubits
    return (
        qjax.expectation(circuit, observables, engine=engine),
        qjax.amplitude(circuit, bits, engine=engine),
        qjax.statevector(circuit, engine=engine),
        qjax.unitary(circuit, engine=engine),
        qjax.probabilities(circuit, [n - 1, 0], engine=engine),
        qjax.density_matrix(circuit, [1, n - 1], engine=engine),
    )


def layers(circuit, weights):
    """A brickwork of rotations and CX, its layers in a repeat."""
    n = circuit.n_qubits
    pairs = [*range(0, n - 1, 2), *range(1, n - 1, 2)]

    def layer(c, w):
        return c.ry(w[0], range(n)).rz(w[1], range(n)).cx(pairs, [q + 1 for q in pairs])

    return circuit.repeat(layer, weights)


def turn(angle):
    """The matrix of RY."""
    c, s = jnp.cos(angle / 2), jnp.sin(angle / 2)
    return jnp.stack([jnp.stack([c, -s]), jnp.stack([s, c])])


def angles(*shape):
    return jnp.asarray(np.random.default_rng(sum(shape)).normal(size=shape), jnp.float32)


def test_every_gate_and_verb_agree_with_the_oracle():
    rng = np.random.default_rng(3)
    n, program = 4, every_gate(rng, 4)
    terms, bits = random_terms(rng, n, 3), rng.integers(0, 2, n)
    found = jax.jit(answers, static_argnums=3)(
        to_circuit(program), [to_observable(terms), qjax.I()], jnp.asarray(bits), ENGINE
    )
    state = oracle.statevector(n, program.ops)
    expected = (
        [oracle.expectation(n, program.ops, terms), 1],
        state.reshape((2,) * n)[tuple(bits)],
        state,
        oracle.unitary(n, program.ops),
        oracle.probabilities(n, program.ops, [n - 1, 0]),
        oracle.density_matrix(n, program.ops, [1, n - 1]),
    )
    for value, exact in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, exact, atol=2e-6)


def test_derivatives_of_every_gate_in_a_batch():
    engine = Engine("network", ENGINE, x64=False, tolerance=1e-5)
    program = every_gate(np.random.default_rng(5), 3)
    # Derivatives in given matrices are right along unitary ones; the oracle takes any.
    angles_only = program._replace(ops=[op for op in program.ops if op[0] != "unitary"])
    check_gradients(angles_only, BACKPROP, engine, "jit-vmap")


def test_repeats_inverses_wide_words_and_second_derivatives():
    n, weights = 4, angles(2, 2, 4)

    def value(weights, engine=ENGINE):
        circuit = layers(qjax.Circuit(n).h(0), weights)
        circuit = circuit.pauli_rotation(0.7, "XYZ", [3, 0, 2]).unitary(turn(weights[1, 0, 2]), 2)
        circuit = circuit.rx(0.3, range(n)) + layers(qjax.Circuit(n), weights[:1]).inverse()
        return qjax.expectation(circuit, qjax.Z(0) + qjax.X(1) @ qjax.Y(3), engine=engine)

    @jax.jit
    def results(weights):
        slope = jax.grad(value)
        along = jnp.zeros_like(weights).at[1, 0, 1].set(1)
        there = value(weights + jnp.pi * along)
        (_, second) = jax.jvp(slope, (weights,), (along,))
        return value(weights), slope(weights), there, second[1, 0, 1]

    here, slope, there, second = results(weights)
    # Of one gate's angle the value is a constant and one wave.
    np.testing.assert_allclose(second, (there - here) / 2, atol=1e-5)
    exact = jax.value_and_grad(value)(weights, qjax.Statevector())
    np.testing.assert_allclose(here, exact[0], atol=1e-6)
    np.testing.assert_allclose(slope, exact[1], atol=1e-5)


@pytest.mark.parametrize("largest", [0, 2**4])
def test_tables_and_matrix_products_give_the_same(largest, monkeypatch):
    circuit, observables = layers(qjax.Circuit(6), angles(2, 2, 6)), [qjax.Z(2), qjax.X(5)]
    tables = qjax.expectation(circuit, observables, engine=ENGINE)
    monkeypatch.setattr(_table, "_LARGEST", largest)
    # Another engine, so that what is compiled already is not asked.
    engine = qjax.TensorNetwork(search_seconds=9.0 + largest, progress=False)
    products = qjax.expectation(circuit, observables, engine=engine)
    np.testing.assert_allclose(tables, products, atol=1e-6)


def test_slices_are_a_loop_and_change_nothing():
    weights, observable = angles(4, 2, 8), [qjax.X(3) @ qjax.Z(4)]
    whole, sliced = ENGINE, qjax.TensorNetwork(max_memory=2000, progress=False)

    def value(weights, engine):
        return qjax.expectation(layers(qjax.Circuit(8), weights), observable, engine=engine).sum()

    words = observable[0].words
    costs = [e.cost(layers(qjax.Circuit(8), weights), words) for e in (whole, sliced)]
    assert costs[0].slices == 1 and costs[0].bytes * 3 > 2000
    assert costs[1].slices > 1 and costs[1].bytes * 3 <= 2000
    found = [jax.jit(jax.grad(value), static_argnums=1)(weights, e) for e in (whole, sliced)]
    np.testing.assert_allclose(*found, atol=1e-5)
    text = str(jax.make_jaxpr(value, static_argnums=1)(weights, sliced))
    assert f"length={costs[1].slices}" in text
    assert "checkpoint" in text or "remat" in text


def test_terms_that_look_alike_are_one_program():
    """Also where a renaming of the qubits takes one to the other, and gates change order."""

    def ring(n):
        order = np.random.default_rng(n).permutation(n).tolist()
        edges = [tuple(sorted((order[i], order[(i + 1) % n]))) for i in range(n)]
        pairs = list(zip(*sorted(edges), strict=True))

        def energy(w, engine=ENGINE):
            circuit = qjax.Circuit(n).h(range(n))
            for gamma, beta in w:
                circuit = circuit.rzz(gamma, *pairs).rx(beta, range(n))
            terms = [qjax.Z(a) @ qjax.Z(b) for a, b in edges]
            return qjax.expectation(circuit, sum(terms), engine=engine)

        def circuit(w):
            return qjax.Circuit(n).h(range(n)).rzz(w[0, 0], *pairs).rx(w[0, 1], range(n))

        words = sum(qjax.Z(a) @ qjax.Z(b) for a, b in edges).words
        assert ENGINE.cost(circuit(jnp.ones((1, 2))), words).networks == (n, 1)
        return energy

    weights = angles(2, 2)
    small, large = ring(8), ring(40)
    sizes = [count(jax.make_jaxpr(jax.grad(f))(weights).jaxpr) for f in (small, large)]
    assert sizes[0] == sizes[1]
    np.testing.assert_allclose(
        jax.jit(small)(weights), small(weights, qjax.Statevector()), atol=1e-5
    )
    # The cones are lines, whatever the ring: its energy grows with its length.
    np.testing.assert_allclose(large(weights), 5 * small(weights), rtol=1e-5)


def test_a_hundred_qubits_as_exact_values_say():
    n = 100
    ghz = qjax.Circuit(n).h(0).cx(range(n - 1), range(1, n))
    ends = [qjax.Z(0) @ qjax.Z(n - 1), qjax.Z(50), qjax.I() * 0.5]
    np.testing.assert_allclose(
        qjax.expectation(ghz, ends, engine=ENGINE), [1.0, 0.0, 0.5], atol=1e-5
    )
    rows = jnp.asarray([[0] * n, [1] * n, [0] * (n - 1) + [1]])
    found = jax.jit(lambda rows: ENGINE.amplitudes(ghz, rows, None))(rows)
    np.testing.assert_allclose(found, [0.5**0.5, 0.5**0.5, 0], atol=1e-5)


def test_samples_of_twenty_qubits_a_few_at_a_time():
    """A product of pairs, each of which is 00 or 11; the pairs lie across what is drawn at once."""
    n, angle = 20, 1.1
    circuit = qjax.Circuit(n).ry(angle, range(10)).cx(range(10), range(10, 20))
    shots = np.asarray(qjax.sample(circuit, jax.random.key(3), 4000, engine=ENGINE))
    assert shots.shape == (4000, n)
    np.testing.assert_array_equal(shots[:, :10], shots[:, 10:])
    np.testing.assert_allclose(shots.mean(0), np.sin(angle / 2) ** 2, atol=0.04)
    np.testing.assert_allclose(np.cov(shots[:, :10].T) / 0.1985, np.eye(10), atol=0.12)


def test_tensorcircuit_contracts_to_the_same():
    circuit = layers(qjax.Circuit(6), angles(2, 2, 6)).iswap(1, 4).cp(0.4, 5, 0)
    theirs = to_tensorcircuit(circuit)
    ours = qjax.expectation(circuit, [qjax.Z(2) @ qjax.X(4), qjax.Y(5)], engine=ENGINE)
    for value, letters in zip(ours, [{"z": [2], "x": [4]}, {"y": [5]}], strict=True):
        exact = np.real(theirs.expectation_ps(reuse=False, **letters))
        np.testing.assert_allclose(value, exact, atol=1e-5)
    amplitude = qjax.amplitude(circuit, "010011", engine=ENGINE)
    np.testing.assert_allclose(amplitude, theirs.amplitude("010011"), atol=1e-6)


def test_double_precision():
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        program, terms = every_gate(rng, 3), random_terms(rng, 3, 2)
        engine = qjax.TensorNetwork(dtype=jnp.complex128, progress=False)
        found = qjax.expectation(to_circuit(program), to_observable(terms), engine=engine)
        exact = oracle.expectation(3, program.ops, terms)
        np.testing.assert_allclose(found, exact, atol=1e-13)
