"""Circuits under a device mesh: batches split over devices give the same numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec as P

import qjax

N, BATCH = 4, 8


def loss(weights, x):
    def one(x):
        circuit = qjax.Circuit(N).ry(x, range(N))
        circuit = circuit.repeat(lambda c, w: c.rx(w, range(N)).cx(range(N), [1, 2, 3, 0]), weights)
        return qjax.expectation(circuit, qjax.Z(0))

    return jnp.mean(jax.vmap(one)(x) ** 2)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    weights = jnp.asarray(rng.normal(size=(3, N)), jnp.float32)
    x = jnp.asarray(rng.normal(size=(BATCH, N)), jnp.float32)
    return weights, x, jax.value_and_grad(loss)(weights, x)


MESH = {"axis_types": (AxisType.Auto,)}


def check(got, expected):
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_sharded_batch_under_jit(problem):
    weights, x, expected = problem
    mesh = jax.make_mesh((4,), ("batch",), **MESH)
    x = jax.device_put(x, NamedSharding(mesh, P("batch")))
    check(jax.jit(jax.value_and_grad(loss))(weights, x), expected)


def test_shard_map_inside_grad(problem):
    weights, x, expected = problem
    mesh = jax.make_mesh((4,), ("batch",), **MESH)

    def sharded(weights, x):
        return jax.lax.pmean(loss(weights, x), "batch")

    mapped = jax.shard_map(sharded, mesh=mesh, in_specs=(P(), P("batch")), out_specs=P())
    check(jax.jit(jax.value_and_grad(mapped))(weights, x), expected)


def test_grad_inside_shard_map(problem):
    weights, x, expected = problem
    mesh = jax.make_mesh((4,), ("batch",), **MESH)

    def sharded(weights, x):
        # The weights are the same on all devices, so JAX sums their cotangents by itself.
        value, slope = jax.value_and_grad(loss)(weights, x)
        return jax.lax.pmean(value, "batch"), slope / 4

    mapped = jax.shard_map(sharded, mesh=mesh, in_specs=(P(), P("batch")), out_specs=(P(), P()))
    check(jax.jit(mapped)(weights, x), expected)
