"""Hamiltonians against Kronecker products and exact solutions."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax import library
from tests import oracle


def dense(total, n):
    """The matrix of a sum, from its words and coefficients."""
    matrix = np.zeros((2**n, 2**n), complex)
    for word, c in zip(total.words, np.asarray(total.coefficients), strict=True):
        letters = ["IXZY"[(word.x >> q & 1) + 2 * (word.z >> q & 1)] for q in range(n)]
        matrix += c * oracle.pauli_string("".join(letters))
    return matrix


def term(n, **letters):
    """A string from letters such as `q0="Z"`."""
    return oracle.pauli_string("".join(letters.get(f"q{q}", "I") for q in range(n)))


def bond(n, letter, a, b):
    return term(n, **{f"q{a}": letter, f"q{b}": letter})


@pytest.mark.parametrize(("n", "periodic"), [(1, False), (2, True), (4, False), (4, True)])
def test_transverse_field_ising(n, periodic):
    bonds = [(q, q + 1) for q in range(n - 1)] + ([(n - 1, 0)] if periodic and n > 2 else [])
    j = np.arange(1.0, 1 + len(bonds))
    h = np.arange(n) / 2 + 0.1
    wanted = -sum(h[q] * term(n, **{f"q{q}": "X"}) for q in range(n))
    wanted = wanted - sum(j[k] * bond(n, "Z", a, b) for k, (a, b) in enumerate(bonds))
    total = library.transverse_field_ising(n, j, h, periodic)
    np.testing.assert_allclose(dense(total, n), wanted, atol=1e-12)
    assert len(jax.tree.leaves(total)) == 1


@pytest.mark.parametrize("periodic", [False, True])
def test_heisenberg(periodic):
    n = 3
    bonds = [(0, 1), (1, 2)] + ([(2, 0)] if periodic else [])
    wanted = 0.5 * sum(term(n, **{f"q{q}": "Z"}) for q in range(n))
    for j, letter in zip((1.0, -2.0, 3.0), "XYZ", strict=True):
        wanted = wanted + j * sum(bond(n, letter, a, b) for a, b in bonds)
    total = library.heisenberg(n, 1.0, -2.0, 3.0, 0.5, periodic=periodic)
    np.testing.assert_allclose(dense(total, n), wanted, atol=1e-12)


@pytest.mark.parametrize(("n", "periodic"), [(2, True), (3, True), (4, False), (4, True)])
def test_cluster_ising(n, periodic):
    threes = [(q, (q + 1) % n, (q + 2) % n) for q in range(n if periodic else n - 2) if n > 2]
    bonds = [(q, q + 1) for q in range(n - 1)] + ([(n - 1, 0)] if periodic and n > 2 else [])
    j, h1 = np.arange(1.0, 1 + len(threes)), np.arange(n) / 2 + 0.1
    wanted = -sum(h1[q] * term(n, **{f"q{q}": "X"}) for q in range(n))
    wanted = wanted - 0.7 * sum(bond(n, "X", a, b) for a, b in bonds)
    for value, (a, b, c) in zip(j, threes, strict=True):
        wanted = wanted - value * term(n, **{f"q{a}": "Z", f"q{b}": "X", f"q{c}": "Z"})
    total = library.cluster_ising(n, j, h1, 0.7, periodic)
    np.testing.assert_allclose(dense(total, n), wanted, atol=1e-12)


def test_the_cluster_state_is_the_ground_state_without_fields():
    n = 5
    total = library.cluster_ising(n, h1=0.0)
    circuit = qjax.Circuit(n).h(range(n)).cz(range(n - 1), range(1, n))
    np.testing.assert_allclose(qjax.expectation(circuit, total), -(n - 2), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.eigvalsh(dense(total, n))[0], -(n - 2), atol=1e-12)


def test_free_fermions_give_the_ising_ground_energy():
    n, j, h = 5, 0.8, 1.3
    modes = np.linalg.svd(h * np.eye(n) + j * np.eye(n, k=1), compute_uv=False)
    total = library.transverse_field_ising(n, j, h)
    values, vectors = np.linalg.eigh(dense(total, n))
    np.testing.assert_allclose(values[0], -modes.sum(), atol=1e-10)
    ground = library.amplitude_encoding(qjax.Circuit(n), vectors[:, 0].real)
    np.testing.assert_allclose(qjax.expectation(ground, total), values[0], rtol=1e-6)


def test_known_heisenberg_energies():
    pair = np.linalg.eigvalsh(dense(library.heisenberg(2), 2))
    np.testing.assert_allclose(pair, [-3, 1, 1, 1], atol=1e-12)  # The singlet and the triplet.
    ring = np.linalg.eigvalsh(dense(library.heisenberg(4, periodic=True), 4))
    np.testing.assert_allclose(ring[0], -8, atol=1e-12)


def test_maxcut_by_brute_force():
    rng = np.random.default_rng(0)
    n, edges = 4, [(0, 1), (3, 1), (2, 3), (0, 2), (0, 3)]
    weights = rng.uniform(size=len(edges))
    cut = library.maxcut(np.array(edges), weights)
    sizes = [
        sum(w for w, (a, b) in zip(weights, edges, strict=True) if bits[a] != bits[b])
        for bits in itertools.product((0, 1), repeat=n)
    ]
    np.testing.assert_allclose(dense(cut, n), np.diag(sizes), atol=1e-12)
    state = qjax.Circuit(n).ry([0.3, 0.9, 1.4, 2.0], range(n))
    expected = np.asarray(qjax.probabilities(state)) @ sizes
    np.testing.assert_allclose(qjax.expectation(state, cut), expected, atol=1e-5)


def test_coefficients_are_traced_and_differentiated():
    n = 3
    circuit = qjax.Circuit(n).ry([0.3, 0.9, 1.4], range(n)).cx([0, 1], [1, 2])
    edges = [(0, 1), (1, 2)]

    def energies(j, h, w):
        return qjax.expectation(
            circuit,
            [
                library.transverse_field_ising(n, j, 0.5),
                library.heisenberg(n, jz=j, h=h),
                library.maxcut(edges, w),
            ],
        )

    values = (jnp.float32(0.7), jnp.array([0.1, 0.2, 0.3]), jnp.array([1.0, 2.0]))
    in_j, in_h, in_w = jax.jit(jax.jacrev(energies, (0, 1, 2)))(*values)
    z = np.asarray(qjax.expectation(circuit, [qjax.Z(q) for q in range(n)]))
    zz = np.asarray(qjax.expectation(circuit, [qjax.Z(a) @ qjax.Z(b) for a, b in edges]))
    np.testing.assert_allclose(in_j, [-zz.sum(), zz.sum(), 0], atol=1e-6)
    np.testing.assert_allclose(in_h, [np.zeros(n), z, np.zeros(n)], atol=1e-6)
    np.testing.assert_allclose(in_w[2], (1 - zz) / 2, atol=1e-6)


def test_batches_of_coefficients():
    fields = jnp.linspace(0.1, 1.0, 4)
    circuit = qjax.Circuit(2).h(range(2))
    run = lambda h: qjax.expectation(circuit, library.transverse_field_ising(2, h=h))  # noqa: E731
    np.testing.assert_allclose(jax.vmap(run)(fields), -2 * fields, atol=1e-6)


def test_zero_terms_are_left_out():
    assert len(library.transverse_field_ising(3, h=0.0)) == 2
    assert len(library.heisenberg(3, jx=0, jy=0.0)) == 2
    nothing = library.transverse_field_ising(2, 0.0, 0.0)
    assert float(qjax.expectation(qjax.Circuit(2), nothing)) == 0
