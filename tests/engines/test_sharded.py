"""A statevector across devices: the same numbers as on one, and as many bytes sent as told."""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from jax.sharding import AbstractMesh, NamedSharding, PartitionSpec

import qjax
from qjax.sharding import collectives, mesh
from tests import oracle
from tests.programs import (
    GATES,
    Program,
    numbers,
    random_op,
    random_params,
    random_terms,
    to_circuit,
    to_observable,
    with_numbers,
)

N = 5
PLAIN = qjax.Statevector(light_cone=False)


def over(devices, **options):
    return qjax.Statevector(mesh=mesh(state=devices), light_cone=False, **options)


def layered(weights, n):
    """Layers of which none can start before the one before it is done."""
    low, high = range(n - 1), range(1, n)

    def body(circuit, w):
        circuit = circuit.ry(w, range(n)).cx(low, high).ry(w, range(n)).x(0)
        return circuit.cx(high[::-1], low[::-1])

    return qjax.Circuit(n).h(range(n)).repeat(body, weights)


def drawn(*shape):
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


def close(got, expected, atol=2e-5):
    np.testing.assert_allclose(np.asarray(got), np.asarray(expected), atol=atol)


@pytest.mark.parametrize("devices", [2, 4, 8])
@settings(max_examples=1)
@given(seed=st.integers(0, 10**6))
def test_values_and_gradients_are_the_oracles(devices, seed):
    """Every gate on some number of devices; with `--hypothesis-profile=explore` on each."""
    rng = np.random.default_rng(seed)
    names = rng.permutation(GATES)[devices.bit_length() % 3 :: 3]
    first = [("u", random_params(rng, "u", 1), (q,)) for q in range(N)]
    # A device has two qubits at least: no word of three letters fits there.
    program = Program(N, first + [random_op(rng, name, N, 2) for name in names])
    terms = random_terms(rng, N, 3)
    params = jax.tree.map(jnp.asarray, numbers(program))

    def value(params):
        circuit = to_circuit(with_numbers(program, params))
        return qjax.expectation(circuit, to_observable(terms), engine=over(devices))

    means, slopes = jax.jit(jax.value_and_grad(value))(params)
    close(means, oracle.expectation(N, program.ops, terms))
    jax.tree.map(close, slopes, oracle.gradient(N, program.ops, terms))


def small(weights):
    chain = qjax.Circuit(4).ry(weights, range(4)).cx([0, 1, 2], [1, 2, 3])
    return chain.swap(0, 3).x(0).rx(0.4, [0, 1])


def test_verbs_are_those_of_one_device(make_key):
    weights, engine, key = drawn(4), over(4), make_key()
    verbs = {
        "state": lambda e: qjax.statevector(small(weights), engine=e),
        "probabilities": lambda e: qjax.probabilities(small(weights), [3, 0, 2], engine=e),
        "samples": lambda e: qjax.sample(small(weights), key, 20, engine=e),
    }
    for ask in verbs.values():
        close(ask(engine), ask(PLAIN))
    for split in "state", "probabilities":
        assert verbs[split](engine).sharding.spec == PartitionSpec("state")
    state = np.asarray(verbs["state"](PLAIN)).reshape((2,) * 4)
    close(qjax.amplitude(small(weights), "0110", engine=engine), state[0, 1, 1, 0])
    outcomes = np.sum(np.abs(state) ** 2, (0, 1, 3))
    close(qjax.probabilities(small(weights), 2, engine=engine), outcomes)
    rows = state.transpose(3, 1, 0, 2).reshape(4, 4)
    close(qjax.density_matrix(small(weights), [3, 1], engine=engine), rows @ rows.conj().T)


def arrays_of(compiled):
    shapes = re.findall(r"\b[a-z]+\d+\[([\d,]+)\]", compiled.as_text())
    return [math.prod(map(int, shape.split(","))) for shape in shapes]


def sent_by(compiled):
    """Bytes of the state that a device sends; gradients are summed, which is not counted."""
    return sum(each.sent for each in collectives(compiled) if each.kind != "all-reduce")


