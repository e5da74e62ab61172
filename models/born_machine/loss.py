"""The two losses, from exact probabilities, and one of them from measurements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import nnx
from jax.flatten_util import ravel_pytree

import qjax
from models.distributions import numbers
from qjax.train import kl_divergence, mmd, total_variation

Kernel = Callable[[jax.Array], jax.Array]
# As in Benedetti et al.: below this a probability is taken for it, so that the loss stays finite.
FLOOR = 1e-8


def loss(kind: Literal["kl", "mmd"], kernel: Kernel, shots: int = 0) -> Callable[..., Any]:
    """Returns the loss for the trainer; a batch is one whole distribution, ``[1, 2**n]``.

    With `shots` the MMD is trained from measurements; it is exact in validation.
    """

    def distance(model: Any, batch: jax.Array, key: jax.Array | None) -> Any:
        target, p = batch[0], model()
        values = {
            "kl": kl_divergence(target, p, floor=FLOOR),
            "mmd": mmd(target, p, kernel),
            "total_variation": total_variation(target, p),
        }
        value = values.pop(kind)
        if kind == "mmd" and shots and key is not None:
            value = measured_mmd(model, target, kernel, key, shots)
        return value, values

    return distance


def measured_mmd(
    model: nnx.Module, target: jax.Array, kernel: Kernel, key: jax.Array, shots: int
) -> jax.Array:
    r"""The MMD from measured bits, with the gradient that a device can measure.

    With the witness w = K(p - q) from one sample, and samples of the circuits in which one angle is
    shifted by a quarter turn either way,

    .. math:: \partial_j \mathrm{MMD}^2
              = \mathbb{E}_{x \sim p_{\theta + \pi/2 e_j}} w_x
                - \mathbb{E}_{x \sim p_{\theta - \pi/2 e_j}} w_x

    Liu and Wang, arXiv 1804.04168. Every angle turns one gate with eigenvalues +-1/2.
    """
    structure, params, rest = nnx.split(model, nnx.Param, ...)
    angles, as_params = ravel_pytree(params)
    fixed = jax.lax.stop_gradient(angles)

    def outcomes(angles: jax.Array, key: jax.Array) -> jax.Array:
        machine = nnx.merge(structure, as_params(angles), rest)
        return numbers(qjax.sample(machine.circuit(), key, shots))

    here, up, down = jax.random.split(key, 3)
    p = jnp.bincount(outcomes(fixed, here), length=target.size) / shots
    witness = kernel(p - target)

    def shifted(angle: float, key: jax.Array) -> jax.Array:
        rows = fixed[None] + angle * jnp.eye(fixed.size)
        return witness[jax.vmap(outcomes)(rows, jax.random.split(key, fixed.size))].mean(1)

    gradient = shifted(jnp.pi / 2, up) - shifted(-jnp.pi / 2, down)
    # Nothing in value, and the measured gradient in derivative.
    return jnp.vdot(p - target, witness) + jnp.vdot(gradient, angles - fixed)
