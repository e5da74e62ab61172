"""Checks of an estimator's parameters, when it is fitted, as scikit-learn has it."""

from __future__ import annotations

import numbers
from collections.abc import Collection
from typing import Any


def check_whole(estimator: Any, *names: str) -> None:
    """Raises unless each named parameter is an integer of at least 1."""
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, numbers.Integral) or isinstance(value, bool):
            raise TypeError(f"Argument `{name}` must be an integer, but is {value!r}.")
        if value < 1:
            raise ValueError(f"Argument `{name}` must be at least 1, but is {value}.")


def check_above_zero(estimator: Any, *names: str) -> None:
    """Raises unless each named parameter is a finite number above 0."""
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, numbers.Real) or isinstance(value, bool):
            raise TypeError(f"Argument `{name}` must be a number, but is {value!r}.")
        if not 0 < float(value) < float("inf"):
            raise ValueError(f"Argument `{name}` must be above 0 and finite, but is {value}.")


def check_one_of(estimator: Any, name: str, choices: Collection[str]) -> None:
    """Raises unless the named parameter is one of the choices."""
    value = getattr(estimator, name)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"Argument `{name}` must be one of {sorted(choices)}, but is {value!r}.")
