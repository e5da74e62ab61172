"""The part that all JAX libraries share: the loss, its derivatives, the clocked program."""

import jax
import jax.numpy as jnp

from benchmarks.adapters._program import Program
from benchmarks.workloads import Workload


def program(workload: Workload, expectation, state=None) -> Program:
    """Returns the program of a workload.

    Args:
        workload: The workload.
        expectation: (weights, x) to the expectation of one sample, or of the whole batch at once;
            x is None where there are no samples.
        state: weights to the state, for the Fisher information.
    """
    return clocked(jax.jit(_answer(workload, expectation, state)), workload)


def clocked(call, workload: Workload) -> Program:
    """Returns the program of a jitted function of the workload's inputs."""
    device = jax.devices()[0]
    args = tuple(jax.device_put(a, device) for a in workload.inputs())
    jax.block_until_ready(args)
    return Program(
        call=call,
        args=args,
        dtype="complex128" if jax.config.jax_enable_x64 else "complex64",
        device=device.device_kind,
        wait=jax.block_until_ready,
        jax=True,
    )


def each(one):
    """Returns the expectation of the batch from that of a sample, as `jax.vmap` gives it."""
    batched = jax.vmap(one, (None, 0))
    return lambda weights, x: one(weights, None) if x is None else batched(weights, x)


def fisher(state, weights):
    """Returns the quantum Fisher information by forward mode, as a user of JAX writes it."""
    psi, jacobian = state(weights), jax.jacfwd(state)(weights)
    overlap = psi.conj() @ jacobian
    return 4 * (jacobian.conj().T @ jacobian - jnp.outer(overlap.conj(), overlap)).real


def traced(matrix):
    """Returns the answer that is a matrix."""
    return jnp.trace(matrix), matrix


def _answer(workload, expectation, state):
    def loss(weights, x=None, y=None):
        found = expectation(weights, x)
        return jnp.mean(found if y is None else (found - y) ** 2)

    def value(weights, x):
        found = expectation(weights, x)
        return jnp.mean(found), found

    return {
        "gradient": jax.value_and_grad(loss),
        "value": value,
        "hessian": lambda weights: traced(jax.hessian(loss)(weights)),
        "fisher": lambda weights: traced(fisher(state, weights)),
    }[workload.answer]
