"""Unitary coupled cluster against matrix exponentials, and on a chain of four hydrogen atoms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

import qjax
from qjax.chemistry import (
    Ansatz,
    ClusterEnergy,
    Excitation,
    Molecule,
    Sector,
    adapt_vqe,
    bravyi_kitaev,
    excitation_pool,
    hamiltonian,
    hartree_fock,
    hartree_fock_energy,
    hydrogen_chain,
    jordan_wigner,
    number,
    parity_encoding,
    spin_squared,
    spin_z,
    uccsd,
    vqe,
)
from qjax.chemistry._evolve import Matrix, Rotations, evolve, expectation
from tests import fermions

EXACT_H4 = -2.16756054  # PySCF 2.x, full configuration interaction.


@pytest.fixture(scope="module")
def h4():
    return fermions.h4()


@pytest.fixture(scope="module")
def optimised(h4):
    ansatz = uccsd(h4)
    return ansatz, vqe(h4, ansatz)


def three_orbitals():
    """One pair in three orbitals, and angles."""
    pool = excitation_pool(3, 1)
    return Ansatz(3, (1, 1), pool, np.random.default_rng(2).normal(size=len(pool)))


def exponentials(ansatz, parameters):
    """The state by matrix exponentials of Kronecker products, ``[2**n]``."""
    n = 2 * ansatz.n_orbitals
    state = np.zeros(2**n)
    state[sum(1 << (n - 1 - 2 * p - s) for s in (0, 1) for p in range(ansatz.electrons[s]))] = 1
    for excitation, owner in zip(ansatz.excitations, ansatz.owners, strict=True):
        turn = scipy.linalg.expm(parameters[owner] * fermions.generator(n, excitation))
        state = turn @ state
    return state


def test_the_circuit_is_the_product_of_exponentials():
    ansatz = three_orbitals()
    wanted = exponentials(ansatz, ansatz.start)
    sector = Sector(3, (1, 1))
    integrals = fermions.random_integrals(3, (1, 1), 1)
    state = ClusterEnergy(integrals).state(ansatz, ansatz.start)
    np.testing.assert_allclose(sector.embedded(state), wanted, atol=1e-12)
    encoding = bravyi_kitaev(6)
    found = qjax.statevector(ansatz.circuit(ansatz.start, encoding))
    np.testing.assert_allclose(found, sector.embedded(state, encoding), atol=1e-5)


def test_the_gates_of_an_excitation_carry_its_signs():
    """Between any modes, on a state without zeros, whatever is occupied in between."""
    n = 8
    excitations = [
        Excitation((6,), (0,)),
        Excitation((5, 2), (7, 0)),
        Excitation((7, 6), (3, 1)),
        Excitation((1, 7, 4), (0, 5, 2)),
    ]
    spread = qjax.Circuit(n).ry(np.linspace(0.4, 2.5, n), range(n))
    angles = np.array([0.7, -0.4, 1.1, 0.3])
    ansatz = Ansatz(4, (0, 0), tuple((e,) for e in excitations), angles)
    found = qjax.statevector(spread + ansatz.circuit(angles))
    state = np.asarray(qjax.statevector(spread))
    for angle, excitation in zip(angles, excitations, strict=True):
        state = scipy.linalg.expm(angle * fermions.generator(n, excitation)) @ state
    np.testing.assert_allclose(found, state, atol=1e-5)


def test_generators_on_a_sector_are_those_of_fermions():
    sector = Sector(4, (2, 2))
    excitations = [Excitation((6,), (0,)), Excitation((5, 2), (7, 0)), Excitation((3, 6), (2, 7))]
    state = np.random.default_rng(0).normal(size=len(sector))
    partners, signs = sector.rotations(excitations)
    for k, excitation in enumerate(excitations):
        wanted = fermions.generator(8, excitation) @ sector.embedded(state)
        np.testing.assert_allclose(sector.embedded(signs[k] * state[partners[k]]), wanted)


def test_the_gradient_undoes_the_rotations():
    ansatz = three_orbitals()
    integrals = fermions.random_integrals(3, (1, 1), 1)
    molecular, whole = ClusterEnergy(integrals), fermions.hamiltonian(integrals)
    rotations = molecular.rotations(ansatz)

    def energy(parameters):
        state = exponentials(ansatz, parameters)
        return state @ whole @ state

    value, gradient = molecular.energy_and_gradient(ansatz.start, rotations)
    assert value == pytest.approx(energy(ansatz.start), abs=1e-12)
    step = 1e-5 * np.eye(len(ansatz.start))
    slopes = [(energy(ansatz.start + s) - energy(ansatz.start - s)) / 2e-5 for s in step]
    np.testing.assert_allclose(gradient, slopes, atol=1e-8)

    # Second derivatives, batches, and derivatives by the integrals are those of the plain formula.
    def ours(parameters, values):
        matrix = Matrix(molecular.matrix.columns, values)
        start = (jnp.arange(9) == molecular.sector.reference).astype(parameters.dtype)
        return expectation(evolve(start, parameters, rotations), matrix)

    @jax.jit
    def derivatives(theta, values):
        slope = jax.grad(ours)
        twice = jax.grad(lambda t: slope(t, values)[0])(theta)
        many = jax.vmap(slope, (0, None))(jnp.stack([theta, -theta]), values)
        return twice, many[0], jax.grad(ours, 1)(theta, values)

    with jax.enable_x64(True):
        values = jnp.asarray(molecular.matrix.values)
        twice, batched, by_values = derivatives(jnp.asarray(ansatz.start), values)
        by_values = float(jnp.vdot(by_values, values))
    near = [
        molecular.energy_and_gradient(ansatz.start + s * 1e-5, rotations)[1][0] for s in np.eye(5)
    ]
    np.testing.assert_allclose(twice, (np.array(near) - gradient[0]) / 1e-5, atol=1e-3)
    np.testing.assert_allclose(batched, gradient, atol=1e-12)
    assert by_values == pytest.approx(value, abs=1e-12)


def test_nothing_is_kept_on_the_way():
    """Only the final state is a residual, however many rotations there are."""
    n, dim = 50, 36
    partners = np.tile(np.arange(dim, dtype=np.int32)[::-1], (n, 1))
    signs = np.tile(np.repeat(np.array([1, -1], np.int8), dim // 2), (n, 1))
    rotations = Rotations(partners, signs, np.arange(n))
    _, pull_back = jax.vjp(lambda t: evolve(jnp.ones(dim), t, rotations), jnp.ones(n))
    sizes = [leaf.size for leaf in jax.tree.leaves(pull_back) if leaf.dtype == jnp.float32]
    assert sum(sizes) <= 2 * (dim + n)


def test_the_pool_counts_as_it_says():
    for orbitals, pairs in ((4, 2), (6, 3), (5, 1), (3, 0)):
        o, v = pairs, orbitals - pairs
        s = o * v
        pool = excitation_pool(orbitals, pairs)
        assert len(pool) == s + o * (o - 1) * v * (v - 1) // 4 + s * (s + 1) // 2
        assert len({frozenset(group) for group in pool}) == len(pool)
        modes = {e: sum(1 << m for m in (*e.created, *e.annihilated)) for g in pool for e in g}
        assert len(set(modes.values())) == len(modes) or o > 1


def test_h4_matches_its_references(h4, optimised):
    ansatz, minimum = optimised
    exact, _ = Sector(4, (2, 2)).ground_state(hamiltonian(h4))
    assert exact == pytest.approx(EXACT_H4, abs=1e-8)
    assert hartree_fock_energy(h4) == pytest.approx(-2.12138676, abs=1e-8)
    assert len(ansatz.groups) == 11 and len(uccsd(h4, screened=False).groups) == 15
    assert 0.005e-3 < minimum.energy - exact < 0.015e-3
    assert minimum.slope < 1e-6 and minimum.evaluations < 100


def test_h4_on_qubits(h4, optimised):
    """The optimised circuit has the energy, four electrons and no spin, in two encodings."""
    ansatz, minimum = optimised
    encoding = parity_encoding(8)
    observables = [f(encoding) for f in (number, spin_z, spin_squared)]
    observables.append(hamiltonian(h4, encoding))
    start = qjax.expectation(hartree_fock(encoding, (2, 2)), observables)
    np.testing.assert_allclose(start, [4, 0, 0, -2.12138676], atol=1e-5)
    state = ClusterEnergy(h4).state(ansatz, minimum.parameters)
    sector = Sector(4, (2, 2))
    encoding = bravyi_kitaev(8)
    total = sector.matrix(spin_squared(encoding), encoding)
    assert state @ total @ state == pytest.approx(0, abs=1e-4)
    assert state @ state == pytest.approx(1)


def test_adapt_grows_as_published(h4):
    """The first rounds of TenCirChem's trace, docs/source/tutorial_jupyter/adapt_vqe.ipynb."""
    rounds = list(adapt_vqe(h4, max_rounds=2))
    norms, energies = zip(*((r.norm, r.minimum.energy) for r in rounds), strict=True)
    np.testing.assert_allclose(norms, [0.6413625, 0.5218024], atol=1e-6)
    np.testing.assert_allclose(energies, [-2.1300324595, -2.1521053434], atol=1e-8)
    assert [len(r.chosen) for r in rounds] == [2, 1]


