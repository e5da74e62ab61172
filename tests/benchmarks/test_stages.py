"""The first call of a JAX function, taken apart."""

import jax
import jax.numpy as jnp

from benchmarks import _stages
from benchmarks.adapters._program import Program


def scan(xs):
    return jax.lax.scan(lambda c, x: (jnp.sin(c) * x, None), 1.0, xs)[0], xs


def test_each_stage_is_told():
    program = Program(
        jax.jit(scan), (jnp.ones(3),), "float32", "cpu", jax.block_until_ready, jax=True
    )
    told = {}
    for stage in _stages.first_call(program):
        told |= stage
    assert set(told) == {
        "trace_s",
        "equations",
        "lower_s",
        "compile_s",
        "temp_bytes",
        "run_s",
        "first_call_cpu_s",
        "result",
    }
    assert program.call._cache_size() == 1  # the call found what was compiled by hand


def test_equations_inside_a_loop_count_once():
    def count(length):
        return _stages.equations(jax.make_jaxpr(scan)(jnp.ones(length)).jaxpr)

    assert count(3) == count(300) >= 3
