"""Roll: plain Python loops become repeats, with the same state and derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, strategies as st

import qjax
from qjax.circuit import Repeat
from qjax.passes import roll, split_prefix

N, LAYERS = 4, 5


def plain(weights, circuit=None):
    """One gate a call, as newcomers write it."""
    circuit = circuit or qjax.Circuit(N).h(range(N))
    for w in weights:
        for q in range(N):
            circuit = circuit.ry(w[q, 0], q).rz(w[q, 1], q)
        for q in range(N):
            circuit = circuit.cx(q, (q + 1) % N)
    return circuit


WEIGHTS = jnp.asarray(np.random.default_rng(0).normal(size=(LAYERS, N, 2)), jnp.float32)


def test_a_plain_loop_becomes_one_repeat():
    circuit = plain(WEIGHTS)
    rolled = roll(circuit)
    assert [type(i).__name__ for i in rolled.structure.items] == ["Operation", "Repeat"]
    assert rolled.structure.items[1].length == LAYERS
    assert rolled.count_ops() == circuit.count_ops()
    off = qjax.Statevector(roll=False)
    np.testing.assert_allclose(
        qjax.statevector(rolled, engine=off), qjax.statevector(circuit, engine=off), atol=1e-6
    )


def test_the_engine_rolls_and_the_gradient_follows():
    def energy(w, on):
        observable = qjax.Z(0) @ qjax.X(1)
        return qjax.expectation(plain(w), observable, engine=qjax.Statevector(roll=on))

    on, off = (jax.grad(lambda w: energy(w, on))(WEIGHTS) for on in (True, False))  # noqa: B023
    np.testing.assert_allclose(on, off, atol=1e-6)
    texts = [str(jax.make_jaxpr(lambda w: energy(w, on))(WEIGHTS)) for on in (True, False)]  # noqa: B023
    assert ["scan" in text for text in texts] == [True, False]


def test_literals_and_traced_angles_may_recur_together():
    def build(t):
        circuit = qjax.Circuit(2)
        for i in range(6):
            circuit = circuit.rx(t if i % 2 else 0.1 * i, 0).u(0.1, t, 0.3, 1).cx(0, 1)
        return circuit

    circuit = build(jnp.float32(0.4))
    assert len(roll(circuit)) == 1
    both = jax.jit(lambda t: (qjax.statevector(build(t)), qjax.statevector(roll(build(t)))))
    np.testing.assert_allclose(*both(0.4), atol=1e-6)


@given(st.lists(st.integers(0, 2), max_size=40), st.booleans())
def test_any_sequence_keeps_its_order(letters, inverse):
    circuit = qjax.Circuit(2)
    for i, letter in enumerate(letters):
        circuit = (circuit.rx(0.1 * i, 0), circuit.cx(0, 1), circuit.ry([0.3, i], [1, 0]))[letter]
    circuit = circuit.inverse() if inverse else circuit

    def names(structure):
        return [(op.gate.name, op.qubits, op.adjoint) for op in structure.unrolled()]

    rolled = roll(circuit)
    assert names(rolled.structure) == names(circuit.structure)
    values = jax.tree.map(jnp.asarray, (_angles(circuit), _angles(rolled)))
    for a, b in zip(*values, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def _angles(circuit):
    """All angles in order of execution."""
    found = []

    def visit(structure, leaves):
        for item in structure.items:
            if isinstance(item, Repeat):
                inner = leaves[item.start : item.start + item.body.n_leaves]
                for i in range(item.length):
                    visit(item.body, [leaf[i] for leaf in inner])
            else:
                for slot in item.slots:
                    leaf = np.asarray(leaves[slot.leaf])
                    value = leaf if slot.entry is None else leaf[slot.entry]
                    found.append(np.broadcast_to(value, len(item.qubits)))

    visit(circuit.structure, circuit.leaves)
    return found


def test_what_does_not_recur_is_left_alone():
    circuit = qjax.Circuit(3).h(0).cx(0, 1).rx(0.1, 2)
    assert roll(circuit) is circuit
    _, rest = split_prefix(plain(WEIGHTS))
    assert sum(isinstance(item, Repeat) for item in roll(rest).structure.items) == 1
