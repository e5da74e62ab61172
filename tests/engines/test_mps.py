"""The matrix product state engine: exact at small sizes, against free fermions at large ones."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.library import transverse_field_ising, trotter
from tests import free_fermions, oracle
from tests.budgets.test_compile import count
from tests.programs import GATES, WHOLE, Program, random_op, random_terms, to_circuit, to_observable

N = 5


def random_program(rng, n, calls):
    """Gates that run on a chain: of at most two qubits but for some."""
    ops = [random_op(rng, name, n) for name in rng.permutation(GATES * calls)]
    wide = {"ccx", "cswap", "pauli_rotation"}
    return Program(n, [op for op in ops if len(op[2]) <= 2 or op[0] in wide])


@functools.partial(jax.jit, static_argnums=(2, 3))
def everything(circuit, key, engine, qubits):
    """What all verbs say."""
    state = qjax.matrix_product_state(circuit, engine=engine)
    return {
        "state": qjax.statevector(circuit, engine=engine),
        "amplitude": jnp.stack([state.amplitude("01101"), state.amplitude("0" * N)]),
        "density": qjax.density_matrix(circuit, qubits, engine=engine),
        "probabilities": qjax.probabilities(circuit, qubits, engine=engine),
        "sample": qjax.sample(circuit, key, 5000, qubits, engine=engine),
        "discarded": state.discarded,
        "norm": state.norm(),
    }


def test_every_verb_of_a_random_circuit():
    rng = np.random.default_rng(3)
    program = random_program(rng, N, 2)
    assert {op[0] for op in program.ops} >= set(GATES) - WHOLE.keys() | {"pauli_rotation"}
    circuit, qubits = to_circuit(program), (3, 0)
    found = everything(circuit, jax.random.key(0), qjax.MPS(), qubits)
    state = oracle.statevector(N, program.ops)
    np.testing.assert_allclose(found["state"], state, atol=2e-6)
    np.testing.assert_allclose(found["amplitude"], state[[0b01101, 0]], atol=2e-6)
    density = oracle.density_matrix(N, program.ops, qubits)
    np.testing.assert_allclose(found["density"], density, atol=2e-6)
    np.testing.assert_allclose(found["probabilities"], np.diag(density).real, atol=2e-6)
    counts = np.bincount(found["sample"] @ np.array([2, 1]), minlength=4) / 5000
    np.testing.assert_allclose(counts, np.diag(density).real, atol=0.03)
    assert found["discarded"] < 1e-10 and found["norm"] == pytest.approx(1, abs=1e-5)


def test_expectations_of_a_repeat_run_backwards():
    rng = np.random.default_rng(4)
    weights = rng.normal(size=(3, N))

    def layer(circuit, w):
        return circuit.ry(w, range(N)).cp(w, range(N), [(q + 2) % N for q in range(N)]).cx(4, 0)

    circuit = qjax.Circuit(N).h(0).repeat(layer, weights).rx(0.3, range(N))
    circuit = circuit + qjax.Circuit(N).repeat(layer, -weights[:2]).inverse()
    ops = [("h", (), (0,))]
    for w in weights:
        ops += [("ry", (w[q],), (q,)) for q in range(N)]
        ops += [("cp", (w[q],), (q, (q + 2) % N)) for q in range(N)] + [("cx", (), (4, 0))]
    ops += [("rx", (0.3,), (q,)) for q in range(N)]
    for w in weights[1::-1]:
        ops += [("cx", (), (4, 0))] + [("cp", (w[q],), (q, (q + 2) % N)) for q in range(N)]
        ops += [("ry", (w[q],), (q,)) for q in range(N)]
    terms = random_terms(rng, N, 8)
    value = qjax.expectation(circuit, to_observable(terms), engine=qjax.MPS())
    assert value == pytest.approx(oracle.expectation(N, ops, terms), abs=1e-5)


WIDTH = 6
TERMS = [
    term
    for q in range(WIDTH - 1)
    for term in [(1.0, {q: "Y"}), (0.7, {q: "X", q + 1: "Y"}), (-0.4, {q: "Z"})]
]


def energy(weights, engine):
    """Its first angle makes a GHZ state of |0...0>; the rest may all be zero."""
    n = WIDTH
    circuit = qjax.Circuit(n).ry(weights[0, 0, 0], 0).cx(range(n - 1), range(1, n))

    def layer(circuit, w):
        circuit = circuit.rx(w[0], range(n)).rz(w[1], range(n))
        return circuit.rxx(w[2, 1:], range(n - 1), range(1, n)).cx(range(0, n, 2), range(1, n, 2))

    return qjax.expectation(circuit.repeat(layer, weights[1:]), to_observable(TERMS), engine=engine)


def known_energy(weights):
    """The same and its gradient, by the oracle."""
    n = WIDTH
    places = [("ry", (0, 0, 0), (0,))] + [("cx", None, (q, q + 1)) for q in range(n - 1)]
    for k in range(1, len(weights)):
        places += [("rx", (k, 0, q), (q,)) for q in range(n)]
        places += [("rz", (k, 1, q), (q,)) for q in range(n)]
        places += [("rxx", (k, 2, q + 1), (q, q + 1)) for q in range(n - 1)]
        places += [("cx", None, (q, q + 1)) for q in range(0, n, 2)]
    ops = [(name, (weights[at],) if at else (), qubits) for name, at, qubits in places]
    slope = np.zeros_like(weights)
    for (_, at, _), parts in zip(places, oracle.gradient(n, ops, TERMS), strict=True):
        if at:
            slope[at] = parts[0]
    return oracle.expectation(n, ops, TERMS), slope


@pytest.mark.parametrize("dtype, atol", [("complex64", 2e-5), ("complex128", 1e-11)])
def test_gradients_where_schmidt_values_vanish_and_coincide(dtype, atol):
    """A random point, the product state at zero angles, and GHZ states; all in one batch."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4, 4, 3, WIDTH)) * np.array([1, 0, 0, 1])[:, None, None, None]
    points[:, 0, 0, 0] = [0.3, 0, np.pi / 2, np.pi / 2]
    with jax.enable_x64(dtype == "complex128"):
        function = jax.jit(jax.vmap(jax.value_and_grad(energy), (0, None)), static_argnums=1)
        values, slopes = function(jnp.asarray(points), qjax.MPS(dtype=dtype))
    for point, value, slope in zip(points, values, slopes, strict=True):
        known = known_energy(point)
        np.testing.assert_allclose(value, known[0], atol=atol)
        np.testing.assert_allclose(slope, known[1], atol=atol)
        # At the degenerate points too there is something to get wrong.
        assert np.max(np.abs(known[1])) > 0.1


