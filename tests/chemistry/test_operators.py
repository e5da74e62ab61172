"""Fermions in qubits against Kronecker products, in every encoding."""

import numpy as np
import pytest

from qjax.chemistry import (
    Excitation,
    Integrals,
    Sector,
    bravyi_kitaev,
    from_openfermion,
    hamiltonian,
    jordan_wigner,
    number,
    parity_encoding,
    spin_squared,
    spin_z,
)
from tests import fermions, oracle

every_encoding = pytest.mark.parametrize("make", [jordan_wigner, parity_encoding, bravyi_kitaev])


def dense(observable, n):
    """The matrix of an observable, qubit 0 the most significant bit."""
    total = np.zeros((2**n, 2**n), complex)
    for word, value in zip(observable.words, observable.coefficients, strict=True):
        letters = "".join("IXZY"[word.letter(q)] for q in range(n))
        total += value * oracle.pauli_string(letters)
    return total


def encoder(encoding):
    """The permutation that takes occupations to qubits."""
    n = encoding.n_modes
    index = np.arange(2**n)
    mirrored = sum((index >> (n - 1 - q) & 1) << q for q in range(n))
    image = encoding.encode(mirrored)
    target = sum((image >> q & 1) << (n - 1 - q) for q in range(n))
    return np.eye(2**n)[:, target]


@every_encoding
def test_operators_are_those_of_fermions(make):
    integrals = fermions.random_integrals(2, (1, 1), 3)
    encoding = make(4)
    turn = encoder(encoding)
    found = [f(encoding) for f in (number, spin_z, spin_squared)]
    wanted = fermions.spin_operators(2)
    found.append(hamiltonian(integrals, encoding))
    for ours, theirs in zip(found, (*wanted, fermions.hamiltonian(integrals)), strict=True):
        np.testing.assert_allclose(dense(ours, 4), turn @ theirs @ turn.T, atol=1e-12)
    excitation = Excitation((3, 2), (0, 1))
    wanted = turn @ fermions.generator(4, excitation) @ turn.T
    np.testing.assert_allclose(dense(excitation.generator(encoding), 4), wanted, atol=1e-12)


@pytest.mark.parametrize("n", [1, 4, 7, 8])
def test_encodings_can_be_read_back(n):
    occupations = np.random.default_rng(n).integers(0, 2**n, 20)
    for make in (jordan_wigner, parity_encoding, bravyi_kitaev):
        encoding = make(n)
        qubits = encoding.encode(occupations)
        bits = [np.bitwise_count(qubits & mask) & 1 for mask in encoding.reads]
        np.testing.assert_array_equal(sum(b << j for j, b in enumerate(bits)), occupations)


def test_bravyi_kitaev_is_local():
    tree = bravyi_kitaev(16)
    widest = max((f | p | r).bit_count() for f, p, r in zip(*tree, tree.parities, strict=True))
    assert widest <= 2 * 4 + 1 < max(mask.bit_count() for mask in jordan_wigner(16).parities)


@every_encoding
def test_sectors_are_blocks_of_the_whole(make):
    integrals = fermions.random_integrals(3, (2, 1), 5)
    encoding, sector = make(6), Sector(3, (2, 1))
    observable = hamiltonian(integrals, encoding)
    whole = fermions.hamiltonian(integrals)
    basis = np.flatnonzero(sector.embedded(np.ones(len(sector))))
    order = sector.embedded(np.arange(len(sector)))[basis].astype(int)
    block = np.zeros((9, 9))
    block[np.ix_(order, order)] = whole[np.ix_(basis, basis)]
    np.testing.assert_allclose(sector.matrix(observable, encoding).toarray(), block, atol=1e-12)
    energy, state = sector.ground_state(observable, encoding)
    assert energy == pytest.approx(np.linalg.eigvalsh(block)[0])
    np.testing.assert_allclose(block @ state, energy * state, atol=1e-10)


