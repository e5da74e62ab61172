"""qujax: pure functions of the parameters, `jax.vmap` over the batch.

Form "plain": one function of the whole circuit. Form "scan": the function of one layer is repeated
by `lax.scan`, as its guide advises for deep circuits.
"""

import jax
import jax.numpy as jnp
import qujax

from benchmarks.adapters import _jax
from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload

PACKAGES = ("qujax", "jax", "jaxlib", "numpy")

NAMES = {"rx": "Rx", "ry": "Ry", "rz": "Rz", "rzz": "ZZPhase", "h": "H", "cx": "CX", "cz": "CZ"}


def supports(workload: Workload, form: str = "plain") -> bool:
    return form != "scan" or workload.layers > 0


def build(workload: Workload, form: str = "plain") -> Program:
    run = {"plain": _plain, "scan": _scan}[form](workload)
    measure = _measure(workload)

    def one(weights, x):
        return measure(run(weights, x), x)

    return _jax.program(workload, _jax.each(one), lambda w: run(w, None).ravel())


def _plain(workload):
    whole = _part(workload.ops, workload.qubits)
    return lambda weights, x: whole(weights, x, qujax.all_zeros_statetensor(workload.qubits))


def _scan(workload):
    n = workload.qubits
    first, layer, last = (_part(p, n) for p in (workload.first, workload.layer, workload.last))

    def run(weights, x):
        w_first, w_layers, w_last = workload.split(weights)
        state = first(w_first, x, qujax.all_zeros_statetensor(n))
        state, _ = jax.lax.scan(lambda s, w: (layer(w, x, s), None), state, w_layers)
        return last(w_last, x, state)

    return run


def _part(ops, n):
    """Returns (weights, x, state) to the state after the gates."""
    if not ops:
        return lambda weights, x, state: state
    turning = [op for op in ops if op.turns]
    places = iter(range(len(turning)))
    slots = [[next(places)] if op.turns else [] for op in ops]
    names, qubits = [NAMES[op.gate] for op in ops], [op.qubits for op in ops]
    apply = qujax.get_params_to_statetensor_func(names, qubits, slots, n)

    def part(weights, x, state):
        if not turning:
            return apply(state)
        # qujax counts angles in units of pi.
        return apply(jnp.stack([op.angle(weights, x) for op in turning]) / jnp.pi, state)

    return part


def _measure(workload):
    words, qubits = ([getattr(t, key) for t in workload.terms] for key in ("word", "qubits"))
    coefficients = jnp.array([term.coefficient for term in workload.terms])
    data = [term.datum for term in workload.terms]
    if data[0] is None:
        whole = qujax.get_statetensor_to_expectation_func(words, qubits, coefficients)
        return lambda state, x: whole(state)
    terms = [
        qujax.get_statetensor_to_expectation_func([w], [q], [1.0])
        for w, q in zip(words, qubits, strict=True)
    ]
    return lambda state, x: (
        (coefficients * x[jnp.array(data)]) @ jnp.stack([t(state) for t in terms])
    )
