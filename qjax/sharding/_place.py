"""Arrays from the host to a mesh and back, by one process or by several."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec, Sharding


def place(tree: Any, sharding: Sharding) -> Any:
    """Returns a pytree of arrays, laid out on a mesh.

    Every process calls it with the same arrays, and puts the parts of its own devices there.

    Args:
        tree: Pytree of arrays of NumPy or JAX, PRNG keys among them.
        sharding: Layout of every leaf, such as a `jax.sharding.NamedSharding`.

    Returns:
        The same pytree of global JAX arrays.

    Example:
        >>> import jax, numpy as np
        >>> from jax.sharding import NamedSharding, PartitionSpec
        >>> from qjax.sharding import mesh, place
        >>> halves = NamedSharding(mesh(batch=1), PartitionSpec("batch"))
        >>> place({"x": np.arange(4.0)}, halves)["x"].shape
        (4,)
    """

    def one(leaf: Any) -> jax.Array:
        host = on_host(leaf)
        return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])

    return _by_data(one, tree)


def local(tree: Any) -> Any:
    """Returns a pytree of whole arrays on the default device of each process."""
    return _by_data(lambda leaf: jnp.array(on_host(leaf)), tree)


def on_host(array: Any) -> np.ndarray:
    """Returns a whole array as NumPy has it, in every process.

    Where parts of it lie with other processes, all processes must call it.
    """
    where = array.sharding if isinstance(array, jax.Array) else None
    whole = where is None or where.is_fully_addressable or where.is_fully_replicated
    if not whole and isinstance(where, NamedSharding):
        everywhere = NamedSharding(where.mesh, PartitionSpec())
        array = jax.jit(lambda x: x, out_shardings=everywhere)(array)
    return np.asarray(array)


def _by_data(function: Any, tree: Any) -> Any:
    """Maps a function over the leaves; over their integers, where they are PRNG keys."""

    def one(leaf: Any) -> Any:
        if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            data = function(jax.random.key_data(leaf))
            return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf))
        return function(leaf)

    return jax.tree.map(one, tree)
