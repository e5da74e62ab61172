"""Light cones in bulk: every string is measured, on few circuits, with the values of the whole."""

import functools

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pytest

import qjax
from qjax.circuit import Word, is_symmetric
from qjax.engines import _statevector
from qjax.measure import _bulk
from qjax.passes import cones
from tests import oracle
from tests.programs import Program, random_op, random_terms, to_circuit, to_observable

WHOLE = qjax.Statevector(light_cone=False)
N, LAYERS = 16, 2
WEIGHTS = np.random.default_rng(0).normal(size=(LAYERS, 3, N)).astype(np.float32)


def layer(circuit, w):
    n = circuit.n_qubits
    circuit = circuit.rzz(w[0, : n // 2], range(0, n - 1, 2), range(1, n, 2))
    circuit = circuit.rzz(w[1, : n // 2 - 1], range(1, n - 1, 2), range(2, n, 2))
    return circuit.rx(w[2], range(n))


def chain(w):
    n = w.shape[-1]
    circuit = qjax.Circuit(n).h(range(n))
    for each in w:
        circuit = layer(circuit, each)
    return circuit


def rolled(w):
    return qjax.Circuit(w.shape[-1]).h(range(w.shape[-1])).repeat(layer, w)


def plain(w):
    """One gate a call, as newcomers write it."""
    n = w.shape[-1]
    circuit = qjax.Circuit(n).h(range(n))
    for each in w:
        for first, row in ((0, each[0]), (1, each[1])):
            for i, q in enumerate(range(first, n - 1, 2)):
                circuit = circuit.rzz(row[i], q, q + 1)
        for q in range(n):
            circuit = circuit.rx(each[2, q], q)
    return circuit


ENERGY = qjax.library.transverse_field_ising(N)


def measured(circuit, observable, limit):
    """Values by word, and of the circuits their number, and of each its copies and its qubits."""
    groups = cones(circuit, observable.words, limit)
    values = {}
    for group in groups:
        run = functools.partial(
            lambda circuit, words: WHOLE.values(circuit, words, qjax.kernels.run),
            words=group.words,
        )
        for row, places in zip(_bulk.in_bulk(run, group, 2), group.places, strict=True):
            for value, place in zip(row, places, strict=True):
                values.setdefault(int(place), []).append(float(value))
    return values, [(len(g.places), g.circuit.n_qubits) for g in groups]


@pytest.mark.parametrize("seed", range(2))
def test_values_are_those_of_the_whole_circuit(seed):
    rng = np.random.default_rng(seed)
    names = ["u", "cx", "rzz", "crx", "unitary", "diagonal", "pauli_rotation", "swap", "cz", "p"]
    program = Program(7, [random_op(rng, str(name), 7, 2) for name in rng.choice(names, 14)])
    terms = [(c, letters) for c, letters in random_terms(rng, 7, 6) if letters]
    observable = to_observable(terms)
    circuit = to_circuit(program)
    values, _ = measured(circuit, observable, limit=7)
    assert sorted(values) == list(range(len(observable.words)))
    for i, (_, letters) in enumerate(terms):
        expected = oracle.expectation(program.n, program.ops, [(1.0, letters)])
        np.testing.assert_allclose(values[i], expected, atol=2e-6)


def gradient(build, engine=None, how=None):
    def energy(w):
        return qjax.expectation(build(w), ENERGY, engine=engine, gradient=how)

    return jax.jit(jax.value_and_grad(energy))


@pytest.fixture(scope="module")
def expected():
    return gradient(rolled, WHOLE)(WEIGHTS)


@pytest.mark.parametrize("build", [chain, rolled, plain])
def test_a_verb_takes_them_however_the_circuit_is_written(build, expected):
    run = gradient(build)
    actual = run(WEIGHTS)
    np.testing.assert_allclose(actual[0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(actual[1], expected[1], atol=2e-5)
    shapes = [v.aval.shape for v in _variables(jax.make_jaxpr(run)(WEIGHTS).jaxpr)]
    assert max(int(np.prod(shape)) for shape in shapes) < 2**N


def _variables(jaxpr):
    for equation in jaxpr.eqns:
        yield from (v for v in equation.outvars if hasattr(v.aval, "shape"))
        for inner in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda p: hasattr(p, "jaxpr")
        ):
            inner = getattr(inner, "jaxpr", None)
            if inner is not None:
                yield from _variables(getattr(inner, "jaxpr", inner))


def test_in_chunks_under_vmap(expected, monkeypatch):
    monkeypatch.setattr(_statevector, "_AT_ONCE", 2**8)
    weights = jnp.stack([jnp.asarray(WEIGHTS), jnp.zeros_like(WEIGHTS)])

    def energy(w):
        return qjax.expectation(rolled(w), ENERGY * 1.0)

    qjax.expectation.__globals__["_run_observables"].clear_cache()
    values, slopes = jax.vmap(jax.value_and_grad(energy))(weights)
    qjax.expectation.__globals__["_run_observables"].clear_cache()
    np.testing.assert_allclose(values[0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(slopes[0], expected[1], atol=2e-5)
    np.testing.assert_allclose(values[1], -N, rtol=1e-5)


def test_a_list_forward(expected):
    observables = [ENERGY, qjax.I() + qjax.X(0) @ qjax.Y(2)]

    def values(w):
        return qjax.expectation(chain(w), observables, gradient=qjax.Backprop())

    weights, direction = jnp.asarray(WEIGHTS), jnp.ones_like(WEIGHTS)
    value, slope = jax.jvp(values, (weights,), (direction,))
    np.testing.assert_allclose(slope[0], expected[1].sum(), rtol=1e-4)
    np.testing.assert_allclose(value[0], expected[0], rtol=1e-5)


def grid(graph, layers):
    a, b = np.array(graph.edges).T.tolist()
    n = len(graph)
    circuit = qjax.Circuit(n).h(range(n))
    for _ in range(layers):
        circuit = circuit.rzz(np.ones(len(a)), a, b).rx(np.ones(n), range(n))
    words = [Word(0, 1 << i | 1 << j) for i, j in zip(a, b, strict=True)]
    return circuit, words + [Word(1 << q, 0) for q in range(n)]


def heavy_hex(rows, columns):
    whole = nx.convert_node_labels_to_integers(nx.hexagonal_lattice_graph(rows, columns))
    graph = nx.Graph()
    for i, (a, b) in enumerate(whole.edges):
        nx.add_path(graph, [a, len(whole) + i, b])
    return graph


SQUARE = nx.convert_node_labels_to_integers(nx.grid_2d_graph(12, 12))


@pytest.mark.parametrize(
    ("graph", "layers", "qubits"),
    [(SQUARE, 1, 8), (heavy_hex(6, 6), 2, 9), (heavy_hex(9, 9), 2, 9)],
)
def test_a_lattice_is_few_circuits(graph, layers, qubits):
    """Inside all bonds are alike, mirror images included; at the edges there are three more."""
    circuit, words = grid(graph, layers)
    found = cones(circuit, words, limit=12)
    assert len(found) == 4
    assert sorted(set(np.concatenate([g.places.ravel() for g in found]))) == list(range(len(words)))
    inside = max(found, key=lambda g: len(g.places))
    assert inside.circuit.n_qubits == qubits and len(inside.places) > len(graph) / 2


def test_shared_angles_are_one_circuit():
    """Cones that share all their angles have the same value: it is computed once."""
    graph = nx.random_regular_graph(3, 40, seed=1)
    a, b = np.array(graph.edges).T.tolist()
    angles = jnp.asarray([0.4, 0.7])
    circuit = qjax.Circuit(40).h(range(40)).rzz(angles[0], a, b).rx(angles[1], range(40))
    found = cones(circuit, [w for w in qjax.library.maxcut(graph.edges).words if w.z], limit=8)
    assert len(found) <= 4 and all(set(g.axes) == {None} for g in found)


def test_a_wide_cone_is_left():
    assert cones(chain(WEIGHTS), ENERGY.words, limit=5) is None
    assert qjax.Statevector().cones(chain(WEIGHTS[..., :10]), ENERGY.words[:4]) is None


def test_of_a_thousand_qubits():
    w = np.full((1, 3, 1000), 0.3, np.float32)
    energy = qjax.library.transverse_field_ising(1000)
    value = jax.jit(lambda w: qjax.expectation(chain(w), energy))(w)
    small = np.full((1, 3, 12), 0.3, np.float32), np.full((1, 3, 14), 0.3, np.float32)
    ends = [
        qjax.expectation(chain(s), qjax.library.transverse_field_ising(s.shape[-1])) for s in small
    ]
    np.testing.assert_allclose(value, ends[0] + (ends[1] - ends[0]) * (1000 - 12) / 2, rtol=1e-5)


def test_a_gate_whose_fixed_factor_is_not_symmetric_keeps_its_places():
    """Its generator alone is: mirror images of it are two gates, not one."""
    gates = qjax.GATES
    mixed = qjax.Gate("mixed", factors=((gates["cx"], ()), (gates["rzz"], (0,))), parameters=("t",))
    assert not is_symmetric(mixed)
    circuit = qjax.Circuit(4).h([0, 2]).ry(0.3, [1, 3]).apply(mixed, 0.4, 0, 1)
    circuit = circuit.apply(mixed, 0.4, 3, 2)
    observable = qjax.X(0) @ qjax.Z(1) + qjax.X(2) @ qjax.Z(3)
    values, _ = measured(circuit, observable, limit=4)
    for i, one in enumerate([qjax.X(0) @ qjax.Z(1), qjax.X(2) @ qjax.Z(3)]):
        expected = qjax.expectation(circuit, one, engine=WHOLE)
        np.testing.assert_allclose(values[i], expected, atol=2e-6)
