"""The part that all libraries share that differentiate one sample at a time, on the host."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.adapters._program import Program
from benchmarks.workloads import Op, Workload

Prepare = Callable[[tuple[Op, ...], Any], Callable[[np.ndarray], tuple[float, np.ndarray]]]
ANSWERS = ("gradient", "value")


def program(workload: Workload, prepare: Prepare, dtype: str, device: str = "cpu") -> Program:
    """Returns the program of a workload.

    Args:
        workload: The workload.
        prepare: Called once a sample, before the clock, with its gates and its observable's
            coefficients; returns a function of the angles of the gates that turn, to the
            expectation and, where `workload.answer` is "gradient", its derivatives in them.
        dtype: Precision of the state.
        device: Where it runs.
    """
    weights, *samples = (a.astype(np.float64) for a in workload.inputs())
    x = samples[0] if samples else np.zeros((1, 0))
    runs = [_prepare(workload, prepare, sample) for sample in x]
    answer = {"gradient": _gradient, "value": _value}[workload.answer]

    def call(weights, y=None):
        return answer(runs, weights, y)

    args = (weights, samples[1]) if len(samples) > 1 else (weights,)
    return Program(call, args, dtype=dtype, device=device, wait=lambda result: result)


def _prepare(workload, prepare, x):
    """Returns weights to (expectation, its gradient in the weights) of one sample."""
    # A gate whose datum is zero, such as that of an edge that a graph has not, is the identity.
    ops = tuple(op for op in workload.ops if op.weight is None or op.datum is None or x[op.datum])
    turning = [op for op in ops if op.turns]
    slots = np.array([-1 if op.weight is None else op.weight for op in turning])
    factors = np.array([1.0 if op.datum is None else x[op.datum] for op in turning])
    terms = [
        term._replace(coefficient=term.coefficient * (1.0 if term.datum is None else x[term.datum]))
        for term in workload.terms
    ]
    run = prepare(ops, [term for term in terms if term.coefficient])
    weighed = slots >= 0

    def one(weights):
        value, slopes = run(np.where(weighed, weights[slots], 1.0) * factors)
        gradient = np.zeros_like(weights)
        if slopes is not None:
            np.add.at(gradient, slots[weighed], (slopes * factors)[weighed])
        return value, gradient

    return one


def _gradient(runs, weights, y):
    value, gradient = 0.0, np.zeros_like(weights)
    for k, run in enumerate(runs):
        expectation, slope = run(weights)
        error = None if y is None else expectation - y[k]
        value += expectation if y is None else error**2
        gradient += slope if y is None else 2 * error * slope
    return value / len(runs), gradient / len(runs)


def _value(runs, weights, y):
    expectations = np.array([run(weights)[0] for run in runs])
    return expectations.mean(), expectations
