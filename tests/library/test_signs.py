"""Sign flips: the diagonal they make, by concrete and by traced signs, and errors."""

import jax
import numpy as np
import pytest

import qjax
from qjax.library import sign_flips


@pytest.mark.parametrize("n", [1, 2, 4])
def test_known_signs_are_z_gates(n):
    random = np.random.default_rng(n)
    for _ in range(4):
        signs = random.choice([-1, 1], 2**n)
        circuit = sign_flips(qjax.Circuit(n), signs)
        assert set(circuit.count_ops()) <= {"z", "cz", "ccz", "cccz"}
        known = np.diag(signs * signs[0])
        np.testing.assert_allclose(qjax.unitary(circuit), known, atol=1e-6)


def test_traced_signs_share_one_program():
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (8, 8)).astype(np.float32)

    def state(signs):
        return qjax.statevector(sign_flips(qjax.Circuit(4).h(range(3)), signs))

    states = jax.jit(jax.vmap(state))(signs)
    known = np.stack([signs * signs[:, :1], np.zeros_like(signs)], axis=-1).reshape(8, 16)
    np.testing.assert_allclose(states, known / np.sqrt(8), atol=1e-6)


def test_a_hypergraph_state_is_a_few_gates():
    signs = np.ones(16)
    signs[-1] = -1
    assert sign_flips(qjax.Circuit(4), signs).count_ops() == {"cccz": 1}
    # The sign of two bits that are both 1, whatever the others.
    assert sign_flips(qjax.Circuit(3), [1, 1, 1, 1, 1, 1, -1, -1]).count_ops() == {"cz": 1}


@pytest.mark.parametrize(
    ("signs", "message"),
    [
        (np.ones(3), r"must have shape \(2\*\*n,\), n from 1 to 2, but has shape \(3,\)"),
        (np.ones(8), r"must have shape .* but has shape \(8,\)"),
        (np.ones(1), r"must have shape .* but has shape \(1,\)"),
        ([1, 0, 1, 1], "must be 1 and -1, but has other values"),
    ],
)
def test_errors(signs, message):
    with pytest.raises(ValueError, match="Argument `signs` " + message):
        sign_flips(qjax.Circuit(2), signs)
