"""QAOA of MaxCut where the graph is data: one program for all graphs of a size."""

from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import qjax
from qjax.library import maxcut, qaoa


@jax.jit
def expected_cuts(adjacencies: jax.Array, gammas: Any, betas: Any) -> jax.Array:
    r"""Returns how many edges QAOA cuts on average, in double precision `[k]`.

    The state is prod_l exp(-i beta_l sum X) exp(-i gamma_l C) |+>, C the number of edges cut. C is
    written for the complete graph, with the adjacency as its weights.

    Args:
        adjacencies: Adjacency matrices, real `[k, n, n]`.
        gammas: Angles of the cost, `[depth]`.
        betas: Angles of the mixer, `[depth]`.
    """
    n = adjacencies.shape[-1]
    pairs = list(combinations(range(n), 2))
    engine = qjax.Statevector(dtype=jnp.complex128)

    def one(adjacency: jax.Array) -> jax.Array:
        cost = maxcut(pairs, adjacency[np.triu_indices(n, 1)])
        return qjax.expectation(qaoa(qjax.Circuit(n), cost, gammas, betas), cost, engine=engine)

    return jax.lax.map(one, adjacencies)


@jax.jit
def max_cuts(adjacencies: jax.Array) -> jax.Array:
    """Returns the largest cut of each graph, by looking at all partitions, `[k]`.

    The last vertex stays on side 1: to flip every vertex changes no cut.
    """
    n = adjacencies.shape[-1]
    bits = jnp.arange(2 ** (n - 1))[:, None] >> jnp.arange(n - 1)[None, :] & 1
    sides = jnp.pad(1.0 - 2.0 * bits, ((0, 0), (0, 1)), constant_values=1.0)

    def one(adjacency: jax.Array) -> jax.Array:
        pulls = jnp.matmul(sides, adjacency, precision="highest")
        return jnp.max(adjacency.sum() - jnp.sum(pulls * sides, axis=1)) / 4

    return jax.lax.map(one, adjacencies)


def adjacency(degree: int, vertices: int, seed: int) -> np.ndarray:
    """Returns the adjacency matrix of a random regular graph, `[n, n]`."""
    import networkx

    graph = networkx.random_regular_graph(degree, vertices, seed)
    return networkx.to_numpy_array(graph, nodelist=range(vertices))
