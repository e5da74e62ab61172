"""tensorcircuit as its users write it: a Python loop over the gates, `K.vmap`, `K.jit`.

The measurement of `tfim` is the one of tensorcircuit's own benchmark of this energy: a sparse
Hamiltonian, prepared once.
"""

import tensorcircuit as tc

from benchmarks.adapters._jax import program
from benchmarks.adapters._program import Program
from benchmarks.workloads import Qml, Tfim, Workload

PACKAGES = ("tensorcircuit-ng", "jax", "jaxlib", "numpy")

K = tc.set_backend("jax")


def supports(workload: Workload) -> bool:
    return type(workload) in BUILDERS


def build(workload: Workload) -> Program:
    return BUILDERS[type(workload)](workload)


def predict(weights, x):
    """Returns the prediction of `qml` for one sample."""
    layers, n, _ = weights.shape
    c = tc.Circuit(n)
    for i in range(n):
        c.ry(i, theta=x[i])
    for layer in range(layers):
        for i in range(n):
            c.ry(i, theta=weights[layer, i, 0])
            c.rz(i, theta=weights[layer, i, 1])
        for i in range(n):
            c.cnot(i, (i + 1) % n)
    return K.real(c.expectation_ps(z=[0]))


def _qml(workload: Qml) -> Program:
    def loss(weights, x, y):
        return K.mean((K.vmap(predict, vectorized_argnums=1)(weights, x) - y) ** 2)

    return program(K.jit(K.value_and_grad(loss)), workload)


def _tfim(workload: Tfim) -> Program:
    n = workload.qubits
    hamiltonian = tc.quantum.PauliStringSum2COO(*pauli_strings(n))

    def energy(angles):
        c = tc.Circuit(n)
        for i in range(n):
            c.h(i)
        for layer in range(workload.layers):
            for i in range(n - 1):
                c.rzz(i, i + 1, theta=angles[layer, i])
            for i in range(n):
                c.rx(i, theta=angles[layer, n - 1 + i])
        return K.real(tc.templates.measurements.operator_expectation(c, hamiltonian))

    return program(K.jit(K.value_and_grad(energy)), workload)


def pauli_strings(n: int) -> tuple[list[list[int]], list[float]]:
    """Returns the terms of `tfim`, with 1 for X and 3 for Z, and their coefficients."""
    bonds = [[3 if j in (i, i + 1) else 0 for j in range(n)] for i in range(n - 1)]
    fields = [[1 if j == i else 0 for j in range(n)] for i in range(n)]
    return bonds + fields, [-1.0] * (2 * n - 1)


BUILDERS = {Qml: _qml, Tfim: _tfim}