def test_pyscf_gives_the_same(h4):
    pytest.importorskip("pyscf")
    molecule = hydrogen_chain(4, 0.8)
    fresh = molecule.integrals
    assert fresh.electrons == (2, 2)
    np.testing.assert_allclose(np.abs(fresh.two), np.abs(h4.two), atol=1e-7)
    assert molecule.energy("HF") == pytest.approx(hartree_fock_energy(fresh), abs=1e-9)
    assert molecule.energy("FCI") == pytest.approx(EXACT_H4, abs=1e-8)
    assert molecule.energy("CCSD") == pytest.approx(-2.16755557, abs=1e-7)
    with pytest.raises(ValueError, match="must be one of"):
        molecule.energy("DFT")
    with pytest.raises(ValueError, match="even number of electrons"):
        hydrogen_chain(3, 0.8).energy("HF")


def test_pyscf_is_asked_for(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyscf", None)
    with pytest.raises(ImportError, match=r"qjax-ml\[chem\]"):
        Molecule((("He", (0.0, 0.0, 0.0)),)).energy("HF")


def test_a_determinant_has_nothing_to_vary():
    """Helium in one orbital: its Hartree-Fock energy, by a closed formula."""
    atom = fermions.random_integrals(1, (1, 1), 4)
    wanted = atom.constant + 2 * atom.one[0, 0] + atom.two[0, 0, 0, 0]
    ansatz = uccsd(atom)
    assert vqe(atom, ansatz).energy == pytest.approx(wanted) == hartree_fock_energy(atom)
    assert ansatz.circuit(ansatz.start).count_ops() == {"x": 2}
    assert list(adapt_vqe(atom)) == []


def test_bad_arguments_are_named():
    ansatz = three_orbitals()
    open_shell = fermions.random_integrals(3, (2, 1), 1)
    with pytest.raises(ValueError, match=r"`parameters` must have shape \(5,\)"):
        ansatz.circuit(np.zeros(4))
    with pytest.raises(ValueError, match="`encoding` must have 6 modes"):
        ansatz.circuit(ansatz.start, jordan_wigner(4))
    with pytest.raises(ValueError, match="as many electrons of either spin"):
        uccsd(open_shell)
    with pytest.raises(ValueError, match="must have 3 orbitals and .2, 1. electrons, but has 3"):
        ClusterEnergy(open_shell).rotations(ansatz)
    twice = ansatz._replace(groups=((Excitation((4,), (4,)),),), start=np.zeros(1))
    with pytest.raises(ValueError, match="must name different modes from 0 to 5"):
        twice.circuit([0.1])
    with pytest.raises(ValueError, match="must name different modes from 0 to 5"):
        Sector(3, (1, 1)).rotations([Excitation((6,), (0,))])
    with pytest.raises(ValueError, match="must keep the electrons of either spin"):
        Sector(3, (1, 1)).rotations([Excitation((3,), (0,))])
    with pytest.raises(ValueError, match="`electrons` must be two numbers from 0 to 3"):
        hartree_fock(jordan_wigner(6), (4, 0))
    with pytest.raises(ValueError, match="must be Hermitian"):
        ClusterEnergy(open_shell, Excitation((4,), (0,)).generator(jordan_wigner(6)))
    with pytest.raises(ValueError, match="must be real between the determinants"):
        ClusterEnergy(open_shell, Excitation((4,), (0,)).generator(jordan_wigner(6)) * 1j)
