"""The arguments of a circuit's methods: parameters, matrices, qubits, stacked inputs."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import errors
from qjax.circuit._gate import Gate
from qjax.circuit._matrices import unitarity_error
from qjax.circuit._structure import Slot


def store(
    leaves: tuple[Any, ...], value: Any, name: str, gate: Gate, uses: int
) -> tuple[tuple[Any, ...], Slot]:
    """Adds a parameter to the leaves; a literal number goes to the last leaf of literals."""
    if not gate.data:
        value = as_real(value, name)
        if isinstance(value, float):
            if leaves and type(leaves[-1]) is tuple:
                return (*leaves[:-1], (*leaves[-1], value)), Slot(len(leaves) - 1, len(leaves[-1]))
            return (*leaves, (value,)), Slot(len(leaves), 0)
    event = gate.event_shape
    errors.check_shape(value.shape, [(uses, *event), event], name)
    return (*leaves, value), Slot(len(leaves))


def as_real(value: Any, name: str) -> Any:
    """A Python float, or a real array, NumPy's or JAX's."""
    if isinstance(value, bool | str | bytes) or value is None:
        raise TypeError(f"Argument `{name}` must be a real number or array, but is {value!r}.")
    known = isinstance(value, jax.Array) and not isinstance(value, jax.core.Tracer)
    if known and value.ndim == 0 and jnp.issubdtype(value.dtype, jnp.floating):
        value = float(value)  # A number like any other: thousands of them stay one leaf.
    if isinstance(value, int | float | np.integer | np.floating):
        value = float(value)
        if not np.isfinite(value):
            raise ValueError(f"Argument `{name}` must be finite, but is {value}.")
        return value
    if isinstance(value, list | tuple) and any(isinstance(v, jax.Array) for v in value):
        value = jnp.stack([jnp.asarray(v) for v in value])
    if not isinstance(value, jax.Array):
        try:
            value = np.asarray(value)
        except ValueError as error:
            raise ValueError(f"Argument `{name}` must be a regular array: {error}") from None
    if not (np.issubdtype(value.dtype, np.integer) or jnp.issubdtype(value.dtype, jnp.floating)):
        raise TypeError(f"Argument `{name}` must be real, but has dtype {value.dtype}.")
    if isinstance(value, np.ndarray):
        if not np.all(np.isfinite(value)):
            raise ValueError(f"Argument `{name}` must be finite, but has inf or nan.")
        return float(value) if value.ndim == 0 else value.astype(np.float64)
    return value


def check_matrix(matrix: Any) -> None:
    if isinstance(matrix, jax.core.Tracer):
        return  # Not known yet: passes yield nan where it is not unitary.
    known = np.asarray(matrix)
    if known.dtype.kind not in "fciu":
        raise TypeError(f"Argument `matrix` must be numeric, but has dtype {known.dtype}.")
    if not np.all(np.isfinite(known)):
        raise ValueError("Argument `matrix` must be finite, but has inf or nan.")
    error = unitarity_error(known)
    if error > 1e-4:
        raise ValueError(
            f"Argument `matrix` must be unitary, but |U^H U - I| is {error:.1e}. Orthogonalise it, "
            "for example with `jnp.linalg.qr`."
        )


def columns(qubits: Any, k: int, n_qubits: int) -> tuple[Any, ...]:
    """Splits k qubits, or rows of k qubits, into one argument a position."""
    if k == 1:
        return (qubits,)
    rows = list(qubits) if hasattr(qubits, "__iter__") and not isinstance(qubits, str) else [qubits]
    if rows and all(hasattr(row, "__iter__") for row in rows):
        rows = [errors.as_qubits(tuple(row), n_qubits) for row in rows]
    else:
        rows = [errors.as_qubits(rows, n_qubits)]
    for row in rows:
        if len(row) != k:
            raise ValueError(
                f"Argument `qubits` must name {k} qubits, but names {len(row)}: {tuple(row)}."
            )
    return tuple(zip(*rows, strict=True))


def common_length(xs: Any, length: int | None) -> int:
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(xs)]
    if any(not shape for shape in shapes):
        raise ValueError("Argument `xs` must hold arrays with a leading axis, but holds a scalar.")
    lengths = {shape[0] for shape in shapes} | ({length} if length is not None else set())
    if not lengths:
        raise ValueError("Argument `length` must be given where `xs` has no arrays.")
    if len(lengths) > 1:
        raise ValueError(
            "Arguments `xs` and `length` must agree on one leading length, but have "
            f"{sorted(lengths)}."
        )
    return lengths.pop()
