"""Derivatives of whole programs: every gradient, engine and transform, and random circuits."""

import jax
import numpy as np
from hypothesis import given, strategies as st

import qjax
from tests import oracle, programs
from tests.conformance.derivatives import check_gradients
from tests.conformance.tables import ENGINES, GRADIENTS, TRANSFORMS, over
from tests.programs import Program


def shiftable(program: Program, gradient) -> Program:
    """Drops given matrices where the gradient does not differentiate them."""
    if gradient.matrices:
        return program
    return Program(program.n, [op for op in program.ops if op[0] != "unitary"])


@over(ENGINES, "engine")
@over(GRADIENTS, "gradient")
@over(list(TRANSFORMS), "transform")
def test_every_gate_in_one_program(engine, gradient, transform):
    program = programs.every_gate(np.random.default_rng(5), 4)
    check_gradients(shiftable(program, gradient), gradient, engine, transform)


@over(ENGINES, "engine")
@over(GRADIENTS, "gradient")
@given(data=st.data())
def test_random_programs(engine, gradient, data):
    program = data.draw(programs.programs(salt=engine.name + gradient.name, max_calls=6))
    check_gradients(shiftable(program, gradient), gradient, engine, "jit")


@over(ENGINES, "engine")
def test_parameter_shift_beside_a_given_matrix(engine):
    """A matrix that is not differentiated stands in nobody's way."""
    matrix = programs.random_unitary(np.random.default_rng(6), 2)
    ops = [("rx", (0.4,), (0,)), ("unitary", (matrix,), (1, 0)), ("ry", (1.1,), (1,))]
    terms = [(1.0, {0: "Z", 1: "X"})]

    def value(first, second):
        circuit = qjax.Circuit(2).rx(first, 0).unitary(matrix, [1, 0]).ry(second, 1)
        return qjax.expectation(
            circuit, qjax.Z(0) @ qjax.X(1), engine=engine.value, gradient=qjax.ParameterShift()
        )

    with engine.precision():
        actual = jax.jit(jax.grad(value, (0, 1)))(0.4, 1.1)
    slopes = oracle.gradient(2, ops, terms)
    engine.check(actual, (slopes[0][0], slopes[2][0]))
