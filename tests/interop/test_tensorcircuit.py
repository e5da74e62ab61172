"""Circuits to and from tensorcircuit: the same states, the same derivatives, nothing changed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import qjax
from qjax.circuit import IndexMap, Structure
from qjax.interop import from_tensorcircuit, tensorcircuit_unchanged, to_tensorcircuit
from tests import oracle
from tests.programs import (
    Program,
    every_gate,
    programs,
    random_unitary,
    to_broadcast_circuit,
    to_circuit,
)

ROOT = Path(__file__).resolve().parents[2]


def theirs(circuit) -> np.ndarray:
    """The state by tensorcircuit."""
    with tensorcircuit_unchanged() as tc:
        tc.set_dtype("complex128")
        return np.asarray(to_tensorcircuit(circuit).state())


def ours(circuit) -> np.ndarray:
    return np.asarray(qjax.statevector(circuit))


def close(actual, expected, tolerance=1e-5):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=0, atol=tolerance)


# To tensorcircuit.


@given(programs(max_qubits=5))
def test_random_circuits_to_tensorcircuit(program):
    expected = oracle.statevector(program.n, program.ops)
    close(theirs(to_circuit(program)), expected, 1e-7)
    close(theirs(to_broadcast_circuit(program)), expected, 1e-7)


def test_every_gate_and_its_inverse_to_tensorcircuit_and_back():
    first, second = (every_gate(np.random.default_rng(seed), 4) for seed in (1, 2))
    circuit = to_broadcast_circuit(first) + to_broadcast_circuit(second).inverse()
    undo = oracle.unitary(4, second.ops).conj().T
    expected = undo @ oracle.statevector(4, first.ops)
    close(theirs(circuit), expected, 1e-7)
    close(ours(from_tensorcircuit(to_tensorcircuit(circuit))), expected)


def test_names_survive_the_round_trip():
    program = every_gate(np.random.default_rng(3), 4)
    before = to_circuit(program).count_ops()
    after = from_tensorcircuit(to_tensorcircuit(to_circuit(program))).count_ops()
    for name in ("sx", "sxdg", "ch", "diagonal"):  # They go as matrices.
        before["unitary"] += before.pop(name)
    before["exp1"] = before.pop("pauli_rotation")
    assert after == before


@pytest.mark.parametrize("word", ["XYZIX", "YZYXZY", "IIIIII", "IIIIZ"])
def test_wide_words(word):
    qubits = tuple(np.random.default_rng(0).permutation(6)[: len(word)].tolist())
    spread = [("u", (0.4 + q, 0.3, 0.2), (q,)) for q in range(6)]
    ops = [*spread, ("pauli_rotation", (0.7, word), qubits)]
    circuit = to_circuit(Program(6, spread)).pauli_rotation(0.7, word, qubits)
    close(theirs(circuit), oracle.statevector(6, ops), 1e-7)


def test_repeats_are_written_out():
    def layer(circuit, angles):
        circuit = circuit.repeat(lambda c, a: c.crx(a, 0, 1).p(a, [1, 2]), angles)
        return circuit.rx(angles, [0, 2]).cx([0, 1], [1, 2])

    angles = jnp.arange(6.0).reshape(3, 2) / 3
    spread = qjax.Circuit(3).h(range(3))
    loop, plain = spread.repeat(layer, angles), spread
    for row in angles:
        plain = layer(plain, row)
    close(theirs(loop), ours(plain))
    close(theirs(spread + loop.inverse()), ours(spread + plain.inverse()))


@given(st.integers(0, 2**32 - 1))
def test_index_maps(seed):
    rng = np.random.default_rng(seed)
    item = IndexMap.identity(4)
    for _ in range(6):
        control, target = rng.choice(4, 2, replace=False)
        cx = qjax.GATES["cx"].index_map
        item = item.then(IndexMap.of_gate(*cx, (int(control), int(target)), 4))
    item = IndexMap(item.columns, int(rng.integers(16)))
    start = qjax.Circuit(4).u(0.3, 0.4, 0.5, range(4)).rx(np.arange(4.0), range(4))
    structure = Structure(4, (*start.structure.items, item), start.structure.n_leaves)
    state = theirs(start)
    expected = np.zeros_like(state)
    expected[[item.image(b) for b in range(16)]] = state
    close(theirs(qjax.Circuit.from_parts(structure, start.leaves)), expected)


def test_gates_of_ones_own():
    rng = np.random.default_rng(4)
    half = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    turn = qjax.Gate("turn", generator=half + half.conj().T)
    scaled = qjax.Gate(
        "scaled",
        matrix=lambda t: jax.lax.complex(jnp.cos(t), jnp.sin(t)) * jnp.eye(2, dtype=complex),
        parameters=("t",),
    )
    both = qjax.Gate(
        "both", factors=((turn, (0,)), (qjax.GATES["cp"], (1,))), parameters=("a", "b")
    )
    circuit = qjax.Circuit(2).h([0, 1]).apply(turn, 0.3, 1, 0).apply(both, 0.2, 0.5, 0, 1)
    circuit = circuit.apply(scaled, 0.3, 0)
    circuit = circuit + qjax.Circuit(2).ry(0.2, 0).apply(both, 0.4, 0.1, 1, 0).inverse()
    close(theirs(circuit), ours(circuit), 1e-5)


# From tensorcircuit.


def every_one_of_theirs(tc, rng) -> "tensorcircuit.Circuit":  # noqa: F821
    """Each of tensorcircuit's gates once or more, in random order, angles of every type."""
    circuit = tc.Circuit(5)
    hermitian = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    hermitian = hermitian + hermitian.conj().T
    angle = {
        name: {key: rng.uniform(-3, 3) for key in keys.split()}
        for name, keys in {
            **dict.fromkeys("rx ry rz phase crx cry crz cphase orx ory orz".split(), "theta"),
            **dict.fromkeys("rxx ryy rzz rzm iswap".split(), "theta"),
            **dict.fromkeys("u cu".split(), "theta phi lbd"),
            **dict.fromkeys("r cr".split(), "theta alpha phi"),
        }.items()
    }
    sizes = {1: "i x y z h t s td sd wroot rx ry rz phase u r".split()}
    sizes[2] = "cnot cz swap cy ox oy oz cx cr cu rxx ryy rzz iswap cphase".split()
    sizes[2] += "crx cry crz orx ory orz su4 exp exp1".split()
    sizes[3] = "toffoli fredkin ccnot rzm cmz diagonal any unitary".split()
    sizes[4] = ["multicontrol"]
    given = angle | {
        "su4": {"theta": rng.normal(size=15)},
        "exp": {"hermitian": hermitian, "theta": 0.3},
        "exp1": {"unitary": tc.gates._xy_matrix, "theta": 0.4, "half": True},
        "diagonal": {"diag": np.exp(1j * rng.normal(size=8))},
        "any": {"unitary": random_unitary(rng, 3), "name": "mine"},
        "unitary": {"unitary": tc.gates.Gate(random_unitary(rng, 3).reshape((2,) * 6))},
        "multicontrol": {"unitary": random_unitary(rng, 2), "ctrl": [1, 0]},
    }
    calls = [(name, size) for size, names in sizes.items() for name in names]
    for q in range(5):
        circuit.u(q, theta=0.3 + q, phi=0.2 * q, lbd=0.4)
    for i in rng.permutation(len(calls)):
        name, size = calls[i]
        qubits = rng.choice(5, size, replace=False).tolist()
        getattr(circuit, name)(*qubits, **given.get(name, {}))
    circuit.rx([0, 1], theta=tc.array_to_tensor(rng.normal(size=2)))  # Complex numbers.
    circuit.iswap(0, -1)
    circuit.rx(2)
    circuit.exp1(1, 2, unitary=tc.gates._zz_matrix, theta=0.2, split={"max_singular_values": 4})
    circuit.apply_general_gate(tc.gates.Gate(random_unitary(rng, 1)), 3)
    circuit.mpo(0, 4, mpo=tc.gates.multicontrol_gate(tc.gates._x_matrix, 0))
    circuit.barrier_instruction(0, 1)
    return circuit


