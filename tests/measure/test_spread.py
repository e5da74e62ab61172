"""The strings of an observable spread over devices: values and gradients of one device."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec as P

import qjax
from qjax.sharding import Axes, collectives, mesh


def close(got, expected):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6), got, expected)


def angles(*shape):
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


def ring(w):
    """Every cone has angles of its own, and looks like the others."""
    n = w.shape[-1]
    circuit = qjax.Circuit(n).ry(w[0], range(n))
    return circuit.rzz(w[1], range(n), [*range(1, n), 0])


@pytest.mark.parametrize("engine, n", [(None, 15), (qjax.TensorNetwork(), 5)])
def test_cones_are_spread(engine, n):
    observable, w = sum(qjax.X(q) for q in range(n)), angles(2, n)

    def value(w, **how):
        return qjax.expectation(ring(w), observable, engine=engine, **how)

    spread = functools.partial(value, mesh=mesh(words=4), axes=Axes(terms="words"))
    program = jax.jit(jax.value_and_grad(spread)).lower(w).compile()

    def exact(w):  # Two neighbours turn X into X, and into X of the qubit and Z of both.
        a, b, before = *w, jnp.roll(w[1], 1)
        flipped = jnp.sin(b) * jnp.sin(before) * jnp.cos(jnp.roll(a, 1)) * jnp.cos(jnp.roll(a, -1))
        return jnp.sum(jnp.sin(a) * (jnp.cos(b) * jnp.cos(before) - flipped))

    close(program(w), jax.value_and_grad(exact)(w))
    # Angles, values and cotangents are exchanged: no states.
    found = collectives(program)
    assert found and max(each.bytes for each in found) <= 8 * w.size


def hamiltonian(n, strings):
    """Strings of all kinds on a few qubits: some share their flips, most do not."""
    rng = np.random.default_rng(3)
    total = 0.7 * qjax.I()
    for _ in range(strings):
        factors = [
            pauli(q) for q in range(n) if (pauli := rng.choice([None, qjax.X, qjax.Y, qjax.Z]))
        ]
        total = total + float(rng.normal()) * functools.reduce(
            lambda a, b: a @ b, factors or [qjax.Z(0)]
        )
    return total + sum(float(rng.normal()) * qjax.Z(q) for q in range(n))


def ansatz(w):
    n = w.shape[0]
    return qjax.Circuit(n).ry(w, range(n)).cz(range(n - 1), range(1, n)).rx(w, range(n))


def test_strings_read_from_one_state_are_spread():
    observables = [hamiltonian(3, 9), qjax.X(1) @ qjax.Y(2)]

    def total(w, **how):
        values = qjax.expectation(ansatz(w), observables, **how)
        return values[0] * values[1] + values[0]

    both = jax.jit(jax.value_and_grad(functools.partial(total, mesh=mesh(terms=8))))
    close(both(angles(3)), jax.jit(jax.value_and_grad(total))(angles(3)))


def test_a_batch_and_its_strings_on_one_mesh_and_second_derivatives():
    energy, ws, devices = hamiltonian(2, 4), angles(6, 2), mesh(batch=2, terms=4)

    def slopes(ws, **how):
        value = lambda w: qjax.expectation(ansatz(w), energy, **how)  # noqa: E731
        product = lambda w: jax.jvp(jax.grad(value), (w,), (jnp.cos(w),))  # noqa: E731
        return jax.vmap(product)(ws)

    placed = jax.device_put(ws, NamedSharding(devices, P("batch")))
    close(jax.jit(functools.partial(slopes, mesh=devices))(placed), jax.jit(slopes)(ws))


def test_vmap_over_a_sharded_batch_runs_each_share_on_its_device():
    n, batch, devices = 8, 32, mesh(batch=8)
    parity = functools.reduce(lambda a, b: a @ b, map(qjax.Z, range(n)))
    w, xs = 0.2 * angles(n), 0.2 * angles(batch, n)

    def loss(w, xs):
        def one(x):
            return qjax.expectation(qjax.Circuit(n).rx(x, range(n)).rx(w, range(n)), parity)

        return jnp.mean(jax.vmap(one)(xs) ** 2)

    placed = jax.device_put(xs, NamedSharding(devices, P("batch")))
    program = jax.jit(jax.value_and_grad(loss)).lower(w, placed).compile()
    exact = lambda w: jnp.mean(jnp.prod(jnp.cos(w[None] + xs), 1) ** 2)  # noqa: E731
    close(program(w, placed), jax.value_and_grad(exact)(w))
    states = re.findall(rf"f32\[(\d+),(?:1,|2,)?(?:{2**n}|{2 * 2**n})\]", program.as_text())
    assert states and max(map(int, states)) == batch // 8  # Of four samples, never of all 32.
    # What goes between devices is summed over the batch, and is less than one state.
    found = collectives(program)
    assert {each.kind for each in found} == {"all-reduce"}
    assert max(each.bytes for each in found) < 8 * 2**n


def test_bad_input():
    circuit = qjax.Circuit(3).h(0)
    with pytest.raises(
        ValueError, match="Argument `mesh` must have an axis `terms`, but has `batch`"
    ):
        qjax.expectation(circuit, qjax.Z(0), mesh=mesh(batch=2))
    with pytest.raises(ValueError, match="Engine `MPS` does not support `mesh`"):
        qjax.expectation(circuit, qjax.Z(0), mesh=mesh(terms=2), engine=qjax.MPS(max_bond=2))
    with pytest.raises(TypeError, match=r"Argument `mesh` must be a jax.sharding.Mesh"):
        qjax.expectation(circuit, qjax.Z(0), mesh="terms")
    engine = qjax.Statevector(mesh=mesh(state=2))
    with pytest.raises(ValueError, match="`mesh` must be left out where the engine has a mesh"):
        qjax.expectation(circuit, qjax.Z(0), mesh=mesh(terms=2), engine=engine)
