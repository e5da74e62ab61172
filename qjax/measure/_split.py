"""What the devices along one axis of a mesh do side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from qjax.sharding import Axes, automatic


class Split(NamedTuple):
    """An axis of a mesh that work is split over.

    Attributes:
        mesh: The mesh.
        axis: Name of the axis.
    """

    mesh: Mesh
    axis: str

    @property
    def devices(self) -> int:
        """Number of devices along the axis."""
        return self.mesh.shape[self.axis]

    def everywhere(self, array: jax.Array) -> jax.Array:
        """The array, whole on every device of the axis; so is its cotangent."""
        return jax.lax.with_sharding_constraint(array, NamedSharding(self.mesh, PartitionSpec()))

    def map(self, function: Callable[..., Any], in_specs: Any, out_specs: Any) -> Any:
        """`jax.shard_map` over this axis; the mesh's other axes stay the compiler's."""
        # Not `check_vma`: a loop of the user's may well start from zeros that are the same on all
        # devices. What comes out is split, so its cotangents are right without it, and those of
        # what is the same on all devices are summed where the map ends: once.
        return jax.jit(
            jax.shard_map(
                function,
                mesh=self.mesh,
                in_specs=in_specs,
                out_specs=out_specs,
                axis_names={self.axis},
                check_vma=False,
            )
        )


def split_over(mesh: Mesh | None, axes: Axes | None, name: str) -> Split | None:
    """The axis of a mesh that serves a logical axis; None without a mesh.

    Raises:
        TypeError: If the mesh is none.
        ValueError: If it has no such axis.
    """
    if mesh is None:
        return None
    mesh = automatic(mesh)
    axis = (Axes() if axes is None else axes).find(mesh, name)
    assert axis is not None  # One name was asked for.
    return Split(mesh, axis)
