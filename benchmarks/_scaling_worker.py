"""The rows of one case: `python -m benchmarks._scaling_worker CASE DEVICES:SIZE...`.

In a process of its own, because the number of virtual devices is fixed when JAX starts. A row is a
line of JSON on standard output.
"""

import functools
import json
import statistics
import sys
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from benchmarks import _machine
from benchmarks._scaling_cases import CASES, Problem, batch, laid_out
from qjax.sharding import collectives, mesh

STEPS = 3
# What `large-chunked` has for its step; the process has the interpreter and the compiler besides.
LARGE_MEMORY = 2**28
LARGE = {
    "large-chunked": functools.partial(batch, memory=LARGE_MEMORY),
    "large-whole": functools.partial(batch, memory=2**62),
}


def main(argv: list[str]) -> int:
    """Prints the rows."""
    name, rows = argv[0], [tuple(map(int, pair.split(":"))) for pair in argv[1:]]
    jax.config.update("jax_num_cpu_devices", max(devices for devices, _ in rows))
    there = jax.devices()
    for devices, size in rows:
        about = {"case": name, "devices": devices, "size": size, "load": _machine.load()}
        if devices > len(there):
            row = {"status": "skipped", "reason": f"there are {len(there)} devices"}
        elif name in LARGE:
            row = _large(LARGE[name](size, None))
        else:
            row = _row(name, devices, size)
        print(json.dumps(about | {"device": there[0].device_kind} | row), flush=True)
    return 0


def _row(name: str, devices: int, size: int) -> dict[str, Any]:
    """The same step on one device and on all."""
    case = CASES[name]
    over = mesh(**{case.axis: devices})
    problem = case.build(size, over)
    expected, alone_s = _alone(name, size)
    found, step_s, compiled = _measured(problem, laid_out(problem, over))
    exchanged = collectives(compiled)
    return {
        "status": "ok",
        "error": _difference(found, expected),
        "step_s": step_s,
        "one_device_step_s": alone_s,
        "collectives": [vars(each) for each in exchanged],
        "sent_bytes": sum(each.sent for each in exchanged),
        "peak_bytes": _peak(compiled),
        "predicted_bytes": problem.predicted() if problem.predicted else None,
    } | problem.told


@functools.cache
def _alone(name: str, size: int) -> tuple[Any, float]:
    """The answer of one device, and the time of a step."""
    problem = CASES[name].build(size, None)
    return _measured(problem, problem.args)[:2]


def _large(problem: Problem) -> dict[str, Any]:
    """A batch of many samples: what the step takes, and what the process does."""
    predicted = problem.predicted() if problem.predicted else None
    before = _machine.memory("VmRSS")
    found, step_s, compiled = _measured(problem, problem.args, steps=1)
    return {
        "status": "ok",
        "value": float(found[0]),
        "gradient_norm": float(jnp.linalg.norm(found[1])),
        "step_s": step_s,
        "peak_bytes": _peak(compiled),
        "predicted_bytes": predicted,
        "rss_before_bytes": before,
        "peak_rss_bytes": _machine.memory("VmHWM"),
    } | problem.told


def _measured(
    problem: Problem, args: tuple[Any, ...], steps: int = STEPS
) -> tuple[Any, float, Any]:
    """The answer, the median time of a step, and the compiled program."""
    compiled = jax.jit(problem.step).lower(*args).compile()
    found = jax.block_until_ready(compiled(*args))
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        jax.block_until_ready(compiled(*args))
        times.append(time.perf_counter() - start)
    return found, statistics.median(times), compiled


def _difference(found: Any, expected: Any) -> float:
    """The largest difference, over the largest number of the answer."""
    found, expected = (ravel_pytree(each)[0] for each in (found, expected))
    return float(np.abs(np.asarray(found) - np.asarray(expected)).max() / np.abs(expected).max())


def _peak(compiled: Any) -> int:
    sizes = compiled.memory_analysis()
    parts = ("temp_size", "argument_size", "output_size")
    return sum(getattr(sizes, f"{part}_in_bytes") for part in parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
