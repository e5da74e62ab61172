"""The metric tensor and the quantum Fisher information."""

import jax.numpy as jnp
import numpy as np

import qjax


def build(t):
    """Two angles on one qubit: the Bloch sphere."""
    return qjax.Circuit(1).ry(t[0], 0).rz(t[1], 0)


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
