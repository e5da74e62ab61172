"""The metric tensor, the same as a linear operator, and the quantum Fisher information."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from tests import oracle
from tests.conformance.tables import ENGINES

N = 8


def build(t):
    """Two angles on one qubit: the Bloch sphere."""
    return qjax.Circuit(1).ry(t[0], 0).rz(t[1], 0)


def layered(w, x=0.4):
    """Two angles a layer, behind an encoding of x."""

    def layer(circuit, w):
        return circuit.ry(w[0], range(N)).rzz(w[1], range(N - 1), range(1, N))

    return qjax.Circuit(N).rx(x, range(N)).repeat(layer, w)


def weights(layers):
    return jnp.asarray(np.random.default_rng(3).normal(size=(layers, 2)), jnp.float32)


def equations(jaxpr, name):
    """Number of equations of one primitive, those of inner programs included."""
    total = 0
    for eqn in jaxpr.eqns:
        total += eqn.primitive.name == name
        for inner in jax.tree.leaves(eqn.params, is_leaf=lambda p: hasattr(p, "eqns")):
            inner = getattr(inner, "jaxpr", inner)
            total += equations(inner, name) if hasattr(inner, "eqns") else 0
    return total


def test_the_metric_of_the_bloch_sphere():
    theta = 0.7
    metric = qjax.metric_tensor(build, jnp.array([theta, 0.2]))
    np.testing.assert_allclose(metric, np.diag([1, np.sin(theta) ** 2]) / 4, atol=1e-6)


def test_the_fisher_information_is_four_times_the_metric_for_any_pytree():
    parameters = {"a": jnp.array([0.1, 0.2]), "b": jnp.array(0.3)}

    def entangled(p):
        return qjax.Circuit(2).rx(p["a"], [0, 1]).cx(0, 1).ry(p["b"], 1)

    fisher = qjax.quantum_fisher(entangled, parameters)
    assert fisher.shape == (3, 3)
    np.testing.assert_allclose(fisher, 4 * qjax.metric_tensor(entangled, parameters), atol=1e-6)
    assert np.linalg.eigvalsh(fisher).min() > -1e-5


def test_tensor_and_operator_against_the_oracle():
    names = [("ry", (0,)), ("crx", (0, 1)), ("u", (2,)), ("cp", (1, 2)), ("rzz", (2, 0))]
    spread = [("h", (), (q,)) for q in range(3)]
    sizes = [3 if name == "u" else 1 for name, _ in names]
    theta = np.random.default_rng(4).normal(size=sum(sizes))

    def ops(t):
        parts = np.split(t, np.cumsum(sizes)[:-1])
        angled = [(name, tuple(p), q) for (name, q), p in zip(names, parts, strict=True)]
        return spread + angled

    def circuit(t):
        parts = jnp.split(t, np.cumsum(sizes)[:-1])
        c = qjax.Circuit(3).h(range(3))
        for (name, qubits), part in zip(names, parts, strict=True):
            c = getattr(c, name)(*part, *qubits)
        return c

    def moved(i, value):
        t = theta.astype(complex)
        t[i] = value
        return oracle.statevector(3, ops(t))

    psi = oracle.statevector(3, ops(theta))
    columns = [oracle.derivative(lambda v, i=i: moved(i, v), theta[i]) for i in range(len(theta))]
    jacobian = np.stack(columns, -1)
    jacobian -= np.outer(psi, psi.conj() @ jacobian)
    expected = (jacobian.conj().T @ jacobian).real
    engine = ENGINES[1]
    with engine.precision():
        t = jnp.asarray(theta)
        engine.check(qjax.metric_tensor(circuit, t, engine=engine.value), expected)
        operator = qjax.metric_operator(circuit, t, engine=engine.value)
        engine.check(jax.vmap(operator)(jnp.eye(len(theta))), expected)


def test_the_operator_averages_over_inputs():
    w, xs, v = weights(3), jnp.array([0.1, 0.5, 0.9]), weights(6)[3:]
    dense = sum(qjax.metric_tensor(lambda w, x=x: layered(w, x), w) for x in xs) / 3
    product = jax.jit(lambda w, v: qjax.metric_operator(layered, w, inputs=xs)(v))(w, v)
    np.testing.assert_allclose(product.reshape(-1), dense @ v.reshape(-1), atol=1e-5)


def test_the_tensor_runs_the_circuit_once_for_all_its_columns():
    w = weights(3)
    assert equations(jax.make_jaxpr(lambda w: qjax.metric_tensor(layered, w))(w).jaxpr, "scan") == 1


@pytest.mark.parametrize(("qubits", "widest"), [(6, 2), (9, 3)])
def test_the_tensor_prepares_narrow_blocks_unless_an_engine_is_given(qubits, widest):
    def turned(t):
        chained = qjax.Circuit(qubits).h(range(qubits)).cx(range(qubits - 1), range(1, qubits))
        return chained.u(t, 2 * t, 3 * t, range(qubits))

    def compiled(**options):
        t = jnp.zeros(qubits)
        return jax.jit(lambda t: qjax.metric_tensor(turned, t, **options)).lower(t).as_text()

    given = {block: compiled(engine=qjax.Statevector(max_block=block)) for block in (widest, 4)}
    assert compiled() == given[widest] != given[4]


def test_memory_of_the_operator_does_not_grow_with_depth():
    def used(layers):
        product = jax.jit(lambda w: qjax.metric_operator(layered, w)(w))
        return product.lower(weights(layers)).compile().memory_analysis().temp_size_in_bytes

    angles = 1000 * 2 * 4
    assert used(1000) - used(10) < 12 * angles  # The states of 1000 layers are 256 times that.


def test_the_operator_takes_pytrees_like_the_parameters_only():
    with pytest.raises(ValueError, match="Argument `tangent` must have shape"):
        qjax.metric_operator(layered, weights(2))(weights(3))
