"""Checks of arguments that the whole library shares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import GATES, Circuit, errors


def check_circuit(circuit: Any) -> None:
    """Raises TypeError unless the argument is a circuit."""
    if not isinstance(circuit, Circuit):
        raise TypeError(f"Argument `circuit` must be a `qjax.Circuit`, but is {circuit!r}.")


def numbers(value: Any, name: str) -> Any:
    """A floating or complex array, JAX's where it was JAX's and NumPy's in double otherwise."""
    if not isinstance(value, jax.Array):
        if any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(value)):
            value = jnp.asarray(value)
        else:
            value = _known(value, name)
    if jnp.issubdtype(value.dtype, jnp.integer):
        value = value.astype(jnp.result_type(float))
    if not jnp.issubdtype(value.dtype, jnp.inexact):
        raise TypeError(f"Argument `{name}` must be numeric, but has dtype {value.dtype}.")
    return value


def _known(value: Any, name: str) -> np.ndarray:
    try:
        value = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"Argument `{name}` must be a regular array, but its rows differ in length."
        ) from None
    if value.dtype.kind not in "iufc":
        raise TypeError(f"Argument `{name}` must be numeric, but has dtype {value.dtype}.")
    if not np.all(np.isfinite(value)):
        raise ValueError(f"Argument `{name}` must be finite, but has inf or nan.")
    return value.astype(complex if value.dtype.kind == "c" else float)


def real(value: Any, name: str, *shapes: tuple[int, ...]) -> Any:
    """A floating array of one of the shapes; of any shape where none is given."""
    value = numbers(value, name)
    if jnp.issubdtype(value.dtype, jnp.complexfloating):
        raise TypeError(f"Argument `{name}` must be real, but has dtype {value.dtype}.")
    if shapes:
        errors.check_shape(value.shape, shapes, name)
    return value


def aligned(*arrays: Any) -> tuple[jax.Array, ...]:
    """JAX arrays; those that were NumPy's take the precision of the others."""
    dtypes = [a.dtype for a in arrays if isinstance(a, jax.Array)] or [arrays[0].dtype]
    return tuple(
        a if isinstance(a, jax.Array) else jnp.asarray(a, _allowed(dtypes[0])) for a in arrays
    )


def _allowed(dtype: Any) -> Any:
    """The dtype, or its 32-bit form where JAX's 64-bit mode is off."""
    return jax.dtypes.canonicalize_dtype(dtype)


def layers_of(value: Any, name: str, *trailing: int) -> Any:
    """A floating array ``[layers, *trailing]`` of at least one layer."""
    value = real(value, name)
    if value.ndim != 1 + len(trailing) or value.shape[1:] != trailing or not value.shape[0]:
        expected = ", ".join(map(str, ("layers", *trailing))) + ("" if trailing else ",")
        raise ValueError(
            f"Argument `{name}` must have shape ({expected}) with at least one layer, but has "
            f"shape {value.shape}."
        )
    return value


def choice(value: Any, name: str, options: Iterable[str]) -> str:
    """One of some names."""
    known = sorted(options)
    if value not in known:
        raise ValueError(f"Argument `{name}` must be one of {known}, but is {value!r}.")
    return value


def rotation_gate(value: Any, name: str) -> str:
    """Name of a single-qubit gate with one angle."""
    gates = (g.name for g in GATES.values() if g.n_qubits == 1 and len(g.parameters) == 1)
    return choice(value, name, gates)


def two_qubit_gate(value: Any, name: str) -> str:
    """Name of a two-qubit gate without angles."""
    return choice(value, name, (g.name for g in GATES.values() if g.n_qubits == 2 and g.is_fixed))