def test_every_gate_from_tensorcircuit():
    converted = []
    with tensorcircuit_unchanged() as tc, jax.numpy_rank_promotion("allow"):
        for backend in ("jax", "numpy"):
            tc.set_backend(backend)
            circuit = every_one_of_theirs(tc, np.random.default_rng(5))
            converted.append(from_tensorcircuit(circuit))
        expected = circuit.state()
        close(to_tensorcircuit(converted[0]).state(), expected)
    close(ours(converted[0]), expected)
    assert converted[0].structure == converted[1].structure
    for one, other in zip(*(circuit.leaves for circuit in converted), strict=True):
        close(one, other)
    names = converted[0].count_ops()
    assert names["exp"] == 1 and names["exp1"] == 2 and "i" not in names


# Derivatives.


FIXED = random_unitary(np.random.default_rng(7), 2).astype(np.complex64)


def their_energy(tc, parameters, convert):
    angle, phases = parameters
    diagonal = jax.lax.complex(jnp.cos(phases), jnp.sin(phases))
    circuit = tc.Circuit(3)
    circuit.h(0)
    circuit.crx(0, 1, theta=angle[0])
    circuit.iswap(1, 2, theta=angle[1])
    circuit.exp1(0, 2, unitary=tc.gates._xx_matrix, theta=angle[2])
    circuit.any(1, 0, unitary=diagonal[:, None] * FIXED)
    if convert:
        circuit.diagonal(0, 1, diag=diagonal)
        return qjax.expectation(from_tensorcircuit(circuit), qjax.Z(0) @ qjax.X(1))
    circuit.any(0, 1, unitary=jnp.diag(diagonal))  # Its states of traced `diagonal` fail.
    return circuit.expectation_ps(z=[0], x=[1]).real


