"""One first call, taken apart: trace, lower, compile, run."""

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.adapters._program import Program


def first_call(program: Program) -> Iterator[dict[str, Any]]:
    """Yields what each stage took as it ends, and last the result of the call.

    A JAX function is traced, lowered and compiled by hand; the call that follows finds all three
    in JAX's caches, so that the sum is what a user's first call costs. The processor time of all
    threads is told as well: unlike the seconds, other programs on the machine hardly change it.
    """
    cpu = time.process_time()
    if program.jax:
        start = time.perf_counter()
        traced = program.call.trace(*program.args)
        yield {"trace_s": _since(start), "equations": equations(traced.jaxpr.jaxpr)}
        start = time.perf_counter()
        lowered = traced.lower()
        yield {"lower_s": _since(start)}
        start = time.perf_counter()
        compiled = lowered.compile()
        yield {"compile_s": _since(start), "temp_bytes": _temp_bytes(compiled)}
    start = time.perf_counter()
    result = program.wait(program.call(*program.args))
    yield {
        "run_s": _since(start),
        "first_call_cpu_s": time.process_time() - cpu,
        "result": result,
    }


def equations(jaxpr) -> int:
    """Returns the number of equations of a jaxpr, those of the jaxprs inside it included."""
    return sum(
        1 + sum(equations(inner) for value in eqn.params.values() for inner in _jaxprs(value))
        for eqn in jaxpr.eqns
    )


def _jaxprs(value) -> Iterator[Any]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from _jaxprs(item)
    elif getattr(value, "eqns", None) is not None:  # a Jaxpr or a ClosedJaxpr
        yield value


def _temp_bytes(compiled) -> int | None:
    stats = compiled.memory_analysis()
    return None if stats is None else int(stats.temp_size_in_bytes)


def _since(start: float) -> float:
    return time.perf_counter() - start
