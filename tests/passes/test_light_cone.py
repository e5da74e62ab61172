"""The light cone: what is dropped is what no value and no derivative depends on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import qjax
from qjax.circuit import Repeat
from qjax.passes import _light_cone, fuse, light_cone
from tests import oracle
from tests.programs import (
    Program,
    append,
    programs,
    random_terms,
    to_broadcast_circuit,
    to_circuit,
    to_observable,
)

OFF = qjax.Statevector(light_cone=False)
N, LAYERS = 9, 3
WEIGHTS = np.random.default_rng(0).normal(size=(LAYERS, 2, N))


def brick(circuit, w):
    n = circuit.n_qubits
    circuit = circuit.ry(w[0], range(n)).rz(w[1], range(n))
    return circuit.cx(range(0, n - 1, 2), range(1, n, 2)).cx(range(1, n - 1, 2), range(2, n, 2))


def rolled(w):
    return qjax.Circuit(w.shape[-1]).repeat(brick, w)


def plain(w):
    """One gate a call, as newcomers write it."""
    n = w.shape[-1]
    circuit = qjax.Circuit(n)
    for layer in w:
        for q in range(n):
            circuit = circuit.ry(layer[0, q], q).rz(layer[1, q], q)
        for q in [*range(0, n - 1, 2), *range(1, n - 1, 2)]:
            circuit = circuit.cx(q, q + 1)
    return circuit


def brick_ops(w, inverse=False):
    n = w.shape[-1]
    ops = []
    for layer in w:
        for q in range(n):
            ops += [("ry", (layer[0, q],), (q,)), ("rz", (layer[1, q],), (q,))]
        ops += [("cx", (), (q, q + 1)) for q in [*range(0, n - 1, 2), *range(1, n - 1, 2)]]
    if inverse:
        ops = [(name, tuple(-p for p in params), qubits) for name, params, qubits in ops[::-1]]
    return ops


def narrow(circuit, terms):
    """The smaller circuit and the same observable on its qubits."""
    letters = [item for _, word in terms for item in word.items()]
    qubits, mixed = {q for q, _ in letters}, {q for q, a in letters if a != "Z"}
    smaller, kept = light_cone(circuit, qubits, mixed)
    moved = [(c, {kept.index(q): a for q, a in word.items()}) for c, word in terms]
    return smaller, moved


def oracle_ops(structure, leaves):
    """The operations of a circuit as matrices, rounds one after another."""
    ops = []
    for item in structure.items:
        if isinstance(item, Repeat):
            inner = leaves[item.start : item.start + item.body.n_leaves]
            rounds = range(item.length)[:: -1 if item.reverse else 1]
            ops += [op for r in rounds for op in oracle_ops(item.body, [x[r] for x in inner])]
            continue
        for j, qubits in item.uses():
            parameters = [item.gate.pauli] if item.gate.pauli else []
            for slot in reversed(item.slots):
                x = (
                    np.asarray(leaves[slot.leaf])
                    if slot.entry is None
                    else leaves[slot.leaf][slot.entry]
                )
                parameters.insert(0, x[j] if x.ndim > len(item.gate.event_shape) else x)
            name = "pauli_rotation" if item.gate.pauli else item.gate.name
            matrix = oracle.MATRICES[name](*parameters)
            ops.append(("unitary", (matrix.conj().T if item.adjoint else matrix,), qubits))
    return ops


def check(circuit, terms):
    """Compares the smaller circuit's value with that of the whole one."""
    smaller, moved = narrow(circuit, terms)
    values = [
        oracle.expectation(c.n_qubits, oracle_ops(c.structure, [*map(np.asarray, c.leaves)]), t)
        for c, t in ((smaller, moved), (circuit, terms))
    ]
    np.testing.assert_allclose(*values, atol=1e-6)


def kinds(circuit):
    return [type(item).__name__ for item in circuit.structure.items]


@pytest.fixture(params=[0.0, np.inf], ids=["loops", "unrolled"])
def choice(request, monkeypatch):
    """Makes every repeat that could be unrolled stay a loop, or not."""
    monkeypatch.setattr(_light_cone, "_WORTHWHILE", request.param)
    return request.param


@settings(max_examples=8)
@given(
    program=programs(max_qubits=6, max_calls=12),
    seed=st.integers(0, 99),
    how=st.sampled_from([to_circuit, to_broadcast_circuit]),
)
def test_values_are_those_of_the_whole_circuit(program, seed, how):
    rng = np.random.default_rng(seed)
    terms = random_terms(rng, min(program.n, 3), 2)
    if seed % 2:  # Along Z only, where more is dropped.
        terms = [(c, dict.fromkeys(word, "Z")) for c, word in terms]
    circuit = how(program)
    ops = oracle_ops(circuit.structure, circuit.leaves)
    expected = oracle.expectation(*program, terms)
    np.testing.assert_allclose(oracle.expectation(program.n, ops, terms), expected, atol=1e-9)
    check(circuit, terms)
    check(circuit.inverse(), terms)