def our_energy(parameters, convert):
    angle, phases = parameters
    turn = qjax.Gate("turn", generator=np.array([[0.0, 1.0], [1.0, 2.0]]))
    circuit = qjax.Circuit(3).h(0).crx(angle[0], 0, 1).pauli_rotation(angle[1], "XIY", (2, 1, 0))
    circuit = circuit.unitary(jnp.diag(jax.lax.complex(jnp.cos(phases), jnp.sin(phases))), (0, 2))
    circuit = circuit.diagonal(phases, (1, 2)).apply(turn, 0.3, 1).apply(turn, angle[2], 2)
    circuit = circuit.repeat(lambda c, a: c.ry(a, 0).cx(0, 1), angle)
    circuit = circuit + qjax.Circuit(3).u(*angle, 1).ch(0, 2).inverse()
    if convert:
        return to_tensorcircuit(circuit).expectation_ps(z=[0], x=[1]).real
    return qjax.expectation(circuit, qjax.Z(0) @ qjax.X(1))


@pytest.mark.parametrize("direction", ["from", "to"])
def test_derivatives_flow_through(direction, make_key):
    parameters = jax.random.normal(make_key(), (3,)), jax.random.normal(make_key(), (4,))
    with tensorcircuit_unchanged() as tc:
        tc.set_backend("jax")

        def energy(parameters, convert):
            if direction == "from":
                return their_energy(tc, parameters, convert)
            return our_energy(parameters, convert)

        pairs = [
            jax.jit(jax.value_and_grad(energy), static_argnums=1)(parameters, convert)
            for convert in (True, False)
        ]
    for got, expected in zip(*map(jax.tree.leaves, pairs), strict=True):
        close(got, expected, 2e-5)
    assert all(np.max(np.abs(g)) > 1e-3 for g in pairs[0][1])


def test_traced_matrices_that_are_not_unitary_give_nan():
    with tensorcircuit_unchanged() as tc:
        tc.set_backend("jax")

        def state(scale):
            circuit = tc.Circuit(2)
            circuit.diagonal(0, 1, diag=scale * jnp.ones(4))
            return qjax.statevector(from_tensorcircuit(circuit))

        assert np.all(np.isfinite(jax.jit(state)(1.0)))
        assert np.all(np.isnan(jax.jit(state)(1.5)))


# What is refused.


def test_traced_parameters_need_the_jax_backend():
    with pytest.raises(ValueError, match="set_backend"):
        jax.eval_shape(lambda a: to_tensorcircuit(qjax.Circuit(1).rx(a, 0)).state(), 0.1)


def test_batches_are_refused():
    batch = jax.vmap(lambda a: qjax.Circuit(2).rx(a, [0, 1]))(jnp.ones((3, 2)))
    with pytest.raises(ValueError, match="`theta` must have shape"):
        to_tensorcircuit(batch)


@pytest.mark.parametrize("value", [None, "circuit", 3])
def test_what_is_no_circuit(value):
    with pytest.raises(TypeError, match=f"a {type(value).__name__}"):
        from_tensorcircuit(value)
    with pytest.raises(TypeError, match=f"a {type(value).__name__}"):
        to_tensorcircuit(value)


@pytest.mark.parametrize("kind", ["DMCircuit", "MPSCircuit", "QuditCircuit", "SymbolCircuit"])
def test_other_kinds_of_circuit(kind):
    with tensorcircuit_unchanged() as tc:
        circuit = getattr(tc, kind)(2, **({"dim": 3} if kind == "QuditCircuit" else {}))
        with pytest.raises(TypeError, match=type(circuit).__name__):
            from_tensorcircuit(circuit)
        with pytest.raises(TypeError, match="on qubits, but is on 3"):
            from_tensorcircuit(tc.Circuit(2, dim=3))


def test_states_of_ones_own():
    with tensorcircuit_unchanged() as tc:
        start = tc.Circuit(2)
        start.h(0)
        replaced = tc.Circuit(2)
        replaced.replace_mps_inputs(start.quvector())
        for circuit in (
            tc.Circuit(2, inputs=np.eye(4)[1]),
            tc.Circuit(2, mps_inputs=start.quvector()),
            replaced,
        ):
            with pytest.raises(ValueError, match="starts from a state of its own"):
                from_tensorcircuit(circuit)


