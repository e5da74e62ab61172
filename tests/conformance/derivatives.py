"""Derivatives of a program's expectation, held against the oracle's."""

import jax
import numpy as np

import qjax
from tests import oracle, programs
from tests.conformance.tables import TRANSFORMS, Engine, Gradient
from tests.oracle import Terms
from tests.programs import Program


def expectation(program: Program, terms: Terms, gradient: Gradient, engine: Engine):
    """Returns the expectation as a function of the program's numbers and the coefficients."""

    def value(params, coefficients):
        return qjax.expectation(
            programs.to_circuit(programs.with_numbers(program, params)),
            programs.to_observable(terms, coefficients),
            engine=engine.value,
            gradient=gradient.value,
        )

    return value


def check_gradients(program: Program, gradient: Gradient, engine: Engine, transform: str) -> None:
    """Compares value and gradient at two points, in every number and every coefficient."""
    rng = np.random.default_rng(11)
    terms = programs.random_terms(rng, program.n, 3)
    drawn = [(p, rng.normal(size=3)) for p in (program, programs.redrawn(rng, program))]
    function = jax.value_and_grad(expectation(program, terms, gradient, engine), argnums=(0, 1))
    with engine.precision():
        points = [jax.tree.map(jax.numpy.asarray, (programs.numbers(p), c)) for p, c in drawn]
        results = TRANSFORMS[transform](lambda point: function(*point), points)
    for (at, coefficients), result in zip(drawn, results, strict=True):
        here = [(c, letters) for c, (_, letters) in zip(coefficients, terms, strict=True)]
        means = [oracle.expectation(*at, [(1, letters)]) for _, letters in terms]
        engine.check(
            result, (oracle.expectation(*at, here), (oracle.gradient(*at, here), np.array(means)))
        )
