"""tensorcircuit with its own verb for a batch, `K.vectorized_value_and_grad`.

The circuit is the plain one. Differentiating each sample and then summing compiles much faster
than differentiating the mean over the batch, and steps a little slower: a user meets either.
"""

from benchmarks.adapters._jax import program
from benchmarks.adapters._program import Program
from benchmarks.adapters.tensorcircuit_plain import PACKAGES as PACKAGES, K, predict
from benchmarks.workloads import Qml, Workload


def supports(workload: Workload) -> bool:
    return isinstance(workload, Qml)  # the others have no batch


def build(workload: Qml) -> Program:
    def loss_of_one(weights, x, y):
        return (predict(weights, x) - y) ** 2

    over_batch = K.vectorized_value_and_grad(loss_of_one, argnums=0, vectorized_argnums=(1, 2))

    def step(weights, x, y):
        values, gradient = over_batch(weights, x, y)  # the gradient is summed over the batch
        return K.mean(values), gradient / workload.batch

    return program(K.jit(step), workload)
