"""Expressibility and entangling capability against NumPy and closed forms."""

import functools

import jax
import numpy as np
import pytest

import qjax
from qjax.train import entangling_capability, expressibility, meyer_wallach
from tests import oracle


def uniform(angles):
    """A qubit on a circle through both poles: fidelities cos(a)^2 for uniform a."""
    return qjax.Circuit(1).ry(angles[0], 0)


def test_a_circle_is_not_the_sphere():
    """Against the integrals: bins of an arcsine distribution, and of the uniform one."""
    bins, runs = 20, 6
    keys = jax.random.split(jax.random.key(0), runs)
    estimate = functools.partial(expressibility, uniform, (1,), pairs=4000, bins=bins)
    found = np.asarray(jax.jit(jax.vmap(estimate))(keys))
    p = np.diff(2 / np.pi * np.arcsin(np.sqrt(np.arange(bins + 1) / bins)))
    exact = np.sum(p * np.log(p * bins)) + (bins - 1) / (2 * 4000)
    assert abs(found.mean() - exact) < 5 * found.std(ddof=1) / np.sqrt(runs)


def test_an_ansatz_of_one_state():
    """The last bin alone, whose Haar probability is no number any more on nine qubits."""

    def still(angles):
        return qjax.Circuit(9).rz(angles, range(9))

    found = expressibility(still, (9,), jax.random.key(0), pairs=10, bins=50)
    assert float(found) == pytest.approx(511 * np.log(50), rel=1e-5)


def test_entanglement_is_that_of_the_reduced_states():
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 2 * np.pi, 6)
    program = [("u", tuple(angles[:3]), (0,)), ("crx", (angles[3],), (0, 1))]
    program += [("ry", (angles[4],), (2,)), ("crz", (angles[5],), (2, 0)), ("cx", (), (1, 2))]
    purities = [np.sum(np.abs(oracle.density_matrix(3, program, [q])) ** 2) for q in range(3)]
    circuit = qjax.Circuit(3).u(*angles[:3], 0).crx(angles[3], 0, 1)
    circuit = circuit.ry(angles[4], 2).crz(angles[5], 2, 0).cx(1, 2)
    assert float(meyer_wallach(circuit)) == pytest.approx(2 - 2 * np.mean(purities), abs=1e-5)


def test_the_mean_and_its_error():
    """Q of RY and CX is sin(angle)^2: mean 1/2, variance 1/8."""

    def pair(angles):
        return qjax.Circuit(2).ry(angles[0], 0).cx(0, 1)

    mean, error = entangling_capability(pair, (1,), jax.random.key(1), samples=3000)
    assert float(error) == pytest.approx(np.sqrt(1 / 8 / 3000), rel=0.05)
    assert abs(float(mean) - 0.5) < 4 * float(error)


def test_bad_arguments_are_named():
    key = jax.random.key(0)
    for name, call in {
        "pairs": functools.partial(expressibility, uniform, (1,), key, pairs=0),
        "bins": functools.partial(expressibility, uniform, (1,), key, bins=1),
        "samples": functools.partial(entangling_capability, uniform, (1,), key, samples=1),
    }.items():
        with pytest.raises(ValueError, match=f"Argument `{name}` must be at least"):
            call()
