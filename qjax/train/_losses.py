"""Losses in the form that the trainer takes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx


def cross_entropy(
    model: nnx.Module, batch: Any, key: jax.Array | None
) -> tuple[jax.Array, dict[str, jax.Array]]:
    r"""Returns the mean cross-entropy of a classifier, and its accuracy.

    $$-\frac{1}{B} \sum_b \log \operatorname{softmax}(f(x_b))_{y_b}$$

    Args:
        model: Module from inputs `[batch, ...]` to logits `[batch, classes]`.
        batch: Pair of inputs `[batch, ...]` and integer labels `[batch]`.
        key: Not used; losses that draw random numbers use it.

    Returns:
        The loss, a scalar, and `{"accuracy": fraction of right classes}`.

    Example:
        >>> import jax.numpy as jnp
        >>> from flax import nnx
        >>> from qjax.train import cross_entropy
        >>> batch = (jnp.eye(2), jnp.array([0, 1]))
        >>> loss, metrics = cross_entropy(lambda x: 10 * x, batch, None)
        >>> print(f"{loss:.4f}", metrics["accuracy"])
        0.0000 1.0
    """
    del key
    inputs, labels = batch
    logits = model(inputs)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
    return loss, {"accuracy": jnp.mean(logits.argmax(-1) == labels)}
