"""The step of a program that applies a run of blocks to tiles of the state."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from qjax.kernels._tile import Tiling, apply_xla, reverse_xla, undo_xla
from qjax.kernels._tile_pallas import apply_pallas, has_triton, min_places, reverse_pallas

IMPLEMENTATIONS = ("xla", "pallas", "interpret")


class Tile(NamedTuple):
    r"""A run of blocks on the last t places. Array: a tuple of planes, ``[2, K, K]`` each.

    Forward, a tile :math:`\psi` becomes :math:`U_m \cdots U_1 \psi`. Back, in one pass over memory,
    :math:`\psi_{j-1} = U_j^\dagger \psi_j`, :math:`\bar U_j = \sum_{\rm tiles} \lambda_j
    \psi_{j-1}^\dagger` and :math:`\lambda_{j-1} = U_j^\dagger \lambda_j`, for each block from the
    last to the first. The bit of the imaginary part is the state's first.

    Attributes:
        tiling: Where the blocks act.
        implementation: ``"xla"``; ``"pallas"``, a kernel for GPUs; or ``"interpret"``, that kernel
            step by step on any device, for tests.

    Raises:
        ValueError: If the implementation is none of these, or the tile is too small for it.

    References:
        Jones and Gacon, arXiv 2009.02823, algorithm 1, with the blocks of one pass taken together.

    Example:
        >>> import jax.numpy as jnp
        >>> from qjax import kernels
        >>> flip = kernels.to_planes(jnp.asarray([[0, 1], [1, 0]], jnp.complex64))
        >>> tile = Tile(Tiling(places=2, spans=(kernels.Span(width=1, after=1),)))
        >>> state = jnp.asarray([1, 0, 0, 0, 0, 0, 0, 0], jnp.float32)
        >>> tile.apply((flip,), state)
        Array([0., 0., 1., 0., 0., 0., 0., 0.], dtype=float32)
    """

    tiling: Tiling
    implementation: str = "xla"

    def apply(self, planes: Any, state: jax.Array) -> jax.Array:
        """The state after the step."""
        if self.checked() == "xla":
            return apply_xla(self.tiling, planes, state)
        return apply_pallas(self.tiling, self.implementation == "interpret", tuple(planes), state)

    def undo(self, planes: Any, state: jax.Array) -> jax.Array:
        """The state before the step; a gradient calls `reverse`, which undoes it as well."""
        return undo_xla(self.tiling, planes, state)

    def reverse(self, planes: Any, after: jax.Array, cotangent: jax.Array) -> Any:
        """Goes back over the step, as the function of this name does over any step."""
        if self.checked() == "xla":
            return reverse_xla(self.tiling, tuple(planes), after, cotangent)
        interpret = self.implementation == "interpret"
        return reverse_pallas(self.tiling, interpret, tuple(planes), after, cotangent)

    def checked(self) -> str:
        """The implementation, where it can run tiles of this size."""
        check_implementation(self.implementation)
        least = min_places(self.tiling)
        if self.implementation != "xla" and self.tiling.places < least:
            raise ValueError(
                f"Argument `tiling` must have tiles of at least {least} places for these blocks "
                f"and implementation {self.implementation}, but they have {self.tiling.places}."
            )
        return self.implementation


def check_implementation(implementation: str) -> None:
    """Raises ValueError where there is no such implementation."""
    if implementation not in IMPLEMENTATIONS:
        raise ValueError(
            f"Argument `implementation` must be one of {', '.join(IMPLEMENTATIONS)} or None, "
            f"but is {implementation}."
        )


def check_runs(implementation: str) -> None:
    """Raises ValueError where the default device or this JAX cannot run an implementation."""
    if implementation != "pallas":
        return
    device = getattr(jax.config, "jax_default_device", None) or jax.default_backend()
    platform = getattr(device, "platform", device)
    why = ""
    if platform not in ("gpu", "cuda"):
        why = f"which is a kernel for GPUs, and JAX's default device is a {platform}"
    elif not has_triton():
        why = f"and JAX {jax.__version__} is without Pallas's Triton backend, which it needs"
    if why:
        raise ValueError(
            'Argument `implementation` must be "xla" here, or "interpret" for tests, but is '
            f'"pallas", {why}.'
        )
