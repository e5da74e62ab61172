"""A classifier whose weights are a matrix product state with one more leg, for the label."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from .config import Config

CLASSES, SIDE = 10, 8
# Rows of the image from left to right and from right to left in turn: neighbours stay neighbours.
ORDER = np.arange(SIDE**2).reshape(SIDE, SIDE)
ORDER[1::2] = ORDER[1::2, ::-1].copy()


class MPSClassifier(nnx.Module):
    r"""Images ``[batch, 8, 8, 1]`` -> logits ``[batch, 10]``.

    Each pixel x is a qubit in the state cos(pi x / 2), sin(pi x / 2); the logits are the overlap of
    their product with a matrix product state whose label leg is in the middle of the chain:

    .. math:: f^l(x) = A_0(x_0) \cdots A_{31}(x_{31}) \, B^l \, A_{32}(x_{32}) \cdots A_{63}(x_{63})

    Stoudenmire and Schwab, arXiv 1605.05775.
    """

    def __init__(self, config: Config, *, rngs: nnx.Rngs):
        sites, bond = SIDE**2, config.bond
        noise = config.noise / np.sqrt(bond)
        normal = jax.random.normal
        # Near the identity on the bond, a product of 64 neither grows nor vanishes.
        near = jnp.eye(bond)[None, :, None, :]
        self.tensors = nnx.Param(near + noise * normal(rngs.params(), (sites, bond, 2, bond)))
        self.label = nnx.Param(normal(rngs.params(), (bond, CLASSES, bond)) / bond)

    def __call__(self, images: jax.Array) -> jax.Array:
        pixels = images.reshape(images.shape[0], -1)[:, ORDER.reshape(-1)] * (np.pi / 2)
        features = jnp.stack([jnp.cos(pixels), jnp.sin(pixels)], -1).transpose(1, 0, 2)
        half, tensors = SIDE**2 // 2, self.tensors[...]
        left = _along(tensors[:half], features[:half])
        # From the other end, seen in a mirror.
        right = _along(tensors[half:].transpose(0, 3, 2, 1)[::-1], features[half:][::-1])
        return jnp.einsum("ka,alb,kb->kl", left, self.label[...], right)


def _along(tensors: jax.Array, features: jax.Array) -> jax.Array:
    """The product of the sites' matrices, from the first row on, at norm 1: ``[batch, bond]``."""
    start = jnp.ones((features.shape[1], tensors.shape[1])) / np.sqrt(tensors.shape[1])

    def step(rows: jax.Array, site: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        tensor, feature = site
        rows = jnp.einsum("ka,asb,ks->kb", rows, tensor, feature)
        return rows / jnp.linalg.norm(rows, axis=1, keepdims=True), None

    rows, _ = jax.lax.scan(step, start, (tensors, features))
    return rows * np.sqrt(tensors.shape[1])
