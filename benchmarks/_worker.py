"""A process of its own for one library and one workload: `python -m benchmarks._worker L W`.

It writes one JSON object a line: what each stage of the first call took, then `"ready": true` with
the answer. After that each line that it reads, `{"steps": 5, "seconds": 10.0}`, gets one burst of
timed steps. It ends when its input does.
"""

import json
import os
import sys
import time
from typing import Any

from benchmarks import _answers, _machine, _stages, adapters, workloads
from benchmarks.adapters._program import Program


def main() -> None:
    """Serves one library and one workload on standard input and output."""
    library, name = sys.argv[1:]
    # Libraries print: the channel is kept apart, and what they print goes to standard error.
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def tell(**message: Any) -> None:
        channel.write(json.dumps(message) + "\n")

    try:
        _serve(library, workloads.parse(name), tell)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        tell(error=f"{type(error).__name__}: {reason}"[:500])
        raise


def _serve(library: str, workload: workloads.Workload, tell) -> None:
    start = time.perf_counter()
    adapter, form = adapters.load(library)
    tell(import_s=time.perf_counter() - start, versions=_machine.versions(adapter.PACKAGES))
    reached = adapters.library(library).reaches(workload)
    if not (reached and adapter.supports(workload, form)):
        tell(unsupported=True)
        return
    program = adapter.build(workload, form)
    before = _machine.memory("VmRSS")
    tell(device=program.device, dtype=program.dtype, rss_before_bytes=before)
    for stage in _stages.first_call(program):
        result = stage.pop("result", None)
        tell(**stage)
    answer = _answers.summary(*result)
    tell(ready=True, **answer, peak_rss_bytes=_machine.memory("VmHWM"))
    for line in sys.stdin:
        order = json.loads(line)
        times, cpu_times = _burst(program, order["steps"], order["seconds"])
        tell(times=times, cpu_times=cpu_times, peak_rss_bytes=_machine.memory("VmHWM"))


def _burst(program: Program, steps: int, seconds: float) -> tuple[list[float], list[float]]:
    # The first step is not counted: another library has just had the caches to itself.
    program.wait(program.call(*program.args))
    times: list[float] = []
    cpu_times: list[float] = []
    while len(times) < steps and (not times or sum(times) < seconds):
        start, cpu_start = time.perf_counter(), time.process_time()
        program.wait(program.call(*program.args))
        times.append(time.perf_counter() - start)
        cpu_times.append(time.process_time() - cpu_start)
    return times, cpu_times


if __name__ == "__main__":
    main()
