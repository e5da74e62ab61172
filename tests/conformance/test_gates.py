"""Every gate on every engine: its matrix, its place among other qubits, its derivatives."""

import numpy as np
import pytest

import qjax
from tests import oracle, programs
from tests.conformance.derivatives import check_gradients
from tests.conformance.tables import ENGINES, GRADIENTS, over
from tests.programs import GATES, WHOLE, Program

N = 3
PARAMETRIC = [name for name in GATES if name in WHOLE or programs.ANGLES_AND_QUBITS[name][0]]
DIFFERENTIABLE = [
    pytest.param(name, gradient, id=f"{name}-{gradient.name}")
    for name in PARAMETRIC
    for gradient in GRADIENTS
    if gradient.matrices or name != "unitary"
]


def around(name: str) -> Program:
    """Returns the gate between rotations that leave nothing of it unseen."""
    rng = np.random.default_rng(len(name))
    before = [("u", programs.random_params(rng, "u", 1), (qubit,)) for qubit in range(N)]
    after = [("ry", programs.random_params(rng, "ry", 1), (qubit,)) for qubit in range(N)]
    return Program(N, [*before, programs.random_op(rng, name, N, k=2), *after])


@over(ENGINES, "engine")
@over(GATES, "name")
def test_statevector(name, engine):
    program = around(name)
    with engine.precision():
        actual = qjax.statevector(programs.to_circuit(program), engine=engine.value)
        engine.check(actual, oracle.statevector(*program))


@over(ENGINES, "engine")
@over(GATES, "name")
def test_unitary(name, engine):
    rng = np.random.default_rng(7)
    program = Program(N, [programs.random_op(rng, name, N)])
    with engine.precision():
        actual = qjax.unitary(programs.to_circuit(program), engine=engine.value)
        engine.check(actual, oracle.unitary(*program))


@pytest.mark.parametrize(("name", "gradient"), DIFFERENTIABLE)
def test_gradient(name, gradient):
    """In angles, phases and matrix entries, in double precision, as training runs it.

    The program of test_gradients.py that has every gate in it covers the other engines and
    transforms; here a failure names the gate.
    """
    check_gradients(around(name), gradient, ENGINES[-1], "jit-vmap")
