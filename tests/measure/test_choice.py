"""The engine that is chosen, and why; what none can run is refused before anything is allocated."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from qjax.measure import _choice, bond_bits


def brick(n, layers):
    w = np.full((layers, 2, n), 0.3)

    def layer(c, w):
        c = c.ry(w[0], range(n)).rz(w[1], range(n))
        return c.cx(range(0, n - 1, 2), range(1, n, 2)).cx(range(1, n - 1, 2), range(2, n, 2))

    return qjax.Circuit(n).repeat(layer, w)


GHZ = qjax.Circuit(60).h(0).cx(range(59), range(1, 60))
ENDS = qjax.Z(0) @ qjax.Z(59)


def chosen(circuit, observable):
    return qjax.explain(circuit, observable).engine


def test_a_small_circuit_is_a_statevector():
    report = qjax.explain(brick(12, 3), qjax.Z(0))
    assert report.engine == qjax.Statevector() and report.estimates == ()
    assert "exact, and its states fit in memory" in str(report)


def test_local_terms_are_light_cones():
    report = qjax.explain(brick(100, 1), sum(qjax.Z(i) @ qjax.Z(i + 1) for i in range(99)))
    assert report.engine == qjax.Statevector()
    assert sum(copies for copies, _ in report.cones) >= 90
    assert "of them in bulk" in str(report)


def test_a_chain_with_one_gate_a_bond_is_no_statevector():
    assert bond_bits(GHZ.structure) == 1
    report = qjax.explain(GHZ, ENDS)
    assert not isinstance(report.engine, qjax.Statevector)
    runs = {type(each.engine).__name__: each.runs for each in report.estimates}
    assert runs == {"TensorNetwork": True, "MPS": True, "Statevector": False}
    assert "predicted" in str(report) and "does not run" in str(report)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda: qjax.expectation(GHZ, ENDS), 1.0),
        (lambda: qjax.amplitude(GHZ, "1" * 60).real, 0.70711),
        (lambda: qjax.probabilities(GHZ, [0, 59]), [0.5, 0, 0, 0.5]),
        (lambda: qjax.density_matrix(GHZ, [5]).real, [[0.5, 0], [0, 0.5]]),
        (lambda: np.ptp(qjax.sample(GHZ, jax.random.key(0), 9), 1), np.zeros(9)),
    ],
)
def test_every_verb_chooses(ask, expected):
    np.testing.assert_allclose(ask(), expected, atol=1e-5)


def test_the_choice_is_made_under_transforms():
    def value(t):
        return qjax.expectation(qjax.Circuit(60).rx(t, 0).cx(range(59), range(1, 60)), qjax.Z(59))

    angles = jnp.array([0.3, 1.1])
    values, slopes = jax.jit(jax.vmap(jax.value_and_grad(value)))(angles)
    np.testing.assert_allclose(values, jnp.cos(angles), atol=1e-5)
    np.testing.assert_allclose(slopes, -jnp.sin(angles), atol=1e-5)


def test_a_reversible_gradient_means_a_statevector():
    with pytest.raises(ValueError, match="A statevector of 60 qubits"):
        qjax.expectation(GHZ, ENDS, gradient=qjax.Adjoint())
    with pytest.raises(ValueError, match="`Adjoint` does not support engine `MPS`"):
        qjax.expectation(GHZ, ENDS, engine=qjax.MPS(), gradient=qjax.Adjoint())


def test_what_no_engine_runs_is_refused_with_the_numbers(monkeypatch):
    # The search for an order of contraction ends at once: none would do.
    hasty = functools.partial(_choice._network, qjax.TensorNetwork(search_seconds=0.1))
    monkeypatch.setitem(_choice._ASK, qjax.TensorNetwork, lambda _, *rest: hasty(*rest))
    deep = brick(40, 20)
    with pytest.raises(ValueError) as refused:
        qjax.expectation(deep, qjax.Z(20))
    reasons = str(refused.value)
    for reason in ("No engine can answer `expectation`", "8 TiB a state", "2**20", "max_flops"):
        assert reason in reasons


@pytest.mark.parametrize(
    ("circuit", "bits"),
    [
        (qjax.Circuit(6).swap(2, 3), 2),
        (qjax.Circuit(6).cx(0, 5), 1),
        (qjax.Circuit(6).ccx(0, 3, 5).cz(2, 3), 2),
        (qjax.Circuit(4).repeat(lambda c, x: c.rzz(x, 0, 1), np.ones(9)), 1),
        (qjax.Circuit(8).repeat(lambda c, x: c.rzz(x, 3, 4), np.ones(3)), 3),
        (qjax.Circuit(3).h(range(3)), 0),
    ],
)
def test_bonds_that_gates_can_fill(circuit, bits):
    assert bond_bits(circuit.structure) == bits


def test_an_engine_that_is_asked_for_is_told_too():
    report = qjax.explain(GHZ, ENDS, engine=qjax.TensorNetwork())
    assert "as it was asked for" in str(report) and report.peak_bytes > 0
    truncated = qjax.explain(brick(60, 20), ENDS, engine=qjax.MPS(max_bond=8))
    assert "truncated to 8" in str(truncated)
    refused = qjax.explain(GHZ, ENDS, engine=qjax.TensorNetwork(max_flops=10))
    assert "it does not run" in str(refused) and "`max_flops` is" in str(refused)
