"""quimb: its circuits as tensor networks, each string on its light cone, under `jax.jit`.

Simplifications that look at numbers cannot be made of traced ones, so "R", by rank, is what is left
of its default. An order of contraction may be searched for ten seconds.
"""

import cotengra
import jax.numpy as jnp
import quimb
import quimb.tensor as qtn

from benchmarks.adapters import _jax
from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload

PACKAGES = ("quimb", "cotengra", "autoray", "jax", "jaxlib", "numpy")


def supports(workload: Workload, form: str = "") -> bool:
    return workload.answer == "gradient" and len(workload.inputs()) == 1  # No batch.


def build(workload: Workload, form: str = "") -> Program:
    search = cotengra.ReusableHyperOptimizer(
        methods=["greedy", "labels"], minimize="combo", max_time=10, parallel=False
    )
    options = {"simplify_sequence": "R", "optimize": search}

    def one(weights, x):
        circuit = qtn.Circuit(workload.qubits, gate_opts={"contract": False})
        for op in workload.ops:
            angle = (op.angle(weights, x),) if op.turns else ()
            circuit.apply_gate(op.gate.upper(), *angle, *op.qubits)
        if not workload.terms:
            return jnp.abs(circuit.amplitude("0" * workload.qubits, **options)) ** 2
        return sum(term.coefficient * _value(circuit, term, options) for term in workload.terms)

    return _jax.program(workload, _jax.each(one))


def _value(circuit, term, options):
    matrix = quimb.pauli(term.word[0])
    for letter in term.word[1:]:
        matrix = matrix & quimb.pauli(letter)
    matrix = jnp.asarray(matrix, jnp.complex64)
    return jnp.real(circuit.local_expectation(matrix, term.qubits, **options))
