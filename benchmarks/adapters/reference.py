"""The right answers, in double precision: plain NumPy, one gate at a time, no clever step.

The gradient is the adjoint method: with t the angle of exp(-i t P / 2) and b = dL/d(conj psi), the
derivative is Im <b|P|psi>, both states taken just after the gate, and both are then uncomputed.
"""

from typing import NamedTuple

import numpy as np

from benchmarks.adapters._program import Program
from benchmarks.workloads import Qml, Tfim, Workload

PACKAGES = ("numpy",)


class Gate(NamedTuple):
    """A Pauli rotation, or a CNOT (`pauli` is "CX"). `slot` is its place in the gradient."""

    pauli: str
    qubits: tuple[int, ...]
    angle: np.ndarray | float = 0.0  # one, or one a sample
    slot: int | None = None


def supports(workload: Workload) -> bool:
    return type(workload) in ANSWERS


def build(workload: Workload) -> Program:
    inputs = tuple(a.astype(np.float64) for a in workload.inputs())
    answer = ANSWERS[type(workload)]
    return Program(answer, inputs, dtype="complex128", device="cpu", wait=lambda result: result)


def _qml(weights, x, y):
    layers, n, _ = weights.shape
    gates = [Gate("Y", (i,), x[:, i]) for i in range(n)]
    for layer in range(layers):
        for i in range(n):
            slot = 2 * (layer * n + i)
            gates.append(Gate("Y", (i,), weights[layer, i, 0], slot))
            gates.append(Gate("Z", (i,), weights[layer, i, 1], slot + 1))
        gates += [Gate("CX", (i, (i + 1) % n)) for i in range(n)]
    state = np.zeros((len(x),) + (2,) * n, np.complex128)
    state[(slice(None),) + (0,) * n] = 1
    for gate in gates:
        state = _apply(state, gate)
    z_state = _pauli(state, "Z", (0,))
    error = np.sum(np.real(np.conj(state) * z_state), axis=tuple(range(1, n + 1))) - y
    cotangent = _per_sample(2 * error / len(x), n) * z_state
    gradient = _pull_back(gates, state, cotangent, weights.size)
    return np.mean(error**2), gradient.reshape(weights.shape)


def _tfim(angles):
    layers, width = angles.shape
    n = (width + 1) // 2
    gates = []
    for layer in range(layers):
        for j in range(width):
            pauli, qubits = ("ZZ", (j, j + 1)) if j < n - 1 else ("X", (j - n + 1,))
            gates.append(Gate(pauli, qubits, angles[layer, j], layer * width + j))
    state = np.full((1,) + (2,) * n, 2 ** (-n / 2), np.complex128)
    for gate in gates:
        state = _apply(state, gate)
    cotangent = -sum(_pauli(state, "X", (i,)) for i in range(n))
    cotangent -= sum(_pauli(state, "ZZ", (i, i + 1)) for i in range(n - 1))
    energy = np.real(np.vdot(state, cotangent))
    return energy, _pull_back(gates, state, cotangent, angles.size).reshape(angles.shape)


def _pull_back(gates, state, cotangent, size):
    gradient = np.zeros(size)
    for gate in reversed(gates):
        if gate.slot is not None:
            gradient[gate.slot] = np.vdot(cotangent, _pauli(state, gate.pauli, gate.qubits)).imag
        inverse = gate._replace(angle=-gate.angle)
        state, cotangent = _apply(state, inverse), _apply(cotangent, inverse)
    return gradient


def _apply(state, gate):
    n = state.ndim - 1
    if gate.pauli == "CX":
        control, target = (q + 1 for q in gate.qubits)
        ones = (slice(None),) * control + (1,)
        result = state.copy()
        # Indexing removes the control's axis, so that a later target moves one axis forward.
        result[ones] = np.flip(state[ones], target - (target > control))
        return result
    half = _per_sample(np.atleast_1d(gate.angle) / 2, n)
    return np.cos(half) * state - 1j * np.sin(half) * _pauli(state, gate.pauli, gate.qubits)


def _pauli(state, pauli, qubits):
    for letter, qubit in zip(pauli, qubits, strict=True):
        if letter in "YZ":
            shape = [1] * state.ndim
            shape[qubit + 1] = 2
            state = state * np.reshape([1.0, -1.0], shape)
        if letter in "XY":
            state = np.flip(state, qubit + 1)
        if letter == "Y":  # Y = i X Z
            state = 1j * state
    return state


def _per_sample(values, n):
    return np.reshape(values, (-1,) + (1,) * n)


ANSWERS = {Qml: _qml, Tfim: _tfim}
