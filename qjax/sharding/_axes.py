"""Meshes of devices, and which of their axes serves what."""

from __future__ import annotations

import dataclasses
import math

import jax
from jax.sharding import AbstractMesh, AxisType, Mesh


@dataclasses.dataclass(frozen=True)
class Axes:
    """Which mesh axis each logical axis is split over.

    None stands for the mesh axis of the logical axis' own name, if the mesh has one; what has no
    mesh axis is not split.

    Args:
        batch: Mesh axis of the examples of a step, over which gradients are reduced.
        ensemble: Mesh axis of runs: seeds, hyperparameters, folds.
        terms: Mesh axis of the strings of an observable.
        state: Mesh axis of the amplitudes of a state.

    Example:
        >>> from qjax.sharding import Axes, mesh
        >>> Axes(batch="data").find(mesh(data=1), "batch")
        'data'
    """

    batch: str | None = None
    ensemble: str | None = None
    terms: str | None = None
    state: str | None = None

    def find(self, mesh: Mesh, *logical: str) -> str | None:
        """Returns the mesh axis of the first logical axis, or None if it is not split.

        Args:
            mesh: The mesh.
            *logical: Names of logical axes. The mesh must have an axis for one of them at least.

        Raises:
            ValueError: If it has none, or none of the name given in this table.
        """
        named = {name: getattr(self, name) for name in logical}
        for name, axis in named.items():
            if axis is not None and axis not in mesh.axis_names:
                raise ValueError(
                    f"Argument `axes` must name axes of the mesh, which has {describe(mesh)}, "
                    f"but has {name}={axis!r}."
                )
        there = [name for name, axis in named.items() if (axis or name) in mesh.axis_names]
        if not there:
            wanted = " or ".join(f"`{name}`" for name in logical)
            example = next(iter(mesh.axis_names), "name")
            raise ValueError(
                f"Argument `mesh` must have an axis {wanted}, but has {describe(mesh)}. Another "
                f"name is given as `axes=Axes({logical[0]}={example!r})`."
            )
        return (named[logical[0]] or logical[0]) if logical[0] in there else None


def mesh(**sizes: int) -> Mesh:
    """Returns a mesh of named axes over the devices that there are.

    It is `jax.make_mesh` with axis types that leave the layout to the compiler, and with a clear
    error where devices are too few. Any other `jax.sharding.Mesh` serves as well.

    Args:
        **sizes: Axis name to its number of devices, the slowest axis first.

    Returns:
        A mesh of the first of all processes' devices, as many as the product of the sizes.

    Raises:
        ValueError: If there is no axis, a size is not a positive integer, or devices are too few.

    Example:
        >>> from qjax.sharding import mesh
        >>> dict(mesh(batch=1, state=1).shape)
        {'batch': 1, 'state': 1}
    """
    if not sizes:
        raise ValueError("Argument `sizes` must have at least one axis, such as `batch=8`.")
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(
                f"Argument `{name}` must be a positive number of devices, but is {size!r}."
            )
    available = jax.devices()
    needed = math.prod(sizes.values())
    if needed > len(available):
        asked = " x ".join(f"{name}={size}" for name, size in sizes.items())
        kinds = " and ".join(sorted({device.platform for device in available}))
        raise ValueError(
            f"Argument `sizes` must need at most the {len(available)} {kinds} devices that there "
            f"are, but {asked} needs {needed}. Before anything runs, "
            f"`jax.config.update('jax_num_cpu_devices', {needed})` makes virtual ones on a CPU."
        )
    types = (AxisType.Auto,) * len(sizes)
    return jax.make_mesh(
        tuple(sizes.values()), tuple(sizes), axis_types=types, devices=available[:needed]
    )


def automatic(mesh: Mesh) -> Mesh:
    """Returns the mesh with axis types that leave the layout to the compiler.

    Raises:
        TypeError: If it is no `jax.sharding.Mesh`.
        ValueError: If one of several processes has no device in it.
    """
    if not isinstance(mesh, Mesh):
        raise TypeError(
            "Argument `mesh` must be a jax.sharding.Mesh, as `qjax.sharding.mesh(batch=8)` makes, "
            f"but has type {type(mesh).__name__}."
        )
    there = {device.process_index for device in mesh.devices.flat}
    if missing := set(range(jax.process_count())) - there:
        raise ValueError(
            f"Argument `mesh` must have devices of all {jax.process_count()} processes, but has "
            f"none of process {min(missing)}: every process takes part in a computation."
        )
    return Mesh(mesh.devices, mesh.axis_names, axis_types=(AxisType.Auto,) * mesh.devices.ndim)


def check_divides(mesh: Mesh, axis: str | None, size: int, what: str) -> None:
    """Raises unless the devices of a mesh axis can take equal shares of `size`.

    Args:
        mesh: The mesh.
        axis: One of its axes; None is always right.
        size: What is split.
        what: What it is called, such as "Argument `batch_size`".

    Raises:
        ValueError: If it cannot be split.
    """
    if axis is not None and size % mesh.shape[axis]:
        raise ValueError(
            f"{what} must be a multiple of the {mesh.shape[axis]} devices of mesh axis `{axis}`, "
            f"but is {size}."
        )


def describe(mesh: Mesh | AbstractMesh) -> str:
    """Returns the axes of a mesh for an error message."""
    return ", ".join(f"`{name}` ({size})" for name, size in mesh.shape.items()) or "no axes"
