"""qjax: the circuit of one sample, `jax.vmap` over the batch.

Form "repeat": a broadcast call for each row of gates, the layers in `repeat`. Form "loop": a plain
Python loop, one gate a call. Forms "cones", "network" and "mps": as "repeat", where there are too
many qubits for a statevector, with an engine by name ("mps" where gates act on neighbours only); in
the other forms qjax chooses.
"""

import itertools

import jax
import numpy as np

import qjax
from benchmarks.adapters import _jax
from benchmarks.adapters._program import Program
from benchmarks.workloads import Op, Workload

PACKAGES = ("qjax-ml", "jax", "jaxlib", "numpy")


def supports(workload: Workload, form: str = "repeat") -> bool:
    if form not in ENGINES:
        return True
    chain = all(abs(np.ptp(op.qubits)) <= 1 for op in workload.ops)
    return workload.answer == "gradient" and (form != "mps" or chain)


def build(workload: Workload, form: str = "repeat") -> Program:
    circuit = _loop if form == "loop" else _repeat
    engine = ENGINES[form](workload) if form in ENGINES else None

    def one(weights, x):
        whole = circuit(workload, weights, x)
        if not workload.terms:
            zeros = [0] * workload.qubits
            return jax.numpy.abs(qjax.amplitude(whole, zeros, engine=engine)) ** 2
        return qjax.expectation(whole, _observable(workload, x), engine=engine)

    def answer_fisher(weights):
        return _jax.traced(qjax.quantum_fisher(lambda w: circuit(workload, w, None), weights))

    if workload.answer == "fisher":
        return _jax.clocked(jax.jit(answer_fisher), workload)
    return _jax.program(workload, _jax.each(one))


def _repeat(workload, weights, x):
    first, layers, last = workload.split(weights)
    circuit = _rows(qjax.Circuit(workload.qubits), workload.first, first, x)
    if workload.layers:
        circuit = circuit.repeat(lambda c, w: _rows(c, workload.layer, w, x), layers)
    return _rows(circuit, workload.last, last, x)


def _loop(workload, weights, x):
    circuit = qjax.Circuit(workload.qubits)
    for op in workload.ops:
        angle = (op.angle(weights, x),) if op.turns else ()
        circuit = getattr(circuit, op.gate)(*angle, *op.qubits)
    return circuit


def _rows(circuit, ops, weights, x):
    """Appends the gates, neighbours of a kind in one call."""
    for (gate, *_), row in itertools.groupby(ops, _kind):
        row = list(row)
        qubits = [list(qubits) for qubits in zip(*(op.qubits for op in row), strict=True)]
        slots, data = (tuple(getattr(op, key) for op in row) for key in ("weight", "datum"))
        angles = (
            Op(gate, (), _index(slots), _index(data)).angle(weights, x) if row[0].turns else None
        )
        circuit = getattr(circuit, gate)(*(() if angles is None else (angles,)), *qubits)
    return circuit


def _kind(op):
    return op.gate, op.weight is None, op.datum is None


def _index(numbers):
    """Returns what picks the numbers from an array: one for all, a slice, a list, or None."""
    if numbers[0] is None or len(set(numbers)) == 1:
        return numbers[0]
    start, step = numbers[0], (numbers[1] - numbers[0] if len(numbers) > 1 else 1)
    if step > 0 and numbers == tuple(range(start, start + step * len(numbers), step)):
        return slice(start, numbers[-1] + 1, step)
    return jax.numpy.array(numbers)


def _observable(workload, x):
    scaled = (
        (t.coefficient if t.datum is None else t.coefficient * x[t.datum]) * _word(t)
        for t in workload.terms
    )
    return sum(scaled)


def _word(term):
    word = qjax.I()
    for letter, qubit in zip(term.word, term.qubits, strict=True):
        word = word @ getattr(qjax, letter)(qubit)
    return word


def _chain(workload):
    """Returns an engine that is exact up to a bond of 64, and truncates beyond."""
    weights, *samples = workload.inputs()
    circuit = _repeat(workload, weights, samples[0][0] if samples else None)
    bits = qjax.measure.bond_bits(circuit.structure)
    return qjax.MPS(max_bond=2 ** min(bits, 6))


ENGINES = {
    "cones": lambda _: qjax.Statevector(),
    "network": lambda _: qjax.TensorNetwork(progress=False),
    "mps": _chain,
}
