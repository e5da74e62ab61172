"""PennyLane's `default.qubit` with JAX: backpropagation, parameter broadcasting, `jax.jit`."""

import jax
import jax.numpy as jnp
import pennylane as qml

from benchmarks.adapters._jax import program
from benchmarks.adapters._program import Program
from benchmarks.workloads import Qml, Tfim, Workload

PACKAGES = ("pennylane", "jax", "jaxlib", "numpy")


def supports(workload: Workload) -> bool:
    return type(workload) in BUILDERS


def build(workload: Workload) -> Program:
    return BUILDERS[type(workload)](workload)


def _qml(workload: Qml) -> Program:
    n = workload.qubits

    @qml.qnode(qml.device("default.qubit", wires=n), interface="jax", diff_method="backprop")
    def predict(weights, x):
        for i in range(n):
            qml.RY(x[:, i], wires=i)
        for layer in range(workload.layers):
            for i in range(n):
                qml.RY(weights[layer, i, 0], wires=i)
                qml.RZ(weights[layer, i, 1], wires=i)
            for i in range(n):
                qml.CNOT(wires=[i, (i + 1) % n])
        return qml.expval(qml.Z(0))

    def loss(weights, x, y):
        return jnp.mean((predict(weights, x) - y) ** 2)

    return program(jax.jit(jax.value_and_grad(loss)), workload)


def _tfim(workload: Tfim) -> Program:
    n = workload.qubits
    terms = [qml.Z(i) @ qml.Z(i + 1) for i in range(n - 1)] + [qml.X(i) for i in range(n)]
    hamiltonian = qml.Hamiltonian([-1.0] * len(terms), terms)

    @qml.qnode(qml.device("default.qubit", wires=n), interface="jax", diff_method="backprop")
    def energy(angles):
        for i in range(n):
            qml.Hadamard(wires=i)
        for layer in range(workload.layers):
            for i in range(n - 1):
                qml.IsingZZ(angles[layer, i], wires=[i, i + 1])
            for i in range(n):
                qml.RX(angles[layer, n - 1 + i], wires=i)
        return qml.expval(hamiltonian)

    return program(jax.jit(jax.value_and_grad(energy)), workload)


BUILDERS = {Qml: _qml, Tfim: _tfim}
