"""Encodings, ansaetze and evolutions against their gates, with their derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax import library
from tests import oracle
from tests.library.tables import CASES, COST, FULL, MIXED, N, evolved, pauli_sum

TERMS = [(0.7, {0: "Z"}), (0.4, {1: "X", 2: "Y"})]
OBSERVABLE = 0.7 * qjax.Z(0) + 0.4 * qjax.X(1) @ qjax.Y(2)


def slopes(function, at):
    """Central differences of the fourth order."""
    step, weights = 1e-3, {1: 2 / 3, 2: -1 / 12}
    columns = np.eye(len(at)) * step
    return sum(
        w * np.array([(function(at + k * c) - function(at - k * c)) / step for c in columns])
        for k, w in weights.items()
    )


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_is_its_gates(case):
    """States, and the derivative of an overlap, compiled and batched."""
    rng = np.random.default_rng(1)
    values = rng.uniform(-1, 1, (2, case.size))
    target = rng.normal(size=2 * 2**N) / 3

    def split(state, xp=np):
        return xp.concatenate([state.real, state.imag])

    def overlap(v):
        state = qjax.statevector(case.build(v))
        return jnp.dot(target.astype(np.float32), split(state, jnp)), state

    run = jax.jit(jax.vmap(jax.grad(overlap, has_aux=True)))
    gradients, states = run(values.astype(np.float32))
    for row, v in enumerate(values):
        wanted = oracle.statevector(N, case.gates(v))
        np.testing.assert_allclose(states[row], wanted, atol=1e-5)
    slope = slopes(lambda v: np.dot(target, split(oracle.statevector(N, case.gates(v)))), v)
    np.testing.assert_allclose(gradients[row], slope, atol=1e-4)


def test_known_arguments_keep_double_precision():
    case = next(case for case in CASES if case.name == "zz-full")
    x = np.random.default_rng(3).uniform(-1, 1, N)
    with jax.enable_x64(True):
        state = qjax.statevector(case.build(x), engine=qjax.Statevector(dtype=np.complex128))
        np.testing.assert_allclose(state, oracle.statevector(N, case.gates(x)), atol=1e-12)


@pytest.mark.parametrize(
    ("entangler", "n", "pairs"),
    [
        ("chain", 4, [(0, 1), (1, 2), (2, 3)]),
        ("ring", 4, [(0, 1), (1, 2), (2, 3), (3, 0)]),
        ("ring", 2, [(0, 1)]),
        ("full", 4, [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
        ("brickwork", 5, [(0, 1), (2, 3), (1, 2), (3, 4)]),
    ],
)
@pytest.mark.parametrize("gate", ["cx", "cz", "swap"])
def test_entanglers(entangler, n, pairs, gate):
    circuit = library.hardware_efficient(
        qjax.Circuit(n), np.zeros((1, n, 1)), ["ry"], entangler=entangler, gate=gate
    )
    last = circuit.structure.items[-1]
    assert (last.gate.name, list(last.qubits)) == (gate, pairs)


def test_one_qubit_has_nothing_to_entangle():
    one = qjax.Circuit(1)
    circuits = [
        library.hardware_efficient(one, np.zeros((2, 1, 2))),
        library.strongly_entangling(one, np.zeros((2, 1, 3))),
        library.data_reuploading(one, [0.1], np.zeros((2, 1, 3))),
        library.iqp_encoding(one, [0.1], depth=2),
        library.zz_feature_map(one, [0.1]),
    ]
    for circuit in circuits:
        assert not {"cx", "cz", "rzz", "cp"} & set(circuit.count_ops())


def test_strongly_entangling_rolls_whole_periods():
    def structure(layers, n):
        return library.strongly_entangling(qjax.Circuit(n), np.zeros((layers, n, 3))).structure

    # Ranges 1, 2, 3, 1, 2, 3, ..., and two layers more: one repeat, and 2 * 4 operations.
    assert [len(structure(layers, 4).items) for layers in (6, 8, 3002)] == [1, 9, 9]
    assert structure(3002, 4).items[0].body == structure(8, 4).items[0].body
    custom = library.strongly_entangling(qjax.Circuit(4), np.zeros((3, 4, 3)), ranges=[2, 2, 3])
    rings = [item.qubits for item in custom.structure.items if item.gate.name == "cx"]
    assert rings == [tuple((q, (q + r) % 4) for q in range(4)) for r in (2, 2, 3)]
    # A ring of ranges 1 on two qubits is CX in both directions.
    assert structure(1, 2).items[-1].qubits == ((0, 1), (1, 0))


@pytest.mark.parametrize(
    "build",
    [
        lambda k: library.hardware_efficient(qjax.Circuit(3), np.zeros((k, 3, 2))),
        lambda k: library.data_reuploading(qjax.Circuit(3), np.zeros(3), np.zeros((k, 3, 3))),
        lambda k: library.iqp_encoding(qjax.Circuit(3), np.zeros(3), depth=k),
        lambda k: library.zz_feature_map(qjax.Circuit(3), np.zeros(3), reps=k),
        lambda k: library.qaoa(qjax.Circuit(3), pauli_sum(COST), np.zeros(k), np.zeros(k)),
        lambda k: library.trotter(qjax.Circuit(3), pauli_sum(MIXED), 1.0, k),
    ],
)
def test_layers_are_one_repeat(build):
    few, many = build(2), build(500)
    assert len(few) == len(many) <= 2
    assert few.structure.items[-1].body == many.structure.items[-1].body


def test_shapes_are_those_that_the_circuits_take():
    n = 2
    library.hardware_efficient(qjax.Circuit(n), np.zeros(library.hardware_efficient_shape(3, n)))
    rotations = ("rx", "rz", "rx")
    shape = library.hardware_efficient_shape(3, n, rotations)
    library.hardware_efficient(qjax.Circuit(n), np.zeros(shape), rotations)
    library.strongly_entangling(qjax.Circuit(n), np.zeros(library.strongly_entangling_shape(3, n)))
    shape = library.quantum_convolutional_shape(3, n)
    library.quantum_convolutional(qjax.Circuit(n), np.zeros(shape))
    shape = library.data_reuploading_shape(3, n)
    library.data_reuploading(qjax.Circuit(n), np.zeros(n), np.zeros(shape), np.zeros(shape))


@pytest.mark.parametrize(
    ("n", "pairs", "poolings"),
    [
        (2, [1], [(1, 0)]),
        (5, [4, 2, 1], [(1, 0), (3, 2), (2, 0), (4, 0)]),
        (8, [7, 3, 1], [(1, 0), (3, 2), (5, 4), (7, 6), (2, 0), (6, 4), (4, 0)]),
    ],
)
def test_convolutional_network_ends_on_the_first_qubit(n, pairs, poolings):
    layers = 3
    weights = np.zeros(library.quantum_convolutional_shape(layers, n))
    assert len(weights) == len(pairs)
    circuit = library.quantum_convolutional(qjax.Circuit(n), weights)
    assert circuit.count_ops()["rzz"] == layers * sum(pairs)
    calls = [item for item in circuit.structure.items if hasattr(item, "gate")]
    rows = [call.qubits for call in calls if call.gate.name == "cry"]
    assert [pair for row in rows for pair in row] == poolings
    # Fewer levels leave more qubits.
    few = library.quantum_convolutional(qjax.Circuit(n), weights[:1])
    assert few.count_ops()["rzz"] == layers * pairs[0]


def test_qaoa_on_a_ring_of_disagrees():
    """One layer cuts an edge with probability 1/2 + sin(4 beta) sin(2 gamma) / 4."""
    n = 5
    cut = library.maxcut([(q, (q + 1) % n) for q in range(n)])
    run = jax.jit(lambda g, b: qjax.expectation(library.qaoa(qjax.Circuit(n), cut, g, b), cut))
    for gamma, beta in [(0.3, 0.5), (np.pi / 4, np.pi / 8)]:
        wanted = n * (1 / 2 + np.sin(4 * beta) * np.sin(2 * gamma) / 4)
        np.testing.assert_allclose(run(np.array([gamma]), np.array([beta])), wanted, atol=1e-5)


def test_product_formula_converges_with_its_order():
    matrix = sum(c * oracle.pauli_string(w.ljust(N, "I")) for c, w in MIXED)
    values, vectors = np.linalg.eigh(matrix)
    start = oracle.statevector(N, [("h", (), (q,)) for q in range(N)])
    wanted = vectors @ (np.exp(-1j * values) * (vectors.conj().T @ start))
    circuit = qjax.Circuit(N).h(range(N))
    errors = []
    for steps in (4, 8):
        evolution = library.trotter(circuit, pauli_sum(MIXED), 1.0, steps, order=2)
        errors.append(np.linalg.norm(qjax.statevector(evolution) - wanted))
    assert errors[1] < 0.01
    np.testing.assert_allclose(errors[0] / errors[1], 4, rtol=0.15)


def test_evolution_is_differentiable_in_the_coefficients():
    words = ["ZZI", "IZZ", "ZZI"]
    values = np.array([0.3, -0.8, 0.5])

    def build(c):
        cost = qjax.PauliSum.from_words(c, words)
        circuit = library.qaoa(qjax.Circuit(N), cost, np.array([0.7]), np.array([0.4]))
        return library.trotter(circuit, cost + qjax.X(1), 0.6, 1)

    def gates(c):
        terms = list(zip(c, words, strict=True))
        ops = [("h", (), (q,)) for q in range(N)] + evolved(terms, 0.7)
        ops += [("rx", (0.8,), (q,)) for q in range(N)]
        return ops + evolved([*terms, (1.0, "IX")], 0.6)

    got = jax.jit(jax.grad(lambda c: qjax.expectation(build(c), OBSERVABLE)))(
        values.astype(np.float32)
    )
    wanted = slopes(lambda c: oracle.expectation(N, gates(c), TERMS), values)
    np.testing.assert_allclose(got, wanted, atol=5e-5)


def test_many_terms_are_few_operations():
    n = 20
    rng = np.random.default_rng(0)
    edges = [tuple(rng.choice(n, 2, replace=False).tolist()) for _ in range(10_000)]
    cut = library.maxcut(edges, rng.uniform(size=10_000))
    assert len(cut) == 10_001 and len(jax.tree.leaves(cut)) == 1
    circuit = library.qaoa(qjax.Circuit(n), cut, np.zeros(1), np.zeros(1))
    assert len(circuit) == 4  # h, the constant, rzz, rx.
    assert circuit.count_ops()["rzz"] == len(set(map(frozenset, edges))) <= len(FULL) * 1000
