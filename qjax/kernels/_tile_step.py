"""The step of a program that applies a run of blocks to tiles of the state."""

from __future__ import annotations

import importlib.util
from typing import Any, NamedTuple

import jax

from qjax.kernels._tile import Tiling, apply_xla, pull_back_xla, undo_xla
from qjax.kernels._tile_pallas import apply_pallas, min_places, pull_back_pallas

IMPLEMENTATIONS = ("xla", "pallas", "interpret")


class Tile(NamedTuple):
    r"""A run of blocks on the last t places. Array: a tuple of planes, ``[2, K, K]`` each.

    Forward, a tile :math:`\psi` becomes :math:`U_m \cdots U_1 \psi`. Back, in one pass over memory,
    :math:`\psi_{j-1} = U_j^\dagger \psi_j`, :math:`\bar U_j = \sum_{\rm tiles} \lambda_j
    \psi_{j-1}^\dagger` and :math:`\lambda_{j-1} = U_j^\dagger \lambda_j`, for each block from the
    last to the first.

    Attributes:
        tiling: Where the blocks act.
        implementation: ``"xla"``; ``"pallas"``, a kernel for GPUs; ``"interpret"``, that kernel
            step by step on any device, for tests; or None, ``"pallas"`` where the default device
            is a GPU, JAX has Triton and the tile is large enough, else ``"xla"``.

    Raises:
        ValueError: If the implementation is none of these, or the tile is too small for it.

    Reference: Jones and Gacon, arXiv 2009.02823, algorithm 1, with the blocks of one pass taken
    together.

    Example:
        >>> import jax.numpy as jnp
        >>> from qjax import kernels
        >>> flip = kernels.to_planes(jnp.asarray([[0, 1], [1, 0]], jnp.complex64))
        >>> tile = Tile(Tiling(places=2, spans=(kernels.Span(width=1, after=1),)))
        >>> state = kernels.to_pairs(jnp.asarray([1, 0, 0, 0], jnp.complex64))
        >>> kernels.to_complex(tile.apply((flip,), state)).real
        Array([0., 0., 1., 0.], dtype=float32)
    """

    tiling: Tiling
    implementation: str | None = None

    def apply(self, planes: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        how = self.chosen()
        if how == "xla":
            return apply_xla(self.tiling, planes, state)
        return apply_pallas(self.tiling, how == "interpret", tuple(planes), state)

    def undo(self, planes: Any, state: jax.Array) -> jax.Array:
        """The state before the step; a gradient calls `pull_back`, which undoes it as well."""
        return undo_xla(self.tiling, planes, state)

    def pull_back(self, planes: Any, state: jax.Array, cotangent: jax.Array) -> Any:
        """Undoes the step and pulls a cotangent back through it.

        Args:
            planes: What it was applied with.
            state: The state after it.
            cotangent: That of the state after it.

        Returns:
            Cotangents of the planes, the state before, and its cotangent.
        """
        how = self.chosen()
        if how == "xla":
            return pull_back_xla(self.tiling, tuple(planes), state, cotangent)
        return pull_back_pallas(self.tiling, how == "interpret", tuple(planes), state, cotangent)

    def chosen(self) -> str:
        """The implementation that runs."""
        least = min_places(self.tiling)
        large = self.tiling.places >= least
        if self.implementation is None:
            return "pallas" if large and _on_gpu() and _has_triton() else "xla"
        if self.implementation not in IMPLEMENTATIONS:
            raise ValueError(
                f"Argument `implementation` must be one of {', '.join(IMPLEMENTATIONS)} or None, "
                f"but is {self.implementation}."
            )
        if self.implementation != "xla" and not large:
            raise ValueError(
                f"Argument `tiling` must have tiles of at least {least} places for these blocks "
                f"and implementation {self.implementation}, but they have {self.tiling.places}."
            )
        return self.implementation


def _on_gpu() -> bool:
    device = getattr(jax.config, "jax_default_device", None) or jax.default_backend()
    return getattr(device, "platform", device) in ("gpu", "cuda")


def _has_triton() -> bool:
    """Whether this JAX has Pallas's way to Triton, which JAX 0.12 says will be removed."""
    try:
        return importlib.util.find_spec("jax.experimental.pallas.triton") is not None
    except ImportError:
        return False
