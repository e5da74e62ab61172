"""Whole circuits in tiles, the GPU kernel interpreted, against the XLA version."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.engines import predict
from qjax.kernels import Tile
from tests import tilings
from tests.programs import append, random_op
from tests.tilings import TRITON, cuda_module

# JAX 0.12 warns that the way from Pallas to Triton will be removed.
pytestmark = pytest.mark.filterwarnings("ignore:The Pallas Triton backend:DeprecationWarning")


close = functools.partial(tilings.close, atol=2e-5)


def layered(weights, n=8):
    ring = [(i + 1) % n for i in range(n)]

    def layer(circuit, w):
        return circuit.ry(w[0], range(n)).rz(w[1], range(n)).cx(range(n), ring)

    return qjax.Circuit(n).h(range(n)).repeat(layer, weights)


def mixed(weights, n=9):
    """Overlapping blocks, a table, a wide rotation, a block too wide for a tile, a loop."""
    rng = np.random.default_rng(3)
    circuit = qjax.Circuit(n).ry(weights[0, 0], range(n))
    for name in rng.choice(["u", "cx", "swap", "crx", "ryy", "cswap"], 12):
        _, params, qubits = random_op(rng, name, n)
        circuit = append(circuit, name, params, *qubits)
    circuit = circuit.rzz(weights[0, 0, 1:], range(n - 1), range(1, n))
    circuit = circuit.pauli_rotation(weights[0, 0, 0], "XYZXYZ", range(2, 8))
    wide = np.linalg.qr(rng.normal(size=(64, 64)) + 1j * rng.normal(size=(64, 64)))[0]
    circuit = circuit.unitary(wide, [7, 0, 3, 8, 4, 1])
    return circuit + layered(weights, n).inverse()


def stacked(weights, n=8):
    """So many gates without repetition that they become a loop."""
    rng = np.random.default_rng(4)
    circuit = qjax.Circuit(n).ry(weights[0, 0, :n], range(n))
    for name in rng.choice(["u", "cx", "rzz", "rx"], 400):
        _, params, qubits = random_op(rng, name, n)
        circuit = append(circuit, name, params, *qubits)
    return circuit.rx(weights[0, 1, :n], range(n))


def weights(n=8, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=(3, 2, n)), jnp.float32)


def value(build, how):
    """A function of the weights, by an implementation."""

    def energy(weights):
        circuit = build(weights)
        observable = qjax.Z(0) @ qjax.X(3) + 0.5 * qjax.Y(circuit.n_qubits - 1) + qjax.Z(5)
        return qjax.expectation(circuit, observable, engine=qjax.Statevector(implementation=how))

    return energy


@pytest.mark.parametrize(("build", "n"), [(layered, 8), (mixed, 9), (stacked, 8)])
def test_value_and_gradient(build, n):
    got, expected = (
        jax.jit(jax.value_and_grad(value(build, how)))(weights(n)) for how in ("interpret", None)
    )
    close(got, expected)
    assert float(jnp.abs(expected[1]).max()) > 0.01


def test_a_batch_of_gradients():
    batch = jnp.stack([weights(seed=s) for s in range(3)])
    got, expected = (
        jax.jit(jax.vmap(jax.value_and_grad(value(layered, how))))(batch)
        for how in ("interpret", None)
    )
    close(got, expected)


def test_second_derivatives():
    w, v = weights(), weights(seed=1)
    got, expected = (
        jax.jit(lambda w, how=how: jax.jvp(jax.grad(value(layered, how)), (w,), (v,))[1])(w)
        for how in ("interpret", None)
    )
    close(got, expected)


def test_a_matrix():
    circuit = layered(weights()[:1])
    got, expected = (
        qjax.unitary(circuit, engine=qjax.Statevector(implementation=how))
        for how in ("interpret", "xla")
    )
    close(got, expected)


def test_the_kernel_is_what_runs():
    for how, runs in (("interpret", True), ("xla", False), (None, False)):
        jaxpr = str(jax.make_jaxpr(jax.grad(value(layered, how)))(weights()))
        # Once forward, and once going back for the states and the blocks' cotangents.
        assert jaxpr.count("pallas_call[") == (2 if runs else 0)


@pytest.mark.parametrize(("n", "tiles"), [(8, 1), (9, 1), (12, 2), (20, 3)])
def test_a_layer_is_tiles_only(n, tiles):
    """Rings of CX and the order of the bits cost no pass of their own."""
    engine = qjax.Statevector(implementation="pallas")
    shapes = jax.eval_shape(lambda w: engine.stages(layered(w, n)).program, weights(n))
    one = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), shapes.arrays[0])
    layer = jax.eval_shape(shapes.steps[0].prepare, one)
    assert [type(step) for step in layer.steps] == [Tile] * tiles
    assert predict(layer).passes == tiles


def test_states_too_small_for_a_tile_are_left_alone():
    tile, plain = (value(lambda w: layered(w, 7), how) for how in ("interpret", "xla"))
    assert "pallas_call" not in str(jax.make_jaxpr(tile)(weights(7)))
    close(tile(weights(7)), plain(weights(7)))


def test_value_and_gradient_lower_for_cuda():
    engine = qjax.Statevector(implementation="pallas")
    words = (qjax.Z(0) @ qjax.X(3)).words

    def energy(weights):
        # By the engine itself: `expectation` refuses the kernel where there is no GPU.
        evaluate = qjax.Adjoint().evaluate
        return evaluate(lambda c, evolve: engine.values(c, words, evolve)[0], layered(weights))

    function = jax.vmap(jax.value_and_grad(energy))
    module = cuda_module(function, jax.ShapeDtypeStruct((2, 3, 2, 8), np.float32))
    assert module.count(TRITON) == 2


def test_errors(monkeypatch):
    circuit = layered(weights())
    with pytest.raises(ValueError, match="`implementation` must be one of .* but is triton"):
        qjax.Statevector(implementation="triton")
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    engine = qjax.Statevector(implementation="pallas")
    with pytest.raises(ValueError, match='must be "xla" here, .* default device is a cpu'):
        qjax.expectation(circuit, qjax.Z(0), engine=engine)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    engine.check(8)
    monkeypatch.setattr("qjax.kernels._tile_step.has_triton", lambda: False)
    with pytest.raises(ValueError, match='must be "xla" here, .* without Pallas\'s Triton'):
        qjax.expectation(circuit, qjax.Z(0), engine=engine)
