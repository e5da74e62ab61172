"""The Goemans-Williamson algorithm: a relaxation to vectors, and what rounding it gives."""

import jax
import jax.numpy as jnp

RANK = 8  # More than sqrt(2 * 16): from there on the relaxation has no poor local optimum.
SWEEPS = 2000
ROUNDINGS = 1000


@jax.jit
def expected_roundings(adjacencies: jax.Array, key: jax.Array) -> jax.Array:
    """Returns mean and standard deviation of the rounded cut for graphs `[k, n, n]`, `[k, 2]`."""
    keys = jax.random.split(key, len(adjacencies))
    return jax.vmap(_rounded)(adjacencies, keys)


def _rounded(adjacency: jax.Array, key: jax.Array) -> jax.Array:
    r"""The mean is exact: an edge is cut with probability angle / pi.

    Goemans and Williamson, J. ACM 42, 1115 (1995), lemma 3.2.
    """
    first, second = jax.random.split(key)
    vectors = _relaxed(adjacency, jax.random.normal(first, (len(adjacency), RANK)))
    cosines = jnp.matmul(vectors, vectors.T, precision="highest")
    mean = jnp.sum(adjacency * jnp.arccos(jnp.clip(cosines, -1, 1))) / (2 * jnp.pi)
    normals = jax.random.normal(second, (RANK, ROUNDINGS))
    sides = jnp.sign(jnp.matmul(vectors, normals, precision="highest"))
    quadratic = jnp.sum(jnp.matmul(adjacency, sides, precision="highest") * sides, axis=0)
    return jnp.stack([mean, jnp.std((adjacency.sum() - quadratic) / 4)])


def _relaxed(adjacency: jax.Array, vectors: jax.Array) -> jax.Array:
    """Unit vectors that are optimal, by coordinate descent (Wang, Chang, Kolter, 1706.00476)."""

    def update(vertex: jax.Array, vectors: jax.Array) -> jax.Array:
        pull = jnp.matmul(adjacency[vertex], vectors, precision="highest")
        return vectors.at[vertex].set(-pull / jnp.linalg.norm(pull))

    def sweep(_: jax.Array, vectors: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, len(adjacency), update, vectors)

    vectors = vectors / jnp.linalg.norm(vectors, axis=1, keepdims=True)
    return jax.lax.fori_loop(0, SWEEPS, sweep, vectors)
