"""The part that all JAX libraries share."""

import jax

from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload


def program(call, workload: Workload) -> Program:
    """Returns the program of a jitted function of the workload's inputs."""
    device = jax.devices()[0]
    args = tuple(jax.device_put(a, device) for a in workload.inputs())
    jax.block_until_ready(args)
    return Program(
        call=call,
        args=args,
        dtype="complex64",
        device=device.device_kind,
        wait=jax.block_until_ready,
        jax=True,
    )
