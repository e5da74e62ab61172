"""Training images seen a little askew."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.ndimage import map_coordinates


def askew(key: jax.Array, images: jax.Array, *, bend: float, shift: float) -> jax.Array:
    r"""Returns images, each under a random affine map about its centre.

    $$\mathrm{new}(p) = \mathrm{old}(A p + t), \qquad A = 1 + \mathrm{bend} \cdot N,
      \quad t \sim \mathcal{U}[-\mathrm{shift}, \mathrm{shift})^2$$

    with N a 2 x 2 matrix of standard normals: some turning, stretching and slanting at once.
    Values between pixels are interpolated linearly, and zeros come in at the edges.

    Args:
        key: PRNG key; it is consumed.
        images: Float `[batch, height, width, 1]`.
        bend: Size of the turning, stretching and slanting.
        shift: Longest shift in pixels along each axis.
    """
    batch, height, width, _ = images.shape
    for_bend, for_shift = jax.random.split(key)
    matrices = np.eye(2, dtype=np.float32)[None] + bend * jax.random.normal(for_bend, (batch, 2, 2))
    shifts = jax.random.uniform(for_shift, (batch, 2), minval=-shift, maxval=shift)
    centre = np.array([[[(height - 1) / 2]], [[(width - 1) / 2]]], np.float32)
    grid = np.indices((height, width), np.float32) - centre

    def warp(image: jax.Array, matrix: jax.Array, offset: jax.Array) -> jax.Array:
        places = jnp.tensordot(matrix, grid, 1) + offset[:, None, None] + centre
        return map_coordinates(image[..., 0], list(places), order=1)[..., None]

    return jax.vmap(warp)(images, matrices, shifts)
