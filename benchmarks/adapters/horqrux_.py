"""horqrux: pure JAX, a sequence of gates with named angles, `jax.vmap` over the batch.

It has no RZZ: two CNOTs around an RZ are one. On import it switches JAX to double precision.
"""

import horqrux

from benchmarks.adapters import _jax
from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload

PACKAGES = ("horqrux", "jax", "jaxlib", "numpy")


def supports(workload: Workload, form: str = "") -> bool:
    return all(term.datum is None for term in workload.terms)


def build(workload: Workload, form: str = "") -> Program:
    n = workload.qubits
    gates = [gate for k, op in enumerate(workload.ops) for gate in _gates(k, op)]
    circuit = horqrux.QuantumCircuit(n, gates)
    observable = horqrux.Observable([_word(term) for term in workload.terms])

    def angles(weights, x):
        return {f"t{k}": op.angle(weights, x) for k, op in enumerate(workload.ops) if op.turns}

    def one(weights, x):
        state = horqrux.zero_state(n)
        return horqrux.expectation(state, circuit, [observable], angles(weights, x))[0]

    def state(weights):
        return horqrux.run(circuit, horqrux.zero_state(n), angles(weights, None)).ravel()

    return _jax.program(workload, _jax.each(one), state)


def _gates(k, op):
    first, last = op.qubits[0], op.qubits[-1]
    if op.gate == "rzz":
        flip = horqrux.NOT(last, first)
        return flip, horqrux.RZ(f"t{k}", last), flip
    if op.gate in ("cx", "cz"):
        return ({"cx": horqrux.NOT, "cz": horqrux.Z}[op.gate](last, first),)
    if op.turns:
        return (getattr(horqrux, op.gate.upper())(f"t{k}", first),)
    return (getattr(horqrux, op.gate.upper())(first),)


def _word(term):
    letters = [getattr(horqrux, p)(q) for p, q in zip(term.word, term.qubits, strict=True)]
    return horqrux.Scale(letters, term.coefficient)