def test_explain_tells_what_is_sent_and_the_whole_state_is_nowhere():
    n, devices, rounds = 16, 8, 5
    weights, engine = drawn(rounds, n), over(devices)
    observable = qjax.Z(0) @ qjax.Z(n - 1) + qjax.Y(1) @ qjax.Y(n - 2)
    report = qjax.explain(layered(weights, n), observable, engine=engine)
    assert report.devices == devices and report.cost.loops == (rounds,)
    assert report.cost.exchanges >= 2 * rounds

    def value(weights, engine=engine):
        return qjax.expectation(layered(weights, n), observable, engine=engine)

    for function, told in zip((value, jax.grad(value)), report.sent, strict=True):
        compiled = jax.jit(function).lower(weights).compile()
        assert sent_by(compiled) == told > 0
        # Two planes of a device's part, where a string has one Y across devices.
        assert max(arrays_of(compiled)) == 2 * 2**n // devices
    close(compiled(weights), jax.grad(value)(weights, PLAIN))


@pytest.mark.parametrize("shape", [(2, 4), (4, 2)])
def test_a_batch_and_a_state_share_the_devices(shape):
    batch, state = shape
    both = mesh(batch=batch, state=state)
    engine = qjax.Statevector(mesh=both, light_cone=False)
    weights, xs = drawn(4, 4), drawn(8, 4)

    def build(weights, x):
        body = lambda c, w: c.ry(w, range(4)).cz([0, 1, 2], [1, 2, 3])  # noqa: E731
        return qjax.Circuit(4).rx(x, range(4)).repeat(body, weights)

    def loss(weights, xs, engine):
        one = lambda x: qjax.expectation(build(weights, x), qjax.X(0), engine=engine)  # noqa: E731
        return jnp.mean(jax.vmap(one)(xs) ** 2)

    split = jax.device_put(xs, NamedSharding(both, PartitionSpec("batch")))
    step = jax.jit(jax.value_and_grad(loss), static_argnums=2)
    compiled = step.lower(weights, split, engine).compile()
    jax.tree.map(close, compiled(weights, split), step(weights, xs, PLAIN))
    # Each device runs, and sends, its share of the samples.
    report = qjax.explain(build(weights, xs[0]), qjax.X(0), engine=engine)
    assert sent_by(compiled) == len(xs) // batch * report.sent[1] > 0


def test_the_plan_of_36_qubits_needs_no_devices():
    n, devices = 36, 256
    engine = qjax.Statevector(mesh=AbstractMesh((devices,), ("state",)), light_cone=False)
    circuit = layered(drawn(4, n), n).rz(0.1, range(n))
    rates = qjax.measure.Rates(link=25e9, memory=2e12)
    report = qjax.explain(circuit, qjax.Z(0), engine=engine, rates=rates)
    assert not report.refusal and report.state_bytes == 8 * 2**28
    assert 0 < report.sent[0] < report.cost.exchanges * report.state_bytes
    link, memory = report.seconds
    assert link == pytest.approx(report.sent[0] / 25e9)
    assert memory == pytest.approx(2 * (report.cost.passes + 1) * report.state_bytes / 2e12)
    assert f"{report.cost.exchanges} among 256 devices" in str(report)


BELL = qjax.Circuit(2).h(0).cx(0, 1)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: over(2, axis="rows"), "must have an axis `rows`, but has `state` \\(2\\)"),
        (lambda: over(3), "power of two of devices along axis `state`, .*but has 3"),
        (lambda: over(2, implementation="interpret"), 'must be "xla" for a state over a mesh'),
        (lambda: qjax.statevector(BELL, engine=over(4)), "must leave 1 of the circuit's 2 qubits"),
        (
            lambda: qjax.statevector(qjax.Circuit(3).rxx(0.1, 0, 1), engine=over(4)),
            "must leave 2 of the circuit's 3 qubits .*at most 2 devices",
        ),
        (lambda: qjax.unitary(BELL, engine=over(2)), "does not support `unitary` with a mesh"),
        (lambda: qjax.density_matrix(BELL, engine=over(2)), "at most the 1 qubits"),
        (
            lambda: qjax.statevector(
                BELL, engine=qjax.Statevector(mesh=AbstractMesh((2,), ("state",)))
            ),
            "for `explain` only",
        ),
        (
            lambda: qjax.expectation(BELL, qjax.Z(0), engine=over(2), mesh=mesh(terms=2)),
            "must be left out where the engine has a mesh",
        ),
    ],
)
def test_errors_come_before_compiling(call, error):
    with pytest.raises(ValueError, match=error):
        call()


def test_a_mesh_must_be_one():
    with pytest.raises(TypeError, match="must be a mesh such as"):
        qjax.Statevector(mesh=8)