@settings(max_examples=8)
@given(
    body=programs(max_qubits=4, max_calls=4),
    length=st.integers(1, 4),
    seed=st.integers(0, 99),
    share=st.sampled_from([0.0, np.inf]),
)
def test_repeats_of_anything(body, length, seed, share):
    rng = np.random.default_rng(seed)
    n = body.n
    angles = rng.normal(size=(length, 2))
    terms = random_terms(rng, n, 1)

    def add(circuit, a):  # Angles of their own a round, and a repeat inside.
        for name, params, qubits in body.ops:
            circuit = append(circuit, name, params, *qubits)
        return circuit.ry(a[0], 0).repeat(lambda c, b: c.rx(b, n - 1).s(0), jnp.stack([a[1]] * 2))

    circuit = qjax.Circuit(n).repeat(add, jnp.asarray(angles, jnp.float32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_light_cone, "_WORTHWHILE", share)
        check(circuit, terms)
        check(circuit.inverse() + circuit, terms)


@pytest.mark.parametrize("inverse", [False, True])
def test_rounds_of_their_own(choice, inverse):
    terms = [(0.7, {0: "X"}), (0.4, {0: "Z", 1: "Z"})]
    circuit = rolled(jnp.asarray(WEIGHTS, jnp.float32))
    circuit = circuit.inverse() if inverse else circuit
    smaller, moved = narrow(circuit, terms)
    assert ("Repeat" in kinds(smaller)) == (choice == 0)
    assert sum(smaller.count_ops().values()) < sum(circuit.count_ops().values())
    expected = oracle.expectation(N, brick_ops(WEIGHTS, inverse), terms)
    actual = qjax.expectation(smaller, to_observable(moved), engine=OFF)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_an_unrolled_round_keeps_fewer_gates(choice):
    circuit = rolled(jnp.ones((1000, 2, N)))
    smaller, kept = light_cone(circuit, [0])
    repeats = [item for item in smaller.structure.items if isinstance(item, Repeat)]
    assert kept == tuple(range(N)) and len(repeats) == 1
    if choice:
        assert 980 < repeats[0].length < 1000
        gates = [len(item.qubits) for item in smaller.structure.items if item is not repeats[0]]
        assert min(gates) == 1
    else:
        assert smaller is circuit


@pytest.mark.parametrize("build", [rolled, plain])
def test_gradients_under_transforms_and_zero_outside(build):
    batch = jnp.asarray(np.stack([WEIGHTS, 2 * WEIGHTS]), jnp.float32)
    observables = [qjax.Z(0), qjax.X(0) @ qjax.Y(1)]

    def slopes(engine):
        energy = lambda w: qjax.expectation(build(w), observables, engine=engine)  # noqa: E731
        return jax.jit(jax.vmap(jax.jacrev(energy)))(batch)

    on, off = slopes(qjax.Statevector()), slopes(OFF)
    np.testing.assert_allclose(on, off, atol=1e-5)
    assert jnp.all(on[..., 8] == 0) and not jnp.all(jnp.abs(on[..., 7]) < 1e-4)


@pytest.mark.parametrize("build", [rolled, plain])
def test_forty_qubits_where_the_cone_is_small(build):
    w = np.random.default_rng(1).normal(size=(LAYERS, 2, 40))
    circuit = build(jnp.asarray(w, jnp.float32))
    qubits = (12, 10)
    part = slice(4, 18)  # All that these qubits can see.
    ops, inner = brick_ops(w[..., part]), [q - part.start for q in qubits]
    expected = oracle.expectation(14, ops, [(1.0, {8: "Z"})])
    np.testing.assert_allclose(qjax.expectation(circuit, qjax.Z(12)), expected, atol=1e-5)
    shots = qjax.sample(circuit, jax.random.key(0), 2000, qubits)
    p = oracle.probabilities(14, ops, inner)
    np.testing.assert_allclose(qjax.probabilities(circuit, qubits), p, atol=1e-5)
    np.testing.assert_allclose(
        jnp.mean(shots.astype(jnp.float32), 0), [p[2:].sum(), p[1::2].sum()], atol=0.06
    )
    actual = qjax.density_matrix(circuit, qubits)
    np.testing.assert_allclose(actual, oracle.density_matrix(14, ops, inner), atol=1e-5)
    with pytest.raises(ValueError, match="A statevector of 40 qubits"):
        qjax.expectation(circuit, qjax.Z(12), engine=OFF)
    with pytest.raises(ValueError, match="A statevector of 40 qubits"):
        qjax.probabilities(circuit)


def test_a_cone_that_does_not_fit_is_refused():
    circuit = qjax.Circuit(60).h(range(60)).cx(range(44), range(1, 45))
    with pytest.raises(ValueError, match="A statevector of 45 qubits"):
        qjax.expectation(circuit, qjax.X(44), engine=qjax.Statevector())
    assert qjax.Statevector().narrow(circuit, [0])[1] == (0, 1)


def test_what_is_dropped_is_not_in_the_program():
    def size(engine):
        energy = lambda w: qjax.expectation(plain(w[:2]), qjax.Z(0), engine=engine)  # noqa: E731
        return str(jax.make_jaxpr(energy)(jnp.asarray(WEIGHTS, jnp.float32)))

    on, off = size(qjax.Statevector()), size(OFF)
    assert f"[{2 ** (N + 1)}]" in off and f"[{2 ** (N + 1)}]" not in on


def test_what_is_diagonal_does_not_show_along_z():
    ring = qjax.Circuit(4).h(range(4)).cx(range(4), [1, 2, 3, 0])
    circuit = ring.rzz(0.3, [0, 1], [1, 2]).crz(0.1, 3, 0).pauli_rotation(0.2, "ZZZ", [0, 1, 2])
    along_z, along_x = ({0, 1, 2, 3}, set()), ({0, 1, 2, 3}, {2})
    assert light_cone(circuit, *along_z)[0].count_ops() == ring.count_ops()
    assert light_cone(circuit, *along_x)[0].count_ops() == ring.count_ops() | {
        "rzz": 1,
        "pauli_rotation": 1,
    }
    # A permutation keeps it so: what is diagonal before the ring does not show either.
    before = qjax.Circuit(4).h(range(4)).rz(0.1, range(4)).cx(range(4), [1, 2, 3, 0])
    assert "rz" not in light_cone(before, [0], [])[0].count_ops()
    assert light_cone(before, [0])[0].count_ops()["rz"] == 2
    assert light_cone(before, range(4))[0] is before


def test_a_control_is_seen_only_where_the_observable_is_mixed():
    circuit = qjax.Circuit(3).h(range(3)).crx(0.3, 0, 1).cswap(0, 1, 2)
    assert light_cone(circuit, [0], [])[1] == (0,)
    assert light_cone(circuit, [0])[1] == (0, 1, 2)


def test_a_fused_circuit_with_an_index_map():
    ops = [("ry", (0.1 * q,), (q,)) for q in range(12)] + [("cx", (), (0, 1))]
    ops += [("cx", (), (q, q + 1)) for q in range(3, 11)]
    ops += [("rx", (0.2 * q,), (q,)) for q in range(12)]
    circuit = fuse(to_circuit(Program(12, ops)), 2)
    for qubit, kept, maps in ((0, 2, 0), (5, 10, 1)):
        terms = [(1.0, {qubit: "Y"})]
        smaller, moved = narrow(circuit, terms)
        assert smaller.n_qubits == kept
        assert kinds(smaller).count("IndexMap") == maps
        actual = qjax.expectation(smaller, to_observable(moved), engine=OFF)
        np.testing.assert_allclose(actual, oracle.expectation(12, ops, terms), atol=1e-5)


def test_nothing_is_done_where_all_is_seen():
    circuit = rolled(jnp.ones((2, 2, N)))
    engine = qjax.Statevector()
    assert engine.narrow(circuit, range(N))[0] is circuit
    assert engine.narrow(plain(np.ones((9, 2, 2))), [1])[0].n_qubits == 2
    assert float(qjax.expectation(qjax.Circuit(50).x(3), 2.0 * qjax.I())) == 2.0
    with pytest.raises(ValueError, match="between 0 and 8"):
        light_cone(circuit, [9])


def test_the_shift_rule_does_not_shift_what_is_not_seen():
    def slopes(w):
        circuit = plain(w[:1])
        return qjax.expectation(circuit, qjax.Z(0), gradient=qjax.ParameterShift())

    w = jnp.asarray(WEIGHTS, jnp.float32)
    expected = oracle.gradient(2, brick_ops(WEIGHTS[:1, :, :2]), [(1.0, {0: "Z"})])
    actual = jax.grad(slopes)(w)
    np.testing.assert_allclose(actual[0, 0, 0], expected[0][0], atol=1e-5)
    assert jnp.count_nonzero(actual) == 1
