"""What a run is at one moment: all that a resumed run needs, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import NamedSharding

from qjax.sharding import on_host, place

Batch = Any
"""A pytree of arrays of one leading length."""

Loss = Callable[[nnx.Module, Batch, jax.Array | None], Any]
"""`loss(model, batch, key)`: a scalar, or a scalar and a dict of scalar metrics."""


class TrainState(NamedTuple):
    """A run between two steps; a pytree.

    Attributes:
        params: What is trained.
        rest: Every other variable of the model: running statistics, random streams.
        opt: State of the Optax transformation.
        step: Steps taken, int32 `[]`. It is the data position too: epoch and batch follow from it.
        key: PRNG key of the run; the keys of orders and steps are folded from it.
    """

    params: nnx.State
    rest: nnx.State
    opt: optax.OptState
    step: jax.Array
    key: jax.Array


class Variables(NamedTuple):
    """All variables of a model; a pytree.

    Attributes:
        params: What is trained.
        rest: Every other variable.
    """

    params: nnx.State
    rest: nnx.State


def variables(state: TrainState) -> Variables:
    """Returns the model's part of a state."""
    return Variables(state.params, state.rest)


def initial_state(
    model: nnx.Module,
    optimizer: optax.GradientTransformation,
    seed: int | jax.Array,
    trainable: Any,
) -> TrainState:
    """Returns the state before the first step, sharing no buffer with `model`."""
    _, params, rest = nnx.split(model, trainable, ...)  # type: ignore[misc]

    @jax.jit
    def make(params: nnx.State, rest: nnx.State, key: jax.Array) -> TrainState:
        state = TrainState(params, rest, optimizer.init(params), jnp.int32(0), key)
        # Copies, because epochs donate their state. Strong types, so that a restored state has
        # the very types of a fresh one.
        return jax.tree.map(_strong_copy, state)

    return make(params, rest, jax.random.key(seed))


@jax.jit
def copied(tree: Any) -> Any:
    """Returns a pytree of arrays with buffers of its own."""
    return jax.tree.map(jnp.copy, tree)


def named_arrays(tree: Any, *, whole: bool = True) -> dict[str, Any]:
    """Returns the leaves of `tree` on the host by name, such as `params.stem.kernel`.

    PRNG keys become their integer data. Leaves without elements are left out: Orbax saves none.

    Args:
        tree: Pytree of JAX arrays.
        whole: Whether leaves that are split over devices come to the host as well; they stay where
            they are otherwise, in buffers of their own.
    """
    arrays: dict[str, Any] = {}
    split = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        data = jax.random.key_data(leaf) if _is_key(leaf) else leaf
        if not data.size:
            continue
        # A copy: a view would see the next epoch write into the buffer that it was given.
        if whole or data.is_fully_replicated:
            arrays[_name(path)] = np.array(on_host(data))
        else:
            split[_name(path)] = data
    return {**arrays, **copied(split)}


def with_arrays(tree: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Returns `tree` with the leaves that `named_arrays` named; its inverse.

    Each lies where the leaf lies that it replaces, on whatever mesh it was saved from.
    """

    def replace(path: Any, leaf: Any) -> Any:
        if not leaf.size:
            return leaf
        data: Any = arrays[_name(path)]
        where = leaf.sharding
        data = place(data, where) if isinstance(where, NamedSharding) else jnp.asarray(data)
        if _is_key(leaf):
            return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf))
        return data

    return jax.tree_util.tree_map_with_path(replace, tree)


def _strong_copy(leaf: Any) -> jax.Array:
    if _is_key(leaf):
        return jnp.copy(leaf)
    return jnp.array(leaf, jnp.asarray(leaf).dtype)


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _name(path: Any) -> str:
    # A Variable is a node of its own around its array: that last step says nothing.
    if path and path[-1] == jax.tree_util.GetAttrKey("value"):
        path = path[:-1]
    return jax.tree_util.keystr(path, simple=True, separator=".")