def truncated(weights, bond):
    n = 8
    circuit = qjax.Circuit(n)
    for w in weights:
        circuit = circuit.ry(w, range(n)).rz(w**2, range(n)).cx(range(n - 1), range(1, n))
    return qjax.matrix_product_state(circuit, engine=qjax.MPS(bond, "complex128"))


def test_a_truncated_state_and_its_derivative():
    """It is near the exact one by what is discarded, and its derivative is its own."""
    rng = np.random.default_rng(1)
    weights, change = 0.7 * rng.normal(size=(2, 3, 8))
    observable = transverse_field_ising(8)

    def along(t, bond):
        state = truncated(jnp.asarray(weights + t * change), bond)
        return state.expectation(observable), (state.discarded, state.tensors)

    with jax.enable_x64(True):
        value = jax.jit(jax.value_and_grad(along, has_aux=True), static_argnums=1)
        (mine, (discarded, tensors)), slope = value(0.0, 6)
        ops = []
        for w in weights:
            ops += [("ry", (w[q],), (q,)) for q in range(8)]
            ops += [("rz", (w[q] ** 2,), (q,)) for q in range(8)]
            ops += [("cx", (), (q, q + 1)) for q in range(7)]
        exact = oracle.statevector(8, ops)
        overlap = abs(np.vdot(exact, qjax.kernels.mps_state(tensors))) ** 2
        assert 1e-5 < discarded < 0.05
        assert float(1 - overlap) == pytest.approx(float(discarded), rel=0.3)
        step = 1e-5
        numeric = (value(step, 6)[0][0] - value(-step, 6)[0][0]) / (2 * step)
        assert float(slope) == pytest.approx(float(numeric), rel=1e-6)


def test_an_ising_quench_against_free_fermions():
    n = 24
    terms = [qjax.X(q) for q in range(n)] + [qjax.Z(q) @ qjax.Z(q + 1) for q in range(n - 1)]
    circuit = trotter(qjax.Circuit(n), transverse_field_ising(n), 0.5, 10, order=2)
    state = qjax.matrix_product_state(circuit, engine=qjax.MPS(max_bond=12))
    known = np.concatenate(free_fermions.quench(n, 0.5))
    np.testing.assert_allclose(state.expectation(terms), known, atol=2e-3)
    assert state.discarded < 1e-6


def test_free_fermions_against_the_oracle():
    n, h, time = 4, 0.7, 0.8
    words = [f"{'I' * q}ZZ{'I' * (n - q - 2)}" for q in range(n - 1)]
    words += [f"{'I' * q}X{'I' * (n - q - 1)}" for q in range(n)]
    matrices = [oracle.pauli_string(word) for word in words]
    matrix = -sum(matrices[: n - 1]) - h * sum(matrices[n - 1 :])
    values, vectors = np.linalg.eigh(matrix)
    assert free_fermions.ground_energy(n, h=h) == pytest.approx(values[0])
    state = vectors @ (np.exp(-1j * time * values) * vectors[0].conj())
    means = [np.vdot(state, m @ state).real for m in matrices]
    x, zz = free_fermions.quench(n, time, h=h)
    np.testing.assert_allclose(np.concatenate([zz, x]), means, atol=1e-12)


