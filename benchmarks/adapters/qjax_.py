"""qjax: the circuit of one sample, its layers in `repeat`, `jax.vmap` over the batch."""

import jax
import jax.numpy as jnp

import qjax
from benchmarks.adapters._jax import program
from benchmarks.adapters._program import Program
from benchmarks.workloads import Qml, Tfim, Workload

PACKAGES = ("qjax-ml", "jax", "jaxlib", "numpy")


def supports(workload: Workload) -> bool:
    return type(workload) in BUILDERS


def build(workload: Workload) -> Program:
    return BUILDERS[type(workload)](workload)


def _qml(workload: Qml) -> Program:
    n = workload.qubits
    ring = [(i + 1) % n for i in range(n)]

    def layer(circuit, w):
        return circuit.ry(w[:, 0], range(n)).rz(w[:, 1], range(n)).cx(range(n), ring)

    def predict(weights, x):
        circuit = qjax.Circuit(n).ry(x, range(n)).repeat(layer, weights)
        return qjax.expectation(circuit, qjax.Z(0))

    def loss(weights, x, y):
        return jnp.mean((jax.vmap(predict, (None, 0))(weights, x) - y) ** 2)

    return program(jax.jit(jax.value_and_grad(loss)), workload)


def _tfim(workload: Tfim) -> Program:
    n = workload.qubits
    bonds = [qjax.Z(i) @ qjax.Z(i + 1) for i in range(n - 1)]
    hamiltonian = -1.0 * sum(bonds + [qjax.X(i) for i in range(n)])

    def layer(circuit, angles):
        return circuit.rzz(angles[: n - 1], range(n - 1), range(1, n)).rx(angles[n - 1 :], range(n))

    def energy(angles):
        return qjax.expectation(qjax.Circuit(n).h(range(n)).repeat(layer, angles), hamiltonian)

    return program(jax.jit(jax.value_and_grad(energy)), workload)


BUILDERS = {Qml: _qml, Tfim: _tfim}
