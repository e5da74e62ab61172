"""The right answers, in double precision: plain NumPy, one gate at a time, no clever step.

The gradient is the adjoint method: with t the angle of exp(-i t P / 2) and b = dL/d(conj psi), the
derivative is Im <b|P|psi>, both states taken just after the gate, and both are then uncomputed.
"""

import numpy as np

from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload

PACKAGES = ("numpy",)

PAULIS = {"rx": "X", "ry": "Y", "rz": "Z", "rxx": "XX", "ryy": "YY", "rzz": "ZZ"}
# Samples are run in groups whose states stay in cache.
CHUNK = 2**16
# About five minutes. Above it the libraries in double precision check each other.
LIMIT = 5e9


def supports(workload: Workload, form: str = "") -> bool:
    _, *samples = workload.inputs()
    batch = len(samples[0]) if samples else 1
    return batch * 2**workload.qubits * len(workload.ops) <= LIMIT


def build(workload: Workload, form: str = "") -> Program:
    inputs = tuple(a.astype(np.float64) for a in workload.inputs())
    answer = ANSWERS[workload.answer]

    def call(*args):
        return answer(workload, *args)

    return Program(call, inputs, dtype="complex128", device="cpu", wait=lambda result: result)


def _gradient(workload, weights, x=None, y=None):
    samples = x if x is not None else np.zeros((1, 0))
    size = max(1, CHUNK // 2**workload.qubits)
    value, gradient = 0.0, np.zeros_like(weights)
    for start in range(0, len(samples), size):
        chunk = samples[start : start + size]
        state = _run(workload, weights, chunk)
        cotangent = _observe(workload, state, chunk)
        expectation = _inner(state, cotangent).real
        if y is None:
            value += expectation.sum()
        else:
            error = expectation - y[start : start + size]
            value += (error**2).sum()
            cotangent *= _per_sample(2 * error, state)
        for op in reversed(workload.ops):
            if op.weight is not None:
                slope = _inner(cotangent, _pauli(state, PAULIS[op.gate], op.qubits)).imag
                gradient[op.weight] += np.sum(
                    slope if op.datum is None else slope * chunk[:, op.datum]
                )
            state = _apply(state, op, weights, chunk, -1)
            cotangent = _apply(cotangent, op, weights, chunk, -1)
    return value / len(samples), gradient / len(samples)


def _value(workload, weights, x):
    state = _run(workload, weights, x)
    expectation = _inner(state, _observe(workload, state, x)).real
    return expectation.mean(), expectation


def _hessian(workload, weights):
    """Returns the trace and the matrix, whose columns are exact: the parameter-shift rule."""
    columns = []
    for shift in np.pi / 2 * np.eye(weights.size):
        up, down = (_gradient(workload, w)[1] for w in (weights + shift, weights - shift))
        columns.append((up - down) / 2)
    return np.trace(columns), np.array(columns)


def _fisher(workload, weights):
    """Returns the trace and the matrix; the tangent states are carried along as a batch."""
    x = np.zeros((1, 0))
    state, tangents = (
        _zero(workload, 1),
        np.zeros((weights.size,) + (2,) * workload.qubits, complex),
    )
    for op in workload.ops:
        state, tangents = (_apply(s, op, weights, x) for s in (state, tangents))
        if op.weight is not None:
            tangents[op.weight] += -0.5j * _pauli(state, PAULIS[op.gate], op.qubits)[0]
    jacobian, psi = tangents.reshape(weights.size, -1), state.ravel()
    overlap = jacobian @ psi.conj()
    matrix = 4 * (jacobian.conj() @ jacobian.T - np.outer(overlap.conj(), overlap)).real
    return np.trace(matrix), matrix


def _run(workload, weights, x):
    state = _zero(workload, len(x))
    for op in workload.ops:
        state = _apply(state, op, weights, x)
    return state


def _zero(workload, batch):
    state = np.zeros((batch,) + (2,) * workload.qubits, np.complex128)
    state[(slice(None),) + (0,) * workload.qubits] = 1
    return state


def _observe(workload, state, x):
    """Returns the observable applied to the state."""
    result = np.zeros_like(state)
    for word, qubits, coefficient, datum in workload.terms:
        scale = coefficient if datum is None else coefficient * _per_sample(x[:, datum], state)
        result += scale * _pauli(state, word, qubits)
    return result


def _apply(state, op, weights, x, sign=1):
    """Returns the gate applied to the state, or with sign -1 its inverse."""
    if op.turns:
        half = sign * _per_sample(np.atleast_1d(op.angle(weights, x)) / 2, state)
        return np.cos(half) * state - 1j * np.sin(half) * _pauli(state, PAULIS[op.gate], op.qubits)
    if op.gate == "h":
        return (_pauli(state, "X", op.qubits) + _pauli(state, "Z", op.qubits)) / np.sqrt(2)
    control, target = op.qubits
    ones = (slice(None),) * (control + 1) + (slice(1, 2),)
    result = state.copy()
    result[ones] = _pauli(state[ones], {"cx": "X", "cz": "Z"}[op.gate], (target,))
    return result


def _pauli(state, word, qubits):
    for letter, qubit in zip(word, qubits, strict=True):
        if letter in "YZ":
            shape = [1] * state.ndim
            shape[qubit + 1] = 2
            state = state * np.reshape([1.0, -1.0], shape)
        if letter in "XY":
            state = np.flip(state, qubit + 1)
        if letter == "Y":  # Y = i X Z
            state = 1j * state
    return state


def _inner(bra, ket):
    """Returns <bra|ket> of each sample."""
    return np.einsum("bs,bs->b", bra.reshape(len(bra), -1).conj(), ket.reshape(len(ket), -1))


def _per_sample(values, state):
    return np.reshape(values, (-1,) + (1,) * (state.ndim - 1))


ANSWERS = {"gradient": _gradient, "value": _value, "hessian": _hessian, "fisher": _fisher}
