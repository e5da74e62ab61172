"""A batch in chunks: the results of `jax.vmap` in the memory of a chunk, on one device or many."""

import functools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.sharding import Axes, collectives, mesh


def cheap(w, x):
    """Of one sample: shared weights, a pytree of its own, a pytree of results."""
    y = jnp.sin(x["a"] @ w) * x["b"]
    return {"y": y, "norm": jnp.sum(y**2)}


def close(got, expected):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6), got, expected)


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(0)
    w = jnp.asarray(rng.normal(size=(3, 4)), jnp.float32)
    x = {"a": rng.normal(size=(3, 10)), "b": rng.normal(size=(10,))}
    return w, jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), x)


AXES = (None, {"a": -1, "b": 0})


def total(mapped, w, x):
    values = mapped(w, x)
    return jnp.sum(values["norm"]) + jnp.sum(jnp.cos(values["y"]))


@pytest.mark.parametrize("chunk", [4, 64])
def test_values_and_derivatives_are_those_of_vmap(inputs, chunk):
    w, x = inputs
    plain = jax.vmap(cheap, AXES)
    chunked = qjax.chunked_vmap(cheap, AXES, chunk=chunk)

    def both(mapped, w, x):
        return mapped(w, x), jax.grad(functools.partial(total, mapped), (0, 1))(w, x)

    got, expected = (jax.jit(functools.partial(both, each)) for each in (chunked, plain))
    close(got(w, x), expected(w, x))
    if chunk == 4:  # Forward over reverse, and a batch of batches.
        ws = jnp.stack([w, 2 * w])

        def second(mapped):
            product = lambda w: jax.jvp(lambda w: both(mapped, w, x), (w,), (w,))[1]  # noqa: E731
            return jax.jit(jax.vmap(product))(ws)

        close(second(chunked), second(plain))


def test_keys_and_plain_numbers_are_arguments_as_well():
    def draw(key, scale, kind):
        return scale * (jax.random.normal(key, (2,)) if kind == "normal" else 0.0)

    keys = jax.random.split(jax.random.key(0), 7)
    chunked = qjax.chunked_vmap(functools.partial(draw, kind="normal"), (0, None), chunk=3)
    close(chunked(keys, 2.0), 2 * jax.vmap(lambda key: jax.random.normal(key, (2,)))(keys))
    by_number = qjax.chunked_vmap(lambda x, n: x[:n], (0, None), chunk=2)
    close(by_number(jnp.arange(12.0).reshape(3, 4), 2), jnp.arange(12.0).reshape(3, 4)[:, :2])


def test_what_a_function_closes_over_is_differentiated_and_planned(inputs):
    w, x = inputs

    @jax.jit
    def slope(w):
        def loss(w, **how):
            return jnp.sum(
                qjax.chunked_vmap(lambda x: cheap(w, x)["norm"], ({"a": 1, "b": 0},), **how)(x)
            )

        return jax.grad(loss)(w), jax.grad(functools.partial(loss, chunk=3))(w)

    expected = jax.grad(lambda w: jnp.sum(jax.vmap(cheap, AXES)(w, x)["norm"]))(w)
    for got in slope(w):
        close(got, expected)


# Memory, of a function whose intermediate results are `[K, K]` matrices.

K = 32


def wide(w, x):
    matrix = jnp.tanh(jnp.outer(w, x))
    return jnp.sum(jnp.sin(matrix @ matrix) @ w)


def loss(function, w, xs, **how):
    mapped = qjax.chunked_vmap(function, (None, 0), **how) if how else jax.vmap(function, (None, 0))
    return jnp.mean(mapped(w, xs) ** 2)


def sizes(batch, **how):
    """Of value and gradient, by the compiler."""
    shapes = jax.ShapeDtypeStruct((K,), jnp.float32), jax.ShapeDtypeStruct((batch, K), jnp.float32)
    step = jax.value_and_grad(functools.partial(loss, wide, **how))
    return jax.jit(step).lower(*shapes).compile().memory_analysis()


def test_memory_is_that_of_a_chunk():
    few, many = (sizes(batch, chunk=16).temp_size_in_bytes for batch in (64, 4096))
    # Each sample has its features and its value, and neither a matrix nor a gradient.
    assert (many - few) / (4096 - 64) < 2 * (K + 2) * 4 < 4 * K**2
    assert sizes(256).temp_size_in_bytes > 256 * 4 * K**2
    assert few > 16 * 4 * K**2