def test_a_thousand_qubits_and_every_term():
    n = 1000
    circuit = qjax.Circuit(n).ry(0.4, range(n)).cx(range(n - 1), range(1, n))
    value = qjax.expectation(circuit, transverse_field_ising(n), engine=qjax.MPS(4))
    # Pulled back through the CX chain, ZZ is Z on the right one of the two, and X is XX.
    zz, x = (n - 1) * np.cos(0.4), (n - 1) * np.sin(0.4) ** 2 + np.sin(0.4)
    assert float(value) == pytest.approx(-zz - x, rel=3e-5)


def test_the_program_grows_with_neither_depth_nor_length():
    def size(n, layers):
        def value(weights):
            circuit = qjax.Circuit(n)
            circuit = circuit.repeat(
                lambda c, w: c.rx(w, range(n)).cx(range(n - 1), range(1, n)), weights
            )
            terms = [qjax.X(0), *(qjax.Z(q) @ qjax.Z(q + 1) for q in range(n - 1))]
            return qjax.expectation(circuit, sum(terms), engine=qjax.MPS(4))

        return count(jax.make_jaxpr(jax.grad(value))(np.ones((layers, n))).jaxpr)

    assert size(10, 10) == size(10, 100) == size(40, 10)


def test_a_second_call_compiles_nothing():
    seen = []
    jax.monitoring.register_event_duration_secs_listener(lambda event, *_, **__: seen.append(event))

    def call(theta):
        circuit = qjax.Circuit(3).rx(theta, range(3)).cx([0, 1], [1, 2])
        state = qjax.matrix_product_state(circuit, engine=qjax.MPS(2))
        return qjax.expectation(circuit, qjax.Z(1), engine=qjax.MPS(2)), state.entropy(1)

    try:
        call(0.1)
        assert any("backend_compile" in event for event in seen)
        seen.clear()
        call(0.2)
        assert not any("backend_compile" in event for event in seen)
    finally:
        jax.monitoring.clear_event_listeners()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="`max_bond` must be at least 1, but is 0"):
        qjax.MPS(0)
    with pytest.raises(TypeError, match="`max_bond` must be an integer"):
        qjax.MPS(2.5)
    with pytest.raises(ValueError, match="`dtype` must be complex64 or complex128, but is float32"):
        qjax.MPS(dtype="float32")
    with pytest.raises(ValueError, match="`cutoff` must be at least 0 and below 1, but is 1"):
        qjax.MPS(cutoff=1)
    with pytest.raises(TypeError, match="`cutoff` must be a number"):
        qjax.MPS(cutoff="small")
    circuit = qjax.Circuit(3).unitary(np.eye(8), [0, 1, 2])
    with pytest.raises(ValueError, match="`unitary` acts on 3 qubits, but engine `MPS`.*Statevect"):
        qjax.expectation(circuit, qjax.Z(0), engine=qjax.MPS())
    with pytest.raises(ValueError, match="`dtype` must be complex64 while"):
        qjax.matrix_product_state(qjax.Circuit(2), engine=qjax.MPS(dtype="complex128"))
    with pytest.raises(TypeError, match="`engine` must be a `qjax.MPS`"):
        qjax.matrix_product_state(qjax.Circuit(2), engine=qjax.Statevector())
    with pytest.raises(ValueError, match="`max_bond` is 1000000: a state of 100 qubits takes"):
        qjax.expectation(qjax.Circuit(100).h(0), qjax.Z(0), engine=qjax.MPS(1_000_000))
    with pytest.raises(ValueError, match="statevector of 100 qubits.*`sample`"):
        qjax.statevector(qjax.Circuit(100).h(0), engine=qjax.MPS(2))
    with pytest.raises(ValueError, match="`qubits` must name at most 12 qubits"):
        qjax.probabilities(qjax.Circuit(30).h(range(30)), range(20), engine=qjax.MPS(2))
    state = qjax.matrix_product_state(qjax.Circuit(2), engine=qjax.MPS(2))
    with pytest.raises(ValueError, match="`cut` must be between 1 and 1 on 2 qubits, but is 2"):
        state.entropy(2)
    with pytest.raises(ValueError, match="`observable` must act on qubits 0 to 1"):
        state.expectation(qjax.Z(2))


def test_second_derivatives_are_refused():
    with pytest.raises(NotImplementedError, match="first derivatives only.*ParameterShift"):
        jax.eval_shape(jax.hessian(lambda w: energy(w, qjax.MPS(2))), jnp.ones((2, 3, 6)))
