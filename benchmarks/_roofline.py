"""The least time that a machine needs for a workload: `python -m benchmarks._roofline` measures it.

    least time = max(least bytes / copy bandwidth, least operations / matrix rate)

Operations, for each amplitude of the state, gates that follow each other merged:

    one-qubit gates in a row on one qubit    14   (a 2x2 complex matrix on a pair of amplitudes)
    a lone RX, RY or H                        6   (real times real or imaginary entries)
    a run of diagonal gates, on any qubits    6   (one complex product)
    CX                                        0   (a permutation)

A gradient applies every step twice, to the state and to the cotangent: to uncompute the state would
be a third time, and is not needed where the forward states are kept. And it multiplies the two in
every step that has a weight: 16 operations an amplitude for a matrix (four complex products a
pair), 8 for diagonal gates. A Fisher matrix or a Hessian of P weights is taken as P / 2 forward
runs, for a tangent starts at its gate.

Bytes: a pass reads and writes every amplitude, 8 bytes each (complex64). A state that fits the last
cache together with its cotangent needs no pass through memory. Else a layer is taken as one pass of
the state and, for a gradient, two more, of state and cotangent. Inputs and results are small.

A method that needs less, such as one that uses a light cone or does not hold states, shows as more
than 100%.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.adapters import LARGEST_STATE
from benchmarks.workloads import Op, Workload

DIAGONAL = frozenset({"rz", "rzz", "cz", "s", "t", "z", "p"})
AMPLITUDE_BYTES = 8


def least(workload: Workload, cache_bytes: float = 0) -> tuple[float, float]:
    """Returns the least (bytes, operations) of a workload, by the formula above."""
    inputs = workload.inputs()
    amplitudes = 2**workload.qubits * (len(inputs[1]) if len(inputs) > 1 else 1)
    gradient = workload.answer == "gradient"
    count = sum(_operations(step, gradient) for step in steps(workload.ops))
    runs = inputs[0].size / 2 if workload.answer in ("fisher", "hessian") else 1
    states = 2 if gradient else 1
    if states * AMPLITUDE_BYTES * 2**workload.qubits <= cache_bytes:
        passes = 0
    else:
        passes = max(workload.layers, 1) * (3 if gradient else 1)
    return passes * 2.0 * AMPLITUDE_BYTES * amplitudes * runs, float(count * amplitudes * runs)


def bound(workload: Workload, machine: dict[str, Any]) -> float | None:
    """Returns the least seconds of a statevector on a machine whose rates were measured."""
    rates = machine.get("rates")
    if rates is None or workload.qubits > LARGEST_STATE or not workload.terms:
        return None
    size, count = least(workload, rates["cache_bytes"])
    return max(size / rates["copy_bytes_per_s"], count / rates["operations_per_s"])


def steps(ops: tuple[Op, ...]) -> list[list[Op]]:
    """Returns the gates that can be merged into one step each."""
    waiting: dict[int, list[Op]] = {}  # one-qubit gates not yet in a step, of each qubit
    done: list[list[Op]] = []
    run: list[Op] = []  # diagonal gates: those of any qubits join, until another gate comes

    def emit(gates: list[Op]) -> None:
        nonlocal run
        if not _is_diagonal(gates):
            done.append(gates)
            run = []
            return
        if not run:
            run = []
            done.append(run)
        run.extend(gates)

    for op in ops:
        if len(op.qubits) == 1:
            waiting.setdefault(op.qubits[0], []).append(op)
            continue
        for qubit in op.qubits:
            if qubit in waiting:
                emit(waiting.pop(qubit))
        if op.gate in DIAGONAL:
            emit([op])
    for gates in waiting.values():
        emit(gates)
    return done


def _operations(step: list[Op], gradient: bool) -> int:
    diagonal = _is_diagonal(step)
    forward = 6 if diagonal or len(step) == 1 else 14
    slopes = (8 if diagonal else 16) if any(op.weight is not None for op in step) else 0
    return 2 * forward + slopes if gradient else forward


def _is_diagonal(step: list[Op]) -> bool:
    return all(op.gate in DIAGONAL for op in step)


def measure() -> dict[str, Any]:
    """Returns this machine's rates, measured in a process of its own; none where that fails."""
    command = [sys.executable, "-m", "benchmarks._roofline"]
    root = Path(__file__).parents[1]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    return {"rates": json.loads(run.stdout.splitlines()[-1])} if run.returncode == 0 else {}


def _rates() -> dict[str, Any]:
    import jax
    import jax.numpy as jnp

    ones = jnp.ones(2**26, jnp.float32)  # 256 MiB, beyond any cache
    on_cpu = jax.default_backend() == "cpu"
    side = 2048 if on_cpu else 8192
    matrix = jnp.ones((side, side), jnp.float32)
    size = ones.nbytes
    # In place, over and over: else fresh memory, page by page, would be what is measured.
    copy = jax.jit(lambda x: x + 1, donate_argnums=0)
    product = jax.jit(lambda x: jnp.matmul(x, x, precision=jax.lax.Precision.HIGHEST) / side)
    return {
        "device": jax.devices()[0].device_kind,
        "copy_bytes_per_s": 2 * size / _seconds(copy, ones),
        "operations_per_s": 2 * side**3 / _seconds(product, matrix),
        "cache_bytes": _cache_bytes() if on_cpu else 0,
    }


def _seconds(function, x) -> float:
    """Returns the median time of a function that is fed its own results."""
    x = function(x).block_until_ready()
    times = []
    for _ in range(9):
        start = time.perf_counter()
        x = function(x).block_until_ready()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _cache_bytes() -> int:
    """Returns the size of the largest cache that Linux tells of, 0 elsewhere."""
    sizes = [0]
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        sizes.append(int(text[:-1]) * {"K": 2**10, "M": 2**20}[text[-1]])
    return max(sizes)


if __name__ == "__main__":
    print(json.dumps(_rates()))