def test_no_gradient_is_kept_for_each_chunk():
    def value(w, x):
        return jnp.sum(jnp.sin(w * x))

    def loss(w, xs):
        return jnp.sum(qjax.chunked_vmap(value, (None, 0), chunk=1)(w, xs))

    shapes = jax.ShapeDtypeStruct((10_000,), jnp.float32), jax.ShapeDtypeStruct((64,), jnp.float32)
    sizes = jax.jit(jax.grad(loss)).lower(*shapes).compile().memory_analysis()
    assert sizes.temp_size_in_bytes < 10 * 40_000 < 64 * 40_000


@pytest.mark.parametrize("memory", [2**20, 2**25])
def test_the_plan_is_what_the_compiler_finds(memory):
    xs = jax.ShapeDtypeStruct((1000, K), jnp.float32)
    plan = qjax.plan_chunks(
        lambda w, x: wide(w, x) ** 2, jnp.ones(K), xs, in_axes=(None, 0), memory=memory
    )
    found = sizes(1000, chunk=plan.chunk)
    peak = found.temp_size_in_bytes + found.argument_size_in_bytes + found.output_size_in_bytes
    assert 0.8 * peak <= plan.peak_bytes <= 1.2 * peak and peak <= memory
    assert (8 < plan.chunk < 200) if memory == 2**20 else plan.chunk == 1000
    assert f"{plan.chunk:,} of 1,000 at once" in str(plan)


def test_a_device_of_eight_is_planned_as_one_with_its_share():
    def planned(samples, **how):
        xs = jax.ShapeDtypeStruct((samples, K), jnp.float32)
        return qjax.plan_chunks(wide, jnp.ones(K), xs, in_axes=(None, 0), argnums=None, **how)

    alone = planned(1000, memory=2**20)
    over = planned(8000, memory=2**20, mesh=mesh(data=8), axes=Axes(batch="data"))
    assert (over.chunk, over.peak_bytes) == (alone.chunk, alone.peak_bytes)
    assert 1 < over.chunk < 1000 and "8,000 on 8 devices" in str(over)
    with pytest.raises(ValueError, match="Argument `memory` must be at least .* for one sample"):
        planned(1000, memory=1000)


# Circuits.

N = 6


def classifier(w, x):
    circuit = qjax.Circuit(N).ry(x, range(N)).cx(range(N), [*range(1, N), 0])
    return qjax.expectation(circuit.ry(w, range(N)).cz(0, N - 1), qjax.X(N - 1))


def test_devices_share_a_batch_and_add_up_once():
    rng = np.random.default_rng(1)
    w = jnp.asarray(rng.normal(size=N), jnp.float32)
    xs = jnp.asarray(rng.normal(size=(40, N)), jnp.float32)
    step = jax.value_and_grad(functools.partial(loss, classifier, chunk=2, mesh=mesh(batch=4)))
    program = jax.jit(step).lower(w, xs).compile()
    close(program(w, xs), jax.jit(jax.value_and_grad(functools.partial(loss, classifier)))(w, xs))
    # Ten samples a device run two at a time; the weights' cotangent is summed after that.
    sums = [each for each in collectives(program) if each.kind == "all-reduce"]
    assert sum(each.bytes * each.count for each in sums) <= w.size * 4 + 16
    states = re.findall(rf"f32\[(\d+),(?:1,|2,)?(?:{2**N}|{2 * 2**N})\]", program.as_text())
    assert states and max(map(int, states)) == 2


def test_bad_input():
    xs = jnp.ones((6, N))
    w = jnp.ones(N)
    for chunk, error in ((0, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="Argument `chunk` must be"):
            qjax.chunked_vmap(classifier, chunk=chunk)
    with pytest.raises(ValueError, match="number of samples must be a multiple of the 4 devices"):
        qjax.chunked_vmap(classifier, (None, 0), mesh=mesh(batch=4))(w, xs)
    with pytest.raises(ValueError, match="Argument `mesh` must have an axis `batch`"):
        qjax.chunked_vmap(classifier, (None, 0), mesh=mesh(state=4))
    with pytest.raises(TypeError, match=r"Argument `mesh` must be a jax.sharding.Mesh"):
        qjax.chunked_vmap(classifier, (None, 0), mesh=4)
    with pytest.raises(ValueError, match="one number of samples, but has"):
        qjax.chunked_vmap(jnp.add, chunk=2)(xs, xs[:3])
    with pytest.raises(ValueError, match="names axis 2 of an array of shape"):
        qjax.chunked_vmap(jnp.sin, 2, chunk=2)(xs)
    with pytest.raises(ValueError, match="`in_axes` must name an axis of some argument"):
        qjax.chunked_vmap(jnp.sin, None, chunk=2)(xs)
