"""deepquantum on PyTorch: every angle is data, `torch.vmap` over the batch, backpropagation."""

import deepquantum
import numpy as np
import torch

from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload

PACKAGES = ("deepquantum", "torch", "numpy")


def supports(workload: Workload, form: str = "") -> bool:
    return workload.answer in ("gradient", "value")


def build(workload: Workload, form: str = "") -> Program:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    circuit = deepquantum.QubitCircuit(workload.qubits)
    for op in workload.ops:
        target = [list(op.qubits)] if op.gate == "rzz" else list(op.qubits)
        getattr(circuit, op.gate)(*target, **({"encode": True} if op.turns else {}))
    for term in workload.terms:
        circuit.observable(wires=list(term.qubits), basis=term.word.lower())
    circuit.to(device)
    turning = [op for op in workload.ops if op.turns]
    scale = torch.tensor([term.coefficient for term in workload.terms], device=device)
    data = [term.datum for term in workload.terms]

    def expectation(weights, x):
        angles = torch.stack(torch.broadcast_tensors(*(op.angle(weights, x) for op in turning)), -1)
        circuit(data=angles)
        found = circuit.expectation()
        return found @ scale if data[0] is None else torch.sum(found * scale * x[:, data], -1)

    def gradient(weights, x=None, y=None):
        weights = weights.clone().requires_grad_()
        found = expectation(weights, x)
        loss = torch.mean(found if y is None else (found - y) ** 2)
        loss.backward()
        return loss.detach(), weights.grad

    @torch.no_grad()
    def value(weights, x):
        found = expectation(weights, x)
        return found.mean(), found

    args = tuple(torch.tensor(a, device=device) for a in workload.inputs())
    call = gradient if workload.answer == "gradient" else value
    return Program(call, args, dtype="complex64", device=device, wait=_wait)


def _wait(result):
    return tuple(np.asarray(part.cpu()) for part in result)  # the copy waits for the device