def test_a_larger_sector_is_solved_by_lanczos():
    # Hubbard ring of four sites at half filling without repulsion: levels -2, 0, 0, 2, so -4.
    hop = np.roll(np.eye(4), 1, 0)
    integrals = Integrals(0.0, -(hop + hop.T), np.zeros((4,) * 4), (2, 2))
    sector = Sector(4, (2, 2))
    sector_energy, state = Sector(5, (2, 2)).ground_state(
        hamiltonian(
            Integrals(0.0, np.diag([-3.0, -1.0, 0.5, 2.0, 4.0]), np.zeros((5,) * 4), (2, 2))
        )
    )
    assert sector_energy == pytest.approx(-8.0)
    assert np.abs(state).max() == pytest.approx(1.0)
    assert sector.ground_state(hamiltonian(integrals))[0] == pytest.approx(-4.0)


def test_openfermion_agrees():
    openfermion = pytest.importorskip("openfermion")
    integrals = fermions.random_integrals(2, (1, 1), 7)
    operator = openfermion.FermionOperator((), integrals.constant)
    for p, q, s in np.ndindex(2, 2, 2):
        term = ((2 * p + s, 1), (2 * q + s, 0))
        operator += openfermion.FermionOperator(term, integrals.one[p, q])
    for p, q, r, s, a, b in np.ndindex(2, 2, 2, 2, 2, 2):
        term = ((2 * p + a, 1), (2 * r + b, 1), (2 * s + b, 0), (2 * q + a, 0))
        operator += openfermion.FermionOperator(term, integrals.two[p, q, r, s] / 2)
    for make in (jordan_wigner, bravyi_kitaev):
        theirs = from_openfermion(getattr(openfermion, make.__name__)(operator)).simplify()
        ours = hamiltonian(integrals, make(4))
        wanted = dict(zip(theirs.words, theirs.coefficients, strict=True))
        found = dict(zip(ours.words, ours.coefficients, strict=True))
        for word in wanted.keys() | found.keys():
            assert found.get(word, 0) == pytest.approx(wanted.get(word, 0), abs=1e-9)


def test_from_openfermion_reads_terms():
    class Operator:
        terms = {(): 0.5, ((0, "X"), (2, "Y")): -1.5 + 0j, ((1, "Z"),): 2j}

    assert repr(from_openfermion(Operator())) == "0.5 I() + -1.5 X(0) @ Y(2) + 0+2j Z(1)"


class Empty:
    terms: dict = {}


three = Integrals(0.0, np.eye(3), np.zeros((3,) * 4), (1, 1))
lopsided = np.zeros((3,) * 4)
lopsided[0, 1, 2, 2] = 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jordan_wigner(32), ValueError, "Argument `n_modes` must be at most 31"),
        (lambda: bravyi_kitaev(0), ValueError, "Argument `n_modes` must be at least 1"),
        (lambda: hamiltonian(three, jordan_wigner(4)), ValueError, "must have 6 modes"),
        (lambda: hamiltonian(three._replace(two=np.eye(3))), ValueError, "Argument `two` must hav"),
        (lambda: hamiltonian(three._replace(two=lopsided)), ValueError, "those of real orbitals"),
        (lambda: hamiltonian(three._replace(one=np.full((3, 3), np.nan))), ValueError, "finite"),
        (lambda: hamiltonian(three._replace(electrons=(4, 0))), ValueError, "two numbers from 0"),
        (lambda: Sector(3, (4, 0)), ValueError, "Argument `electrons` must be two numbers"),
        (lambda: Sector(2, (1, 1)).matrix(number(jordan_wigner(6))), ValueError, "on 4 qubits"),
        (lambda: spin_z(jordan_wigner(3)), ValueError, "must have two modes an orbital"),
        (lambda: from_openfermion(1), TypeError, "must be an OpenFermion `QubitOperator`"),
        (lambda: from_openfermion(Empty()), ValueError, "at least one term"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
