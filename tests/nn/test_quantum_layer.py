"""The layer against closed forms, inside everything that Flax, Optax and Orbax do with it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import linen, nnx

import qjax
from qjax.nn import QuantumLayer, initializers


def rotations(weights, x, n=2):
    """Makes <Z_i> = cos(x_i + w_i)."""
    return qjax.Circuit(n).ry(x + weights, range(n))


def named_rotations(weights, x):
    """Makes <Z_i> = cos(scale_i x_i + shift_i)."""
    return qjax.Circuit(2).ry(weights["scale"] * x + weights["shift"], range(2))


Z = [qjax.Z(0), qjax.Z(1)]
X = np.array([[0.1, -0.4], [1.2, 0.7], [-2.0, 0.3]], np.float32)


def value(param):
    return np.asarray(param[...])


def make(seed=0, **options):
    return QuantumLayer(rotations, (2,), Z, rngs=nnx.Rngs(seed), **options)


def make_named():
    shapes = {"scale": (2,), "shift": (2,)}
    return QuantumLayer(named_rotations, shapes, Z, rngs=nnx.Rngs(0))


@pytest.mark.parametrize("leading", [(), (3,), (2, 3), (0,), (2, 0)])
def test_leading_dimensions(leading):
    layer = make()
    x = np.random.default_rng(0).normal(size=(*leading, 2)).astype(np.float32)
    out = layer(x)
    assert out.shape == (*leading, 2)
    np.testing.assert_allclose(out, np.cos(x + value(layer.weights)), atol=1e-6)


def test_one_observable_keeps_its_axis():
    layer = QuantumLayer(rotations, (2,), qjax.Z(0) @ qjax.Z(1), rngs=nnx.Rngs(0))
    expected = np.cos(X + value(layer.weights)).prod(-1, keepdims=True)
    np.testing.assert_allclose(layer(X), expected, atol=1e-6)


def test_named_weights_are_attributes():
    layer = make_named()
    assert isinstance(layer.scale, nnx.Param)
    layer.scale[...] = jnp.array([2.0, 3.0])
    layer.shift[...] = jnp.array([0.5, -0.5])
    expected = np.cos(np.array([2.0, 3.0]) * X + np.array([0.5, -0.5]))
    np.testing.assert_allclose(layer(X), expected, atol=1e-6)
    assert set(nnx.to_pure_dict(nnx.state(layer))) == {"scale", "shift"}


@pytest.mark.parametrize("gradient", [None, qjax.Adjoint(), qjax.Backprop()])
def test_gradient_in_closed_form(gradient):
    layer = make(gradient=gradient)
    grads = nnx.jit(nnx.grad(lambda layer: layer(X).sum()))(layer)
    expected = -np.sin(X + value(layer.weights)).sum(0)
    np.testing.assert_allclose(grads["weights"][...], expected, atol=1e-5)


def test_the_named_gradient_is_the_one_taken():
    n = 8  # Narrower circuits keep their states with either.

    def entangled(weights, x):
        return rotations(weights, x, n).cx(range(n - 1), range(1, n))

    def program(gradient):
        options = {"gradient": gradient, "rngs": nnx.Rngs(0)}
        layer = QuantumLayer(entangled, (n,), qjax.Z(n - 1), **options)
        return str(jax.make_jaxpr(layer)(np.ones(n, np.float32)))

    assert "reversible" in program(qjax.Adjoint())
    assert "reversible" not in program(qjax.Backprop())


def test_training_in_a_larger_module():
    class Model(nnx.Module):
        def __init__(self, rngs):
            self.body = nnx.Sequential(nnx.Linear(3, 2, rngs=rngs), make())
            self.head = nnx.Linear(2, 1, rngs=rngs)

        def __call__(self, x):
            return self.head(self.body(x))

    model = Model(nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.adam(0.05), wrt=nnx.Param)
    x = jax.random.normal(jax.random.key(1), (16, 3))
    y = jnp.sin(x[:, :1])

    @nnx.jit
    def step(model, optimizer):
        loss, grads = nnx.value_and_grad(lambda m: jnp.mean((m(x) - y) ** 2))(model)
        optimizer.update(model, grads)
        return loss

    before = model.body.layers[1].weights[...]
    losses = [step(model, optimizer) for _ in range(60)]
    assert losses[-1] < 0.2 * losses[0]
    assert not np.array_equal(before, model.body.layers[1].weights[...])


def test_layers_built_alike_share_compiled_code():
    traces = []

    @nnx.jit
    def apply(layer, x):
        traces.append(None)
        return layer(x)

    apply(make(0), X)
    apply(make(1), X)
    assert len(traces) == 1
    assert nnx.graphdef(make(0)) != nnx.graphdef(make(0, gradient=qjax.Backprop()))


def test_an_ensemble_under_vmap():
    layers = [make(seed) for seed in range(3)]
    structure = nnx.graphdef(layers[0])
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(nnx.state, layers))
    outputs = jax.jit(jax.vmap(lambda state: nnx.merge(structure, state)(X)))(stacked)
    np.testing.assert_allclose(outputs, [layer(X) for layer in layers], atol=1e-6)


def test_orbax_restores_every_bit(tmp_path):
    layer = make_named()
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "layer", nnx.state(layer))
        checkpointer.wait_until_finished()
        structure, abstract = nnx.split(nnx.eval_shape(make_named))
        restored = nnx.merge(structure, checkpointer.restore(tmp_path / "layer", abstract))
    for name in ("scale", "shift"):
        np.testing.assert_array_equal(getattr(restored, name)[...], getattr(layer, name)[...])
    np.testing.assert_array_equal(restored(X), layer(X))


@pytest.mark.parametrize("shapes", [(2,), {"scale": (2,), "shift": (2,)}])
def test_in_a_linen_model(shapes):
    build = named_rotations if isinstance(shapes, dict) else rotations

    class Model(linen.Module):
        @linen.compact
        def __call__(self, x):
            x = linen.Dense(2)(x)
            x = nnx.bridge.ToLinen(QuantumLayer, args=(build, shapes, Z), name="quantum")(x)
            return linen.Dense(1)(x)

    model = Model()
    variables = model.init(jax.random.key(0), X)
    loss, grads = jax.jit(jax.value_and_grad(lambda v: (model.apply(v, X) ** 2).sum()))(variables)
    weights = variables["params"]["quantum"]
    assert set(weights) == (set(shapes) if isinstance(shapes, dict) else {"weights"})
    assert all(np.abs(g).max() > 0 for g in jax.tree.leaves(grads["params"]["quantum"]))
    # The same numbers in an NNX layer.
    layer = QuantumLayer(build, shapes, Z, rngs=nnx.Rngs(0))
    for name, value in weights.items():
        getattr(layer, name)[...] = value
    first, last = (jax.tree.map(np.asarray, variables["params"][f"Dense_{i}"]) for i in range(2))
    hidden = np.asarray(layer(X @ first["kernel"] + first["bias"]))
    expected = ((hidden @ last["kernel"] + last["bias"]) ** 2).sum()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_initializers_by_name_and_type():
    layer = QuantumLayer(
        named_rotations,
        {"scale": (2,), "shift": (2,)},
        Z,
        initializer={
            "scale": nnx.initializers.ones,
            "shift": initializers.uniform_angle(1.0, 2.0),
        },
        param_dtype=jnp.bfloat16,
        rngs=nnx.Rngs(0),
    )
    assert layer.scale[...].tolist() == [1.0, 1.0]
    assert ((layer.shift[...] >= 1) & (layer.shift[...] <= 2)).all()
    assert layer.shift[...].dtype == jnp.bfloat16


def test_parameters_do_not_share_random_numbers():
    layer = make_named()
    assert not np.array_equal(layer.scale[...], layer.shift[...])
    assert np.abs(layer.scale[...]).max() < 1  # The default is small angles.


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"build": 3}, TypeError, "Argument `build` must be a function"),
        ({"weights": 3}, ValueError, "Argument `weights` must have a shape"),
        ({"weights": (2.0,)}, ValueError, "Argument `weights` must have a shape"),
        ({"weights": {"a": 3}}, ValueError, "under 'a' but has 3"),
        ({"weights": {"not a name": (2,)}}, ValueError, "free attributes"),
        ({"weights": {"train": (2,)}}, ValueError, "free attributes of the layer, but has 'train'"),
        ({"weights": {}}, ValueError, "Argument `weights` must have at least one"),
        ({"observables": []}, ValueError, "Argument `observables` must have at least one"),
        ({"observables": [3]}, TypeError, "Argument `observables` must hold qjax observables"),
        ({"initializer": 0.1}, TypeError, "Argument `initializer` must be an initializer"),
        (
            {"initializer": {"w": jnp.ones}},
            ValueError,
            "Argument `initializer` must have the names",
        ),
        ({"rngs": 0}, TypeError, "Argument `rngs` must be nnx.Rngs"),
    ],
)
def test_bad_arguments(change, error, message):
    arguments = {"build": rotations, "weights": (2,), "observables": Z, "rngs": nnx.Rngs(0)}
    with pytest.raises(error, match=message):
        QuantumLayer(**(arguments | change))


def test_bad_calls():
    with pytest.raises(ValueError, match=r"Argument `x` must have shape \(\.\.\., features\)"):
        make()(jnp.float32(1.0))
    layer = QuantumLayer(lambda w, x: x, (2,), Z, rngs=nnx.Rngs(0))
    with pytest.raises(TypeError, match="Argument `build` must return a qjax.Circuit"):
        layer(X)


def test_traced_observables_are_refused():
    def make_inside(c):
        return QuantumLayer(rotations, (2,), c * qjax.Z(0), rngs=nnx.Rngs(0))(X)

    with pytest.raises(TypeError, match="Argument `observables` must hold known values"):
        jax.jit(make_inside)(1.0)
