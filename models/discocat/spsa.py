"""SPSA as a loss: its gradient is the estimate from two values, so that any trainer can use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from qjax.train import Loss

ALPHA, GAMMA = 0.602, 0.101  # How fast steps and perturbations become smaller.


class Count(nnx.Variable):
    """Number of steps so far."""


def spsa(loss: Loss, c: float, seen: Callable[[Any, Any], list[jax.Array]]) -> Loss:
    r"""Returns a loss whose gradient is SPSA's estimate of that of another one.

    .. math:: g_k = m \, \frac{L(\theta + c_k \delta) - L(\theta - c_k \delta)}{2 c_k} \delta,
       \qquad c_k = c / k^\gamma

    with random signs :math:`\delta`, in step k counted from 1. The model has a `Count` named
    `count`. In validation, where the key is None, it is the other loss.

    Args:
        loss: The loss.
        c: Size of the first perturbation.
        seen: `seen(model, batch)` returns the mask m, one array for each one of parameters: what a
            batch does not depend on is left alone.

    Source: Spall 1998, IEEE Trans. Aerosp. Electron. Syst. 34, 817.
    """

    def estimate(model: nnx.Module, batch: Any, key: jax.Array | None) -> Any:
        if key is None:
            return loss(model, batch, None)
        count: Any = model.count  # type: ignore[attr-defined]
        count[...] = count[...] + 1
        width = c / count[...] ** GAMMA
        structure, params, rest = nnx.split(model, nnx.Param, ...)
        leaves, tree = jax.tree.flatten(params)
        fixed = [jax.lax.stop_gradient(leaf) for leaf in leaves]
        keys = jax.random.split(key, len(leaves))
        signs = [
            jax.random.rademacher(k, leaf.shape, leaf.dtype)
            for k, leaf in zip(keys, fixed, strict=True)
        ]

        def at(sign: int) -> Any:
            moved = [leaf + sign * width * d for leaf, d in zip(fixed, signs, strict=True)]
            there = nnx.merge(structure, tree.unflatten(moved), rest, copy=True)
            return loss(there, batch, None)

        (up, metrics), (down, others) = at(1), at(-1)
        slope = (up - down) / (2 * width)
        # Its value is 0, and its gradient the estimate.
        rows = zip(leaves, fixed, signs, seen(model, batch), strict=True)
        linear = sum(jnp.sum(slope * d * mask * (leaf - stay)) for leaf, stay, d, mask in rows)
        mean = jax.tree.map(lambda a, b: (a + b) / 2, metrics, others)
        return (up + down) / 2 + linear, mean

    return estimate


def descent(a: float, stability: float) -> optax.GradientTransformation:
    r"""Returns steps along the estimate of :math:`a_k = a / (k + A)^\alpha`, k counted from 1."""
    return optax.sgd(lambda count: a / (count + 1 + stability) ** ALPHA)
