"""A plan fits in memory as the compiler counts it, and predicts how much it takes."""

import jax
import jax.numpy as jnp
import pytest

import qjax


def layer(c, w):
    n = c.n_qubits
    return c.ry(w[0], range(n)).rz(w[1], range(n)).cx(range(n), [*range(1, n), 0])


def classifier(w, x):
    return qjax.Circuit(x.shape[0]).ry(x, range(x.shape[0])).repeat(layer, w)


def classifier_case(n, layers, batch):
    shapes = (
        jax.ShapeDtypeStruct((layers, 2, n), jnp.float32),
        jax.ShapeDtypeStruct((batch, n), jnp.float32),
    )
    return classifier, qjax.Z(0), shapes, (None, 0)


def ising_layer(c, w):
    n = c.n_qubits
    return c.rzz(w[0, 1:], range(n - 1), range(1, n)).rx(w[1], range(n))


def ising(w):
    return qjax.Circuit(w.shape[2]).h(range(w.shape[2])).repeat(ising_layer, w)


def ising_case(n, layers, batch):
    energy = sum(qjax.Z(i) @ qjax.Z(i + 1) for i in range(n - 1)) + sum(map(qjax.X, range(n)))
    shape = jax.ShapeDtypeStruct((batch, layers, 2, n), jnp.float32)
    return ising, energy, (shape,), (0,)


def actual(case, plan, chunk):
    """Peak memory of value and gradient of a chunk, by the compiler."""
    build, observable, shapes, axes = case
    shapes = tuple(
        s if axis is None else jax.ShapeDtypeStruct((chunk, *s.shape[1:]), s.dtype)
        for s, axis in zip(shapes, axes, strict=True)
    )

    def loss(*args):
        def value(*args):
            circuit = build(*args)
            return qjax.expectation(circuit, observable, engine=plan.engine, gradient=plan.gradient)

        return jnp.mean(jax.vmap(value, axes)(*args))

    sizes = jax.jit(jax.value_and_grad(loss)).lower(*shapes).compile().memory_analysis()
    return sizes.temp_size_in_bytes + sizes.argument_size_in_bytes + sizes.output_size_in_bytes


CASES = {
    "classifier, 12 qubits, 64 samples": (classifier_case(12, 6, 64), 2**30),
    "classifier, 12 qubits, deep": (classifier_case(12, 500, 16), 2**30),
    "classifier, 14 qubits, in chunks": (classifier_case(14, 4, 64), 2**24),
    "Ising, 20 qubits": (ising_case(20, 10, 1), 2**30),
}


@pytest.mark.parametrize("name", CASES)
def test_the_predicted_peak_is_that_of_the_compiler(name):
    case, memory = CASES[name]
    build, observable, shapes, axes = case
    plan = qjax.plan(build, observable, *shapes, in_axes=axes, memory=memory)
    assert ("chunks" in name) == (plan.batch_chunk < plan.batch)
    found = actual(case, plan, plan.batch_chunk)
    assert 0.8 * found <= plan.peak_bytes <= 1.2 * found
    assert found <= memory
    if plan.batch_chunk < plan.batch:  # Not needlessly few.
        assert actual(case, plan, 2 * plan.batch_chunk) > memory


def test_spare_memory_goes_to_anchors():
    build, observable, shapes, axes = classifier_case(10, 200, 8)
    plans = [
        qjax.plan(build, observable, *shapes, in_axes=axes, memory=memory)
        for memory in (2**20, 2**30)
    ]
    assert plans[0].gradient.anchors < plans[1].gradient.anchors


def test_double_precision_gives_way_where_it_does_not_fit():
    with jax.enable_x64(True):
        build, observable, shapes, axes = ising_case(12, 2, 2)
        engine = qjax.Statevector(dtype=jnp.complex128)
        known = {"in_axes": axes, "engine": engine}
        ample = qjax.plan(build, observable, *shapes, memory=2**26, **known)
        one = qjax.plan(build, observable, *shapes, **known).peak_bytes // 2
        scarce = qjax.plan(build, observable, *shapes, memory=int(0.8 * one), **known)
    assert (ample.engine.dtype.name, scarce.engine.dtype.name) == ("complex128", "complex64")
    assert "complex64" in str(scarce)


def test_bad_input():
    build, observable, shapes, axes = classifier_case(8, 2, 4)
    with pytest.raises(ValueError, match="`memory` must be at least .* bytes"):
        qjax.plan(build, observable, *shapes, in_axes=axes, memory=1000)
    with pytest.raises(ValueError, match="`args` must have one number of samples"):
        qjax.plan(build, observable, *shapes, in_axes=(0, 0))
    with pytest.raises(TypeError, match="`memory`"):
        qjax.plan(build, observable, *shapes, in_axes=axes, memory="1 GB")


@pytest.mark.parametrize("axes", [(None, -1), ({"w": None, "b": 0}, 1)])
def test_axes_are_those_of_vmap(axes):
    def build(w, x):
        w = w["w"] + w["b"] if isinstance(w, dict) else w
        return qjax.Circuit(3).ry(x, range(3)).rx(w, range(3))

    w = {"w": jnp.ones(3), "b": jnp.ones(5)} if isinstance(axes[0], dict) else jnp.ones(3)
    plan = qjax.plan(build, qjax.Z(0), w, jnp.ones((3, 5)), in_axes=axes)
    assert plan.batch == plan.batch_chunk == 5
