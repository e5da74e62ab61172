"""Each pass gives an equal circuit, of the shape it promises."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import qjax
from qjax.circuit import IndexMap
from qjax.passes import fuse, product_vectors, split_prefix
from tests.oracle import statevector
from tests.programs import programs, to_broadcast_circuit

N = 8
RING = [(i + 1) % N for i in range(N)]


def layer(circuit, w):
    return circuit.ry(w[0], range(N)).rz(w[1], range(N)).cx(range(N), RING)


@given(program=programs(max_qubits=7, max_calls=20), k=st.integers(1, 5))
def test_fuse_and_prefix_keep_the_state(program, k):
    circuit = to_broadcast_circuit(program)
    expected = statevector(program.n, program.ops)
    head, rest = split_prefix(circuit)
    for same in (fuse(circuit, k), head + fuse(rest, k), fuse(head) + fuse(fuse(rest, k))):
        np.testing.assert_allclose(qjax.statevector(same), expected, atol=1e-5)


def test_a_layer_becomes_two_blocks_and_one_index_map():
    fused = fuse(layer(qjax.Circuit(N), jnp.ones((2, N))))
    assert fused.count_ops() == {"unitary": 2, "diagonal": 1, "index_map": 1}
    assert len(jax.tree.leaves(fused)) == 2


def test_a_chain_of_zz_becomes_two_tables():
    fused = fuse(qjax.Circuit(12).rzz(np.ones(11), range(11), range(1, 12)))
    assert fused.count_ops() == {"diagonal": 2}


def test_small_entanglers_are_left_to_the_blocks():
    circuit = qjax.Circuit(N).h(range(N)).cz(range(0, N, 2), range(1, N, 2)).h(range(N))
    assert fuse(circuit, 4).count_ops() == {"unitary": 2}


def test_fuse_inside_repeats_and_not():
    circuit = qjax.Circuit(N).repeat(layer, jnp.ones((3, 2, N)))
    assert fuse(circuit).count_ops() == {"unitary": 6, "diagonal": 3, "index_map": 3}
    assert fuse(circuit, inside=False).count_ops() == circuit.count_ops()


def test_a_wide_rotation_stays_one_operation():
    fused = fuse(qjax.Circuit(7).pauli_rotation(0.3, "XYZXYZX", range(7)), 4)
    assert fused.count_ops() == {"pauli_rotation": 1}


def test_the_prefix_takes_what_is_fresh_and_no_more():
    circuit = qjax.Circuit(3).h(range(3)).cx(0, 1).rx(np.array([0.1, 0.2, 0.3]), range(3))
    head, rest = split_prefix(circuit)
    assert head.count_ops() == {"h": 3, "rx": 1}
    assert rest.count_ops() == {"cx": 1, "rx": 2}
    vectors = product_vectors(head, jnp.complex64)
    assert vectors.shape == (3, 2)
    np.testing.assert_allclose(jnp.sum(jnp.abs(vectors) ** 2, -1), 1, atol=1e-6)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 6))
def test_index_maps_compose_and_invert(seed, n):
    rng = np.random.default_rng(seed)
    maps = []
    for _ in range(2):
        total = IndexMap.identity(n)
        for _ in range(8):
            if n > 1 and rng.random() < 0.7:
                qubits = tuple(int(q) for q in rng.permutation(n)[:2])
                total = total.then(IndexMap.of_gate((1, 3), 0, qubits, n))
            else:
                total = total.then(IndexMap.of_gate((1,), 1, (int(rng.integers(n)),), n))
        maps.append(total)
    a, b = maps
    for index in range(2**n):
        assert a.then(b).image(index) == b.image(a.image(index))
        assert a.inverse().image(a.image(index)) == index


@pytest.mark.parametrize("adjoint", [False, True])
def test_the_angles_of_a_broadcast_gate_follow_its_uses(adjoint):
    """The same qubit twice in one call: order matters, also in the inverse."""
    circuit = (
        qjax.Circuit(2)
        .h(0)
        .crx(np.array([0.1, 0.7, 0.4]), [0, 1, 0], [1, 0, 1])
        .u(np.array([0.1, 0.5]), np.array([0.2, 0.3]), 0.9, [1, 1])
    )
    circuit = circuit.inverse() + circuit.ry(0.3, [0, 1]) if adjoint else circuit
    one_by_one = qjax.Circuit(2).h(0)
    for t, c, q in ((0.1, 0, 1), (0.7, 1, 0), (0.4, 0, 1)):
        one_by_one = one_by_one.crx(t, c, q)
    one_by_one = one_by_one.u(0.1, 0.2, 0.9, 1).u(0.5, 0.3, 0.9, 1)
    if adjoint:
        one_by_one = one_by_one.inverse() + one_by_one.ry(0.3, 0).ry(0.3, 1)
    np.testing.assert_allclose(qjax.statevector(circuit), qjax.statevector(one_by_one), atol=1e-6)
