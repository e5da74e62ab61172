"""qulacs: a parametric circuit a sample, prepared once; `backprop` in C++, double precision."""

import numpy as np
import qulacs

from benchmarks.adapters import _eager
from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload

PACKAGES = ("qulacs", "numpy")


def supports(workload: Workload, form: str = "") -> bool:
    return workload.answer in _eager.ANSWERS


def build(workload: Workload, form: str = "") -> Program:
    n = workload.qubits
    state = qulacs.QuantumState(n)

    def prepare(ops, terms):
        circuit = qulacs.ParametricQuantumCircuit(n)
        for op in ops:
            _append(circuit, op)
        observable = qulacs.Observable(n)
        for term in terms:
            word = " ".join(f"{p} {q}" for p, q in zip(term.word, term.qubits, strict=True))
            observable.add_operator(term.coefficient, word)

        def run(angles):
            for k, angle in enumerate(angles):
                circuit.set_parameter(k, -angle)  # its rotations are exp(+i t P / 2)
            state.set_zero_state()
            circuit.update_quantum_state(state)
            value = observable.get_expectation_value(state)
            if workload.answer == "value":
                return value, None
            return value, -np.array(circuit.backprop(observable))

        return run

    return _eager.program(workload, prepare, "complex128")


def _append(circuit, op):
    if op.gate == "rzz":
        circuit.add_parametric_multi_Pauli_rotation_gate(list(op.qubits), [3, 3], 0.0)
    elif op.turns:
        getattr(circuit, f"add_parametric_{op.gate.upper()}_gate")(*op.qubits, 0.0)
    else:
        name = {"cx": "CNOT"}.get(op.gate, op.gate.upper())
        getattr(circuit, f"add_{name}_gate")(*op.qubits)
