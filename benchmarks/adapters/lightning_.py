"""PennyLane's C++ and CUDA simulators, at their best: tapes straight to the device, adjoint there.

The form is the device, "lightning.qubit" or "lightning.gpu" (cuQuantum's cuStateVec). A QNode, as
`pennylane_` writes it for the same devices, adds its own work to each sample.
"""

import numpy as np
import pennylane as qml

from benchmarks.adapters import _eager
from benchmarks.adapters._program import Program
from benchmarks.adapters.pennylane_ import GATES, word
from benchmarks.workloads import Workload

PACKAGES = ("pennylane", "pennylane-lightning", "numpy")


def supports(workload: Workload, form: str = "lightning.qubit") -> bool:
    return workload.answer in _eager.ANSWERS


def build(workload: Workload, form: str = "lightning.qubit") -> Program:
    device = qml.device(form, wires=workload.qubits, c_dtype=np.complex64)
    config = device.setup_execution_config(
        qml.devices.ExecutionConfig(gradient_method="adjoint", use_device_gradient=True)
    )

    def prepare(ops, terms):
        observable = qml.Hamiltonian([t.coefficient for t in terms], [word(t) for t in terms])
        weighed = np.flatnonzero([op.weight is not None for op in ops if op.turns])
        count = sum(op.turns for op in ops)

        def run(angles):
            angle = iter(angles)
            gates = [
                GATES[op.gate](*([next(angle)] if op.turns else []), wires=op.qubits) for op in ops
            ]
            tape = qml.tape.QuantumScript(gates, [qml.expval(observable)])
            if workload.answer == "value":
                return float(device.execute(tape, config)), None
            tape.trainable_params = weighed.tolist()
            value, jacobian = device.execute_and_compute_derivatives(tape, config)
            slopes = np.zeros(count)
            slopes[weighed] = np.array(jacobian)
            return float(value), slopes

        return run

    return _eager.program(workload, prepare, "complex64", form)
