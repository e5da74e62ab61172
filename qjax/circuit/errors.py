"""Checks of arguments, all in one sentence form: "Argument `x` must ..., but ..."."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np


def as_qubits(value: Any, n_qubits: int, name: str = "qubits") -> tuple[int, ...] | int:
    """An int, or a tuple of ints, all in range.

    Raises:
        TypeError: If a qubit is not a Python or NumPy integer.
        ValueError: If a qubit is out of range, or there are none.
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        _check_qubit(int(value), n_qubits, name)
        return int(value)
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    if isinstance(value, str | bytes | float | bool | jax.Array) or not hasattr(value, "__iter__"):
        raise TypeError(
            f"Argument `{name}` must be an integer or a sequence of integers, known when the "
            f"circuit is built, but is {_describe(value)}."
        )
    qubits = tuple(_integer(q, name) for q in value)
    if not qubits:
        raise ValueError(f"Argument `{name}` must name at least one qubit, but is empty.")
    for q in qubits:
        _check_qubit(q, n_qubits, name)
    return qubits


def _integer(value: Any, name: str) -> int:
    if isinstance(value, bool | np.bool_ | float | jax.Array):
        raise TypeError(f"Argument `{name}` must hold integers, but holds {_describe(value)}.")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(
            f"Argument `{name}` must hold integers, but holds {_describe(value)}."
        ) from None


def _check_qubit(qubit: int, n_qubits: int, name: str) -> None:
    if not 0 <= qubit < n_qubits:
        raise ValueError(
            f"Argument `{name}` must be between 0 and {n_qubits - 1} on {n_qubits} qubits, but is "
            f"{qubit}."
        )


def align_qubits(
    arguments: Sequence[tuple[int, ...] | int], names: Sequence[str], gate: str
) -> tuple[tuple[int, ...], ...]:
    """Broadcasts the qubit arguments of a gate to one tuple a use, ``[uses][k]``.

    Raises:
        ValueError: If the lengths differ, or a use names a qubit twice.
    """
    lengths = {len(a) for a in arguments if isinstance(a, tuple)}
    if len(lengths) > 1:
        raise ValueError(
            f"Arguments {' and '.join(f'`{n}`' for n in names)} of `{gate}` must have the same "
            f"length, but have lengths {sorted(lengths)}."
        )
    uses = lengths.pop() if lengths else 1
    columns = [a if isinstance(a, tuple) else (a,) * uses for a in arguments]
    rows = tuple(zip(*columns, strict=True))
    if len(arguments) > 1:
        for row in rows:
            check_distinct(row, gate)
    return rows


def check_distinct(qubits: Sequence[int], gate: str) -> None:
    """Raises ValueError where a qubit appears twice in one use of a gate."""
    if len(set(qubits)) != len(qubits):
        raise ValueError(
            f"The qubits of one `{gate}` must be distinct, but are {tuple(map(int, qubits))}."
        )


def check_shape(shape: tuple[int, ...], allowed: Sequence[tuple[int, ...]], name: str) -> None:
    """Raises ValueError unless the shape is one of those allowed."""
    if tuple(shape) not in allowed:
        expected = " or ".join(str(tuple(a)) for a in dict.fromkeys(allowed))
        raise ValueError(f"Argument `{name}` must have shape {expected}, but has shape {shape}.")


def positive(value: Any, name: str) -> int:
    """An integer of at least 1.

    Raises:
        TypeError: If it is not an integer.
        ValueError: If it is below 1.
    """
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"Argument `{name}` must be an integer, but is {value!r}.") from None
    if value < 1:
        raise ValueError(f"Argument `{name}` must be at least 1, but is {value}.")
    return value


def all_positive(**values: Any) -> None:
    """Checks each as `positive` does, by its name."""
    for name, value in values.items():
        positive(value, name)


def _describe(value: Any) -> str:
    if isinstance(value, jax.Array):
        return f"a JAX array of shape {value.shape}"
    return f"{value!r} of type {type(value).__name__}"
