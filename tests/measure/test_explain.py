"""What `explain` says is what the engine does, and saying it runs no state."""

import typing

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.engines import _cost
from qjax.kernels import Loop, Rounds, run
from qjax.kernels._steps import Step
from tests.programs import random_unitary

N = 12
RING = [(i + 1) % N for i in range(N)]
STEPS = [*typing.get_args(Step), Loop, Rounds]


def layer(circuit, w):
    n = circuit.n_qubits
    circuit = circuit.ry(w[0], range(n)).rzz(w[1, 1:], range(n - 1), range(1, n))
    return circuit.cx(range(n), [*range(1, n), 0])


def layers(n, depth):
    circuit = qjax.Circuit(n).h(range(n)).repeat(layer, jnp.ones((depth, 2, n)))
    return circuit.pauli_rotation(0.3, "X" * n, range(n))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_every_kind_of_step_has_a_cost(step):
    assert step in _cost._ROWS


def test_the_steps_are_those_that_run(monkeypatch):
    counts = {}

    def counted(step):
        original = step.apply

        def apply(self, array, state):
            counts[step.__name__] = counts.get(step.__name__, 0) + 1
            return original(self, array, state)

        return apply

    for step in typing.get_args(Step):
        monkeypatch.setattr(step, "apply", counted(step))
    # One round, so that what is traced once is run once.
    circuit = layers(N, 1)
    report = qjax.explain(circuit, qjax.Z(0), engine=qjax.Statevector(light_cone=False))
    assert not counts
    program = qjax.Statevector().stages(circuit).program
    run(program.steps, program.arrays, jnp.zeros(2 ** (N + 1)))
    assert sum(counts.values()) == report.cost.passes == report.cost.written
    assert report.cost.loops == (1,)
    assert counts["PauliRotation"] == report.cost.steps["wide rotations"] == 1
    assert counts["Gather"] == report.cost.steps["gathers"]
    blocks = sum(v for k, v in report.cost.steps.items() if k.startswith("blocks"))
    assert counts["Block"] == blocks


def test_operations_of_a_block_are_counted_as_they_are():
    matrix = random_unitary(np.random.default_rng(0), 3)
    cost = qjax.explain(qjax.Circuit(3).unitary(matrix, [0, 1, 2])).cost
    assert (cost.passes, cost.flops) == (1, 8 * 8 * 8)
    assert qjax.explain(qjax.Circuit(3)).cost.flops == 0


def test_a_real_circuit_takes_half_of_the_work_and_of_the_memory():
    matrix = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0].astype(np.float32)
    real = qjax.explain(qjax.Circuit(3).unitary(matrix, [0, 1, 2]))
    whole = qjax.explain(qjax.Circuit(3).unitary(matrix.astype(complex), [0, 1, 2]))
    assert (real.cost.passes, 4 * real.cost.flops) == (1, whole.cost.flops)
    assert (real.real, whole.real) == (True, False)
    assert 2 * real.peak_bytes == whole.peak_bytes
    assert "without an imaginary part" in str(real) and "imaginary" not in str(whole)


def test_what_does_not_repeat_is_counted_round_by_round():
    rng = np.random.default_rng(0)
    circuit = qjax.Circuit(8)
    for _ in range(400):
        a, b = rng.choice(8, 2, replace=False).tolist()
        circuit = circuit.ry(rng.normal(), a).cx(a, b).rz(rng.normal(), b)
    cost = qjax.explain(circuit).cost
    assert cost.written < 10 and len(cost.loops) == 1
    assert sum(cost.steps.values()) == cost.passes > 2 * cost.loops[0] > 100


def test_every_pass_is_reported():
    chain = (
        qjax.Circuit(50)
        .h(range(50))
        .repeat(lambda c, w: c.ry(w, range(50)).cx(range(49), range(1, 50)), jnp.ones((4, 50)))
    )
    chain = chain.rx(0.1, range(50))
    report = qjax.explain(chain, [qjax.Z(2), qjax.X(1) @ qjax.Y(2)])
    whole, cone, left = report.gates
    kept = report.qubits[1]
    assert report.qubits == (50, 7) and whole == 4 * 99 + 100
    assert left < cone < whole and report.flips == 2
    assert report.state_bytes == 2**kept * 8 and report.refusal == ""
    text = str(report)
    rows = ["light cone", "product prefix", "roll", "fuse, lower", "a run", "engine", "gradient"]
    assert [line[:16].strip() for line in text.splitlines() if line[:16].strip() in rows] == rows
    assert f"50 -> {kept} qubits" in text and "1 KiB, complex64" in text


def test_loops_are_counted_in_full_and_compiled_once():
    short, long = (qjax.explain(layers(N, depth), qjax.Z(0)).cost for depth in (10, 1000))
    assert short.written == long.written and short.loops == (10,) and long.loops == (1000,)
    each, rest = divmod(long.passes - short.passes, 990)
    assert rest == 0 and each > 3
    rolled = qjax.Circuit(2)
    for i in range(20):
        rolled = rolled.ry(0.1 * i, 0).cx(0, 1)
    assert len(qjax.explain(rolled).cost.loops) == 1
    assert not qjax.explain(rolled, engine=qjax.Statevector(roll=False)).cost.loops


@pytest.mark.parametrize("gradient", [qjax.Adjoint(), qjax.Backprop()])
def test_predicted_memory_is_that_of_the_compiler(gradient):
    n = 16
    weights = jnp.ones((3, 2, n))
    observable = qjax.Z(0) @ qjax.Z(n - 1) + qjax.X(3)

    def circuit(w):
        return qjax.Circuit(n).h(range(n)).repeat(layer, w)

    def value(w):
        return qjax.expectation(circuit(w), observable, gradient=gradient)

    report = qjax.explain(circuit(weights), observable, gradient=gradient)
    compiled = jax.jit(jax.value_and_grad(value)).lower(weights).compile()
    actual = compiled.memory_analysis().temp_size_in_bytes
    assert 0.75 * actual < report.peak_bytes < 1.4 * actual


def test_memory_by_gradient():
    circuit = layers(N, 5)
    reports = [
        qjax.explain(circuit, qjax.X(0), gradient=gradient)
        for gradient in (qjax.Adjoint(), qjax.Backprop(), qjax.ParameterShift(chunk=7))
    ]
    assert reports[0].states[1] < reports[1].states[1] and reports[2].states[1] == 21
    assert len({report.states[0] for report in reports}) == 1


def test_what_does_not_fit_is_explained_and_not_run():
    report = qjax.explain(
        qjax.Circuit(45).sx(0).cx(range(44), range(1, 45)),
        qjax.X(44),
        engine=qjax.Statevector(),
    )
    assert "does not run" in str(report) and report.state_bytes == 2**48


def test_bad_input():
    with pytest.raises(TypeError, match="`circuit`"):
        qjax.explain("h")
    with pytest.raises(ValueError, match="qubits 0 to 1"):
        qjax.explain(qjax.Circuit(2), qjax.Z(5))
    with pytest.raises(TypeError, match="`observable`"):
        qjax.explain(qjax.Circuit(2), [])
    with pytest.raises(ValueError, match="does not support"):
        qjax.explain(qjax.Circuit(2), gradient=qjax.ParameterShift())
