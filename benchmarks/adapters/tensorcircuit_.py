"""tensorcircuit.

Form "plain": as its users write it, a Python loop over the gates, `K.vmap`, `K.jit`. Form "vvag":
the same circuit with its own verb for a batch, `K.vectorized_value_and_grad`: differentiating each
sample and then summing compiles faster than differentiating the mean, and steps a little slower.
Form "scan": in an expert's hands, one layer is traced once and `K.scan` carries the state.

A sum of Pauli strings is measured as in tensorcircuit's own benchmark of the Ising energy: a sparse
Hamiltonian, prepared once. Where its coefficients are data it is diagonal: the probabilities do.
Beyond a statevector each string is a tensor network of its own, of its light cone only, along paths
for which cotengra may search ten seconds each, as tensorcircuit's documentation sets it up.
"""

import cotengra
import numpy as np
import tensorcircuit as tc
from tensorcircuit import experimental

from benchmarks.adapters import _jax
from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload

PACKAGES = ("tensorcircuit-ng", "jax", "jaxlib", "numpy")

K = tc.set_backend("jax")
LARGEST_STATE = 26  # qubits


def supports(workload: Workload, form: str = "plain") -> bool:
    if form == "vvag":
        return workload.answer == "gradient" and len(workload.inputs()) > 1  # a batch
    return form != "scan" or workload.layers > 0


def build(workload: Workload, form: str = "plain") -> Program:
    circuit = _scan if form == "scan" else _plain
    measure = _measure(workload)

    def one(weights, x):
        return measure(circuit(workload, weights, x), x)

    def answer_fisher(weights):
        metric = experimental.qng(
            lambda w: circuit(workload, w, None).state(), postprocess=None, mode="fwd"
        )
        return _jax.traced(4 * K.real(metric(weights)))

    if workload.answer == "fisher":
        return _jax.clocked(K.jit(answer_fisher), workload)
    if form == "vvag":
        return _jax.clocked(K.jit(_by_sample(one, workload)), workload)
    batched = K.vmap(one, vectorized_argnums=1)
    return _jax.program(workload, lambda w, x: one(w, None) if x is None else batched(w, x))


def _plain(workload, weights, x):
    return _append(tc.Circuit(workload.qubits), workload.ops, weights, x)


def _scan(workload, weights, x):
    n = workload.qubits
    first, layers, last = workload.split(weights)

    def layer(state, w):
        return _append(tc.Circuit(n, inputs=state), workload.layer, w, x).state()

    state = _append(tc.Circuit(n), workload.first, first, x).state()
    circuit = tc.Circuit(n, inputs=K.scan(layer, layers, state))
    return _append(circuit, workload.last, last, x)


def _append(circuit, ops, weights, x):
    for op in ops:
        angle = {"theta": op.angle(weights, x)} if op.turns else {}
        getattr(circuit, "cnot" if op.gate == "cx" else op.gate)(*op.qubits, **angle)
    return circuit


def _by_sample(one, workload):
    def loss(weights, x, *y):
        return (one(weights, x) - y[0]) ** 2 if y else one(weights, x)

    batched = range(1, len(workload.inputs()))
    over_batch = K.vectorized_value_and_grad(loss, argnums=0, vectorized_argnums=tuple(batched))

    def step(weights, *samples):
        values, gradient = over_batch(weights, *samples)  # the gradient is summed over the batch
        return K.mean(values), gradient / len(values)

    return step


def _measure(workload):
    """Returns (circuit, x) to the expectation."""
    n, terms = workload.qubits, workload.terms
    if n > LARGEST_STATE or not terms:
        search = cotengra.ReusableHyperOptimizer(
            methods=["greedy", "labels"], minimize="combo", max_time=10, parallel=False
        )
        tc.set_contractor("custom", optimizer=search, preprocessing=True)
    if not terms:
        return lambda c, x: K.abs(c.amplitude("0" * n)) ** 2
    if any(term.datum is not None for term in terms):
        signs = np.prod([_signs(n, term.qubits) for term in terms], 1, dtype=np.float32)
        scales = np.array([term.coefficient for term in terms], np.float32)
        data = np.array([term.datum for term in terms])
        return lambda c, x: (scales * x[data]) @ (signs @ K.abs(c.state()) ** 2)
    if len(terms) == 1:
        (term,) = terms
        return lambda c, x: term.coefficient * _string(c, term)
    if n > LARGEST_STATE:
        return lambda c, x: sum(t.coefficient * _string(c, t) for t in terms)
    strings = [[0] * n for _ in terms]
    for string, term in zip(strings, terms, strict=True):
        for letter, qubit in zip(term.word, term.qubits, strict=True):
            string[qubit] = "IXYZ".index(letter)
    sparse = tc.quantum.PauliStringSum2COO(strings, [term.coefficient for term in terms])
    return lambda c, x: K.real(tc.templates.measurements.operator_expectation(c, sparse))


def _string(circuit, term):
    places = {letter.lower(): [] for letter in term.word}
    for letter, qubit in zip(term.word, term.qubits, strict=True):
        places[letter.lower()].append(qubit)
    large = circuit._nqubits > LARGEST_STATE
    return K.real(circuit.expectation_ps(**places, enable_lightcone=large))


def _signs(n, qubits):
    """Returns the eigenvalues of Z on each of the qubits, [qubits, 2**n]."""
    bits = (np.arange(2**n) >> (n - 1 - np.array(qubits)[:, None])) & 1
    return 1 - 2 * bits
