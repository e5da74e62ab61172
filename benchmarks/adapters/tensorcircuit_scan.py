"""tensorcircuit in an expert's hands: one layer is traced once, and `K.scan` carries the state."""

import tensorcircuit as tc

from benchmarks.adapters._jax import program
from benchmarks.adapters._program import Program
from benchmarks.adapters.tensorcircuit_plain import pauli_strings
from benchmarks.workloads import Qml, Tfim, Workload

PACKAGES = ("tensorcircuit-ng", "jax", "jaxlib", "numpy")

K = tc.set_backend("jax")


def supports(workload: Workload) -> bool:
    return type(workload) in BUILDERS


def build(workload: Workload) -> Program:
    return BUILDERS[type(workload)](workload)


def _qml(workload: Qml) -> Program:
    n = workload.qubits

    def layer(state, w):
        c = tc.Circuit(n, inputs=state)
        for i in range(n):
            c.ry(i, theta=w[i, 0])
            c.rz(i, theta=w[i, 1])
        for i in range(n):
            c.cnot(i, (i + 1) % n)
        return c.state()

    def predict(weights, x):
        c = tc.Circuit(n)
        for i in range(n):
            c.ry(i, theta=x[i])
        state = K.scan(layer, weights, c.state())
        return K.real(tc.Circuit(n, inputs=state).expectation_ps(z=[0]))

    def loss(weights, x, y):
        return K.mean((K.vmap(predict, vectorized_argnums=1)(weights, x) - y) ** 2)

    return program(K.jit(K.value_and_grad(loss)), workload)


def _tfim(workload: Tfim) -> Program:
    n = workload.qubits
    hamiltonian = tc.quantum.PauliStringSum2COO(*pauli_strings(n))

    def layer(state, angles):
        c = tc.Circuit(n, inputs=state)
        for i in range(n - 1):
            c.rzz(i, i + 1, theta=angles[i])
        for i in range(n):
            c.rx(i, theta=angles[n - 1 + i])
        return c.state()

    def energy(angles):
        c = tc.Circuit(n)
        for i in range(n):
            c.h(i)
        c = tc.Circuit(n, inputs=K.scan(layer, angles, c.state()))
        return K.real(tc.templates.measurements.operator_expectation(c, hamiltonian))

    return program(K.jit(K.value_and_grad(energy)), workload)


BUILDERS = {Qml: _qml, Tfim: _tfim}
