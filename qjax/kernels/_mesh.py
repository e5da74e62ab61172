"""Types inside ``shard_map``: over which axes of the mesh a value varies."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


def varying(*values: Any) -> set[str]:
    """Axes of the mesh over which some value varies; none outside of ``shard_map``."""
    types = (jax.typeof(leaf) for leaf in jax.tree.leaves(values))
    axes = (
        getattr(getattr(t, "manual_axis_type", t), "varying", getattr(t, "vma", ())) for t in types
    )
    return {axis for one in axes for axis in one}


def like_varying(state: jax.Array, *others: Any) -> jax.Array:
    """The state marked as varying over the mesh axes that the others vary over.

    Inside ``shard_map`` a loop must carry one type: a start state made of constants is the same
    on all devices, and becomes different once sharded angles have acted on it.
    """
    missing = tuple(sorted(varying(others) - varying(state)))
    return jax.lax.pcast(state, missing, to="varying") if missing else state


def summed_like(cotangent: jax.Array, array: jax.Array) -> jax.Array:
    """The cotangent of an array, summed over the devices that share the array."""
    shared = tuple(sorted(varying(cotangent) - varying(array)))
    return jax.lax.psum(cotangent, shared) if shared else cotangent


def made_varying(tree: Any, axis: str) -> Any:
    """A pytree of arrays, each marked as varying over a mesh axis.

    Its cotangent is then summed over the devices once, and not wherever it is used.
    """

    def one(leaf: Any) -> jax.Array:
        array = jnp.asarray(leaf)
        return array if axis in varying(array) else jax.lax.pcast(array, (axis,), to="varying")

    return jax.tree.map(one, tree)
