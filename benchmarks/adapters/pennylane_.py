"""PennyLane's QNodes with JAX: parameter broadcasting, `jax.jit`. The form is the device.

"default.qubit" differentiates by backpropagation, the C++ and CUDA devices by the adjoint method.
"""

import jax.numpy as jnp
import pennylane as qml

from benchmarks.adapters import _jax
from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload

PACKAGES = ("pennylane", "jax", "jaxlib", "numpy")

GATES = {
    "rx": qml.RX,
    "ry": qml.RY,
    "rz": qml.RZ,
    "rzz": qml.IsingZZ,
    "h": qml.Hadamard,
    "cx": qml.CNOT,
    "cz": qml.CZ,
}


def supports(workload: Workload, form: str = "default.qubit") -> bool:
    return form == "default.qubit" or workload.answer in ("gradient", "value")


def build(workload: Workload, form: str = "default.qubit") -> Program:
    lightning = form != "default.qubit"
    precision = {"c_dtype": jnp.complex64} if lightning else {}
    device = qml.device(form, wires=workload.qubits, **precision)
    method = "adjoint" if lightning else "backprop"
    node = qml.qnode(device, interface="jax", diff_method=method)
    data = [term.datum for term in workload.terms]

    def apply(weights, x):
        for op in workload.ops:
            GATES[op.gate](*([op.angle(weights, x)] if op.turns else []), wires=op.qubits)

    @node
    def state(weights):
        apply(weights, None)
        return qml.state()

    @node
    def observe(weights, x):
        apply(weights, x)
        return qml.expval(observable(workload))

    @node
    def each_term(weights, x):
        apply(weights, x)
        return [qml.expval(word(term)) for term in workload.terms]

    def weighed(weights, x):
        coefficients = jnp.array([term.coefficient for term in workload.terms])
        return jnp.sum(
            coefficients * x[:, jnp.array(data)] * jnp.stack(each_term(weights, x), 1), 1
        )

    return _jax.program(workload, observe if data[0] is None else weighed, state)


def observable(workload):
    """Returns the observable; its coefficients are numbers."""
    words = [word(term) for term in workload.terms]
    coefficients = [term.coefficient for term in workload.terms]
    if coefficients == [1.0]:
        return words[0]
    return qml.Hamiltonian(coefficients, words)


def word(term):
    """Returns a Pauli string."""
    letters = (
        getattr(qml, letter)(qubit) for letter, qubit in zip(term.word, term.qubits, strict=True)
    )
    return qml.prod(*letters)
