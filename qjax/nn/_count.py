"""How large a model is."""

from __future__ import annotations

import jax
from flax import nnx


def count_parameters(module: nnx.Module) -> int:
    """Returns the number of trained numbers in a module.

    Args:
        module: A module, or its shapes as `flax.nnx.eval_shape` gives them.

    Returns:
        Sum of the sizes of all `nnx.Param`.

    Example:
        >>> from flax import nnx
        >>> from qjax.nn import count_parameters
        >>> count_parameters(nnx.Linear(3, 2, rngs=nnx.Rngs(0)))
        8
    """
    return sum(leaf.size for leaf in jax.tree.leaves(nnx.state(module, nnx.Param)))
