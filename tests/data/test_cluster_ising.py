"""Ground states and gaps against dense matrices of Kronecker products."""

import numpy as np
import pytest

from qjax.data import cluster_ising_gap, cluster_ising_states
from tests import oracle


def string(n, **letters):
    return oracle.pauli_string("".join(letters.get(f"q{q % n}", "I") for q in range(n))).real


def hamiltonian(n, h1, h2, flux=False):
    """The open chain; with a flux, the ring whose ZXZ around site 0 has the other sign."""
    total = np.zeros((2**n, 2**n))
    for q in range(n) if flux else range(1, n - 1):
        sign = -1 if flux and q == 0 else 1
        total -= sign * string(n, **{f"q{(q - 1) % n}": "Z", f"q{q}": "X", f"q{(q + 1) % n}": "Z"})
    for q in range(n):
        total -= h1 * string(n, **{f"q{q}": "X"})
    for q in range(n if flux else n - 1):
        total -= h2 * string(n, **{f"q{q}": "X", f"q{(q + 1) % n}": "X"})
    return total


def parity(n, sites):
    return string(n, **{f"q{q}": "X" for q in sites})


@pytest.mark.parametrize("n", [5, 9])
def test_states_are_ground_states(n):
    h1, h2 = np.array([0.3, 1.2, 0.1]), np.array([0.0, 0.5, -1.4])
    states = cluster_ising_states(n, h1, h2)
    assert states.shape == (3, 2**n) and states.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(states, axis=1), 1, atol=1e-5)
    for row, fields in zip(states.astype(float), zip(h1, h2, strict=True), strict=True):
        matrix = hamiltonian(n, *fields)
        lowest = np.linalg.eigvalsh(matrix)[0]
        np.testing.assert_allclose(matrix @ row, lowest * row, atol=1e-4)
    again = cluster_ising_states(n, h1[1:], h2[1:])
    np.testing.assert_array_equal(again, states[1:])


def test_a_degenerate_ground_state_is_the_symmetric_one():
    n = 6
    (state,) = cluster_ising_states(n, [0.0], [0.0]).astype(float)
    for sites in (range(0, n, 2), range(1, n, 2)):
        np.testing.assert_allclose(state @ parity(n, sites) @ state, 1, atol=1e-5)
    for q in range(1, n - 1):
        stabiliser = string(n, **{f"q{q - 1}": "Z", f"q{q}": "X", f"q{q + 1}": "Z"})
        np.testing.assert_allclose(state @ stabiliser @ state, 1, atol=1e-5)


def test_the_gap_is_that_of_the_ring_with_a_flux():
    n = 8
    fields = np.array([[0.5, 0.3], [1.4, 0.2], [0.2, -1.5]])
    even, odd = parity(n, range(0, n, 2)), parity(n, range(1, n, 2))
    wanted = []
    for h1, h2 in fields:
        # States of other parities are lifted far up.
        lifted = hamiltonian(n, h1, h2, flux=True) + 100 * (np.eye(2**n) - odd)
        plus, minus = (
            np.linalg.eigvalsh(lifted + 100 * (np.eye(2**n) - sign * even))[0] for sign in (1, -1)
        )
        wanted.append(plus - minus)
    np.testing.assert_allclose(cluster_ising_gap(n, *fields.T), wanted, atol=1e-8)


@pytest.mark.parametrize("n", [4, 8, 12])
def test_the_boundary_without_ising_coupling_is_exact(n):
    below, at, above = cluster_ising_gap(n, [0.99, 1.0, 1.01], [0.0, 0.0, 0.0])
    assert below > 0 > above
    np.testing.assert_allclose(at, 0, atol=1e-8)


@pytest.mark.parametrize("find", [cluster_ising_states, cluster_ising_gap])
def test_bad_arguments(find):
    with pytest.raises(ValueError, match="Argument `n` must be an integer from 4 to 16, but is 17"):
        find(17, [0.0], [0.0])
    with pytest.raises(
        ValueError, match=r"one shape \(points,\), but have shapes \(2,\) and \(1,\)"
    ):
        find(8, [0.0, 1.0], [0.0])
    with pytest.raises(ValueError, match="must be finite"):
        find(8, [np.nan], [0.0])


def test_rings_hold_whole_periods():
    with pytest.raises(ValueError, match="Argument `n` must be a multiple of 4, but is 10"):
        cluster_ising_gap(10, [0.0], [0.0])
