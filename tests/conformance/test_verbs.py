"""Every verb on every engine, over random programs and under every transform."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, strategies as st

import qjax
from tests import oracle, programs
from tests.conformance.tables import ENGINES, TRANSFORMS, over
from tests.conformance.verbs import VERBS

# Dense, diagonal, permuting and given: one of each kind, for any verb and transform.
MIXED = ["h", "ry", "u", "cx", "rzz", "ccx", "unitary", "diagonal", "pauli_rotation"]


@over(ENGINES, "engine")
@over(VERBS, "verb")
@given(data=st.data())
def test_random_programs(engine, verb, data):
    program = data.draw(programs.programs(salt=engine.name + verb.name))
    with engine.precision():
        circuit = programs.to_broadcast_circuit(program)
        engine.check(verb.run(circuit, program.n, engine.value), verb.expected(program))


@over(ENGINES, "engine")
@over(VERBS, "verb")
@over(list(TRANSFORMS), "transform")
def test_transforms(engine, verb, transform):
    rng = np.random.default_rng(2)
    program = programs.Program(4, [programs.random_op(rng, name, 4) for name in MIXED])
    drawn = [program, programs.redrawn(rng, program)]

    def run(params):
        circuit = programs.to_circuit(programs.with_numbers(program, params))
        return verb.run(circuit, program.n, engine.value)

    with engine.precision():
        points = [jax.tree.map(jnp.asarray, programs.numbers(at)) for at in drawn]
        results = TRANSFORMS[transform](run, points)
    engine.check(results, [verb.expected(at) for at in drawn])


def test_ten_thousand_terms_are_a_few_arrays():
    rng = np.random.default_rng(21)
    program = programs.every_gate(rng, 6)
    circuit = programs.to_circuit(program)
    small, large = (programs.random_terms(rng, 6, count) for count in (100, 10_000))

    def traced_size(terms):
        return len(str(jax.make_jaxpr(qjax.expectation)(circuit, programs.to_observable(terms))))

    larger = traced_size(large) / traced_size(small)
    assert larger < 1.5
    actual = jax.jit(qjax.expectation)(circuit, programs.to_observable(large))
    ENGINES[0].check(actual, oracle.expectation(*program, large))