@pytest.mark.parametrize(
    "name, append",
    [
        ("measure", lambda c: c.measure_instruction(1)),
        ("reset", lambda c: c.reset_instruction(1)),
        ("measure", lambda c: c.cond_measurement(1)),
        ("depolarizing", lambda c: c.depolarizing(1, px=0.1, py=0.1, pz=0.1)),
        ("amplitude_damping", lambda c: c.amplitudedamping(1, gamma=0.1, p=0.9)),
        ("any", lambda c: c.unitary_kraus([np.eye(2), np.eye(2)], 1, prob=[0.5, 0.5])),
        ("depolarizing", lambda c: c.depolarizing_instruction(1)),
        ("any", lambda c: c.any(1, unitary=np.array([[1.0, 1.0], [0.0, 1.0]]))),
        ("diagonal", lambda c: c.diagonal(1, diag=np.array([1.0, 2.0]))),
        ("rx", lambda c: c.rx(1, theta=0.3j)),
        ("exp", lambda c: c.exp(1, unitary=np.diag([1.0, -1.0]), theta=0.3j)),
        ("mid_measurement", lambda c: c.mid_measurement(1)),
    ],
)
def test_operations_that_are_no_gates(name, append):
    with tensorcircuit_unchanged() as tc:
        circuit = tc.Circuit(3)
        circuit.h(0)
        circuit.multicontrol(0, 1, unitary=tc.gates._x_matrix, ctrl=1)
        circuit.rzm(0, 1, 2, theta=0.3)
        append(circuit)
        circuit.h(2)
        where = "" if name == "mid_measurement" else r" on qubits \(1,\)"
        with pytest.raises(ValueError, match=f"Operation 3 of the circuit, `{name}`{where}"):
            from_tensorcircuit(circuit)


# What stays as it was.

PROBE = """
import json, os, sys
import jax, numpy as np

option, value = "jax_numpy_rank_promotion", "warn"
jax.config.update("jax_enable_x64", True)
jax.config.update(option, value)
np.seterr(divide="raise")
os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "mine"


def state():
    tc = sys.modules.get("tensorcircuit")
    return {
        "options": {name: repr(v) for name, v in jax.config.values.items()},
        "environment": dict(os.environ),
        "numpy": np.geterr(),
        "tensorcircuit": tc and [repr(getattr(m, s, None)) for m in (tc, tc.cons, tc.gates)
            for s in ("backend", "dtypestr", "rdtypestr", "idtypestr", "npdtype", "contractor")],
        "tensornetwork": tc and tc.cons.tn.backend_contextmanager.get_default_backend(),
    }


changed = []


def check(where, before):
    changed.extend(f"{where}: {key}" for key, old in before.items() if state()[key] != old)


before = state()
import qjax, qjax.interop
lazy = "tensorcircuit" not in sys.modules
check("import", before)

before = {key: old for key, old in before.items() if old is not None}
with jax.enable_x64(False):  # The option of the whole process is hidden in here.
    theirs = qjax.interop.to_tensorcircuit(qjax.Circuit(2).h(0))
check("first conversion", before)
assert sys.modules["tensorcircuit"].backend.name == "numpy"

tc = sys.modules["tensorcircuit"]
tc.set_backend("jax")
tc.set_dtype("complex128")
tc.set_contractor("plain")
jax.config.update("jax_enable_x64", False)
before = state()
qjax.interop.from_tensorcircuit(qjax.interop.to_tensorcircuit(qjax.Circuit(2).h(0)))
check("conversion", before)
for convert in (qjax.interop.from_tensorcircuit, qjax.interop.to_tensorcircuit):
    try:
        convert(None)
    except TypeError:
        check("refusal", before)
try:
    with qjax.interop.tensorcircuit_unchanged() as tc:
        tc.set_backend("numpy")
        tc.set_dtype("complex64")
        tc.set_contractor("branch")
        jax.config.update(option, "raise")
        np.seterr(divide="ignore")
        os.environ.update(PATH="", A_NEW_ONE="1")
        del os.environ["TF_FORCE_GPU_ALLOW_GROWTH"]
        raise RuntimeError
except RuntimeError:
    check("exception", before)
print(json.dumps({"lazy": lazy, "changed": changed}))
"""


def test_the_process_stays_as_it_was():
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "XLA_PYTHON"))}
    result = subprocess.run(
        [sys.executable, "-c", PROBE],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {"lazy": True, "changed": []}
