"""Where the arrays of a run lie: on one device, or over a mesh."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from qjax.sharding import Axes, automatic, check_divides, local, place


class Layout(NamedTuple):
    """What is split over which devices. Without a mesh every method is the identity.

    Data and parameters are on every device, examples of a step are split over one axis of the
    mesh, runs over another. The compiler then splits the work on them and adds the sums over
    devices: what a program computes is not changed by it, random numbers included.

    Attributes:
        mesh: The devices; None for the default one.
        batch: Axis of the mesh for the examples of a step, if any.
        ensemble: Axis of the mesh for runs, if any.
    """

    mesh: Mesh | None = None
    batch: str | None = None
    ensemble: str | None = None

    def check_batch(self, batch_size: int, accumulate: int) -> None:
        """Raises unless devices have equal shares of every batch that is differentiated."""
        if batch_size % accumulate:
            raise ValueError(
                f"Argument `batch_size` must be a multiple of `accumulate`, {accumulate}, "
                f"but is {batch_size}."
            )
        if self.mesh is not None:
            part = "" if accumulate == 1 else " / `accumulate`"
            what = f"Argument `batch_size`{part}"
            check_divides(self.mesh, self.batch, batch_size // accumulate, what)

    def sharding(self, *axes: str | None) -> NamedSharding | None:
        """Returns the layout of arrays whose first dimensions are split over the axes."""
        return None if self.mesh is None else NamedSharding(self.mesh, PartitionSpec(*axes))

    def put(self, tree: Any, *axes: str | None) -> Any:
        """Returns arrays of the host on the devices, the first dimensions split over the axes."""
        where = self.sharding(*axes)
        return jax.tree.map(jnp.asarray, tree) if where is None else place(tree, where)

    def keep(self, tree: Any, *axes: str | None) -> Any:
        """Returns arrays of a traced function, which the compiler lays out that way."""
        where = self.sharding(*axes)
        return tree if where is None else jax.lax.with_sharding_constraint(tree, where)

    def back(self, tree: Any) -> Any:
        """Returns arrays as the caller of a run gets them: whole, on the default device."""
        return tree if self.mesh is None else local(tree)

    def rows(self, runs: int) -> np.ndarray:
        """Returns the numbers of `runs` runs, some again, so that devices have equal shares."""
        devices = (
            1 if self.mesh is None or self.ensemble is None else self.mesh.shape[self.ensemble]
        )
        return np.arange(-(-runs // devices) * devices) % runs


def layout_of(mesh: Mesh | None, axes: Axes | None, *used: str) -> Layout:
    """Returns the layout over the logical axes that a function splits.

    Raises:
        TypeError: If `mesh` is no mesh.
        ValueError: If it has none of the axes, or not the ones that `axes` names.
    """
    if mesh is None:
        return Layout()
    mesh, axes = automatic(mesh), axes or Axes()
    # The verbs within a model may use the others.
    others = ("batch", "ensemble", "state", "terms")
    return Layout(
        mesh,
        **{name: axes.find(mesh, name, *(o for o in others if o != name)) for name in used},
    )
