"""Which qubits lie across devices: plans are right, and of few exchanges."""

import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st

import qjax
from qjax.passes import several_rounds, staged, widest
from tests import oracle
from tests.programs import ANGLES_AND_QUBITS, Program, programs, random_op, to_circuit

N = 5


def diagonal_on(name, params, k):
    """Whether a gate's matrix is diagonal in each of its qubits, read from the matrix itself."""
    if name == "x":  # Inverts the bit of a device's number.
        return [True]
    matrix = oracle.MATRICES[name](*params)
    rows, columns = np.nonzero(np.abs(matrix) > 1e-12)
    flips = int(np.bitwise_or.reduce(rows ^ columns))
    return [not flips >> (k - 1 - i) & 1 for i in range(k)]


@given(programs(max_qubits=6), st.integers(1, 3))
def test_a_plan_runs_every_gate_where_it_can(program, d):
    circuit = to_circuit(program)
    n = program.n
    if n - d < max(1, widest(circuit.structure)):
        return
    plan = staged(circuit.structure, d, local=frozenset({n - 1}))
    ops = []
    for stage in plan.stages:
        assert len(stage.across) == d
        for visit in stage.visits:
            name, params, _ = program.ops[visit.item]
            same = diagonal_on(name, params, len(visit.wires))
            assert all(s or w not in stage.across for s, w in zip(same, visit.wires, strict=True))
            ops.append((name, params, visit.wires))
    assert plan.wires[n - 1] not in plan.stages[-1].across
    state = oracle.statevector(n, ops).reshape((2,) * n).transpose(plan.wires)
    np.testing.assert_allclose(state.reshape(-1), oracle.statevector(n, program.ops), atol=1e-10)


def fewest(program, d):
    """The fewest exchanges of all plans, by trying all of them."""
    gates = []
    for name, params, qubits in program.ops:
        same = diagonal_on(name, params, len(qubits))
        turned = (
            frozenset() if name == "x" else frozenset(itertools.compress(qubits, map(not_, same)))
        )
        gates.append((frozenset(qubits), turned, name == "x"))

    def later(i, j):
        """Whether gate j has to wait for gate i."""
        (a, x, p), (b, y, q) = gates[i], gates[j]
        return bool((x | (a if p else frozenset())) & b or (y | (b if q else frozenset())) & a)

    before = [frozenset(i for i in range(j) if later(i, j)) for j in range(len(gates))]
    sets = [frozenset(each) for each in itertools.combinations(range(program.n), d)]

    def closure(done, across):
        done = set(done)
        for j, (_, turned, _) in enumerate(gates):
            if before[j] <= done and not turned & across:
                done.add(j)
        return frozenset(done)

    found, count = {closure((), across) for across in sets}, 0
    while not any(len(done) == len(gates) for done in found):
        found = {closure(done, across) for done in found for across in sets}
        found = {a for a in found if not any(a < b for b in found)}
        count += 1
    return count


def not_(value):
    return not value


SWAPLESS = [name for name in ANGLES_AND_QUBITS if name != "swap"]


@pytest.mark.parametrize("seed", range(12))
def test_no_plan_has_fewer_exchanges(seed):
    rng = np.random.default_rng(seed)
    program = Program(N, [random_op(rng, str(rng.choice(SWAPLESS)), N) for _ in range(25)])
    d = 1 + seed % 2
    assert len(staged(to_circuit(program).structure, d).stages) - 1 == fewest(program, d)


def test_light_gates_are_never_exchanged():
    qubits = range(N)
    circuit = qjax.Circuit(N).x(qubits).cz(qubits, [1, 2, 3, 4, 0]).rz(0.1, qubits)
    circuit = circuit.swap(0, 4).rzz(0.2, 0, 1).diagonal(np.ones(8), [0, 2, 4]).ccx(0, 1, 4)
    plan = staged(circuit.structure, 2)
    assert len(plan.stages) == 1


def body(circuit, w):
    return circuit.ry(w, range(N)).cz(range(N), [1, 2, 3, 4, 0])


def test_a_loop_ends_as_it_begins_and_several_rounds_share_exchanges():
    layers = qjax.Circuit(N).repeat(body, np.ones((5, N)))
    (loop,) = layers.structure.items
    plan = staged(loop.body, 2, closed=True)
    assert len(plan.stages) == 3 and plan.stages[0].across == plan.stages[-1].across
    four, *rest = several_rounds(layers, 2).structure.items
    assert four.length == 1 and len(rest) == len(loop.body.items)
    assert len(staged(four.body, 2, closed=True).stages) < 4 * 2


@pytest.mark.parametrize("turn", [lambda c: c, lambda c: c.inverse()])
def test_rounds_keep_their_order(turn):
    weights = np.random.default_rng(0).normal(size=(7, N))
    layers = turn(qjax.Circuit(N).repeat(body, weights))
    first, *_ = several_rounds(layers, 2).structure.items
    assert first.length < 7
    angles = [round(float(w), 6) for w in unrolled(several_rounds(layers, 2))]
    assert angles == [round(float(w), 6) for w in unrolled(layers)]


def unrolled(circuit):
    """The angles of all RY in order of execution."""
    for item in circuit.structure.items:
        if not hasattr(item, "body"):
            yield from circuit.leaves[item.slots[0].leaf] if item.slots else ()
            continue
        own = circuit.leaves[item.start : item.start + item.body.n_leaves]
        for at in range(item.length)[:: -1 if item.reverse else 1]:
            yield from unrolled(qjax.Circuit.from_parts(item.body, [x[at] for x in own]))
