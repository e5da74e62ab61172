"""Ranges of settings: each raises one clear line."""

from __future__ import annotations

import math
from typing import Any


def at_least(config: Any, low: float, *names: str) -> None:
    """Raises unless each named field is finite and at least `low`."""
    for name in names:
        if not low <= (value := getattr(config, name)) < math.inf:
            raise ValueError(f"Argument `{name}` must be at least {low}, but is {value}.")


def above(config: Any, low: float, *names: str) -> None:
    """Raises unless each named field is finite and above `low`."""
    for name in names:
        if not low < (value := getattr(config, name)) < math.inf:
            raise ValueError(f"Argument `{name}` must be above {low}, but is {value}.")


def one_of(config: Any, name: str, choices: Any) -> None:
    """Raises unless the named field is one of `choices`."""
    if (value := getattr(config, name)) not in choices:
        raise ValueError(
            f"Argument `{name}` must be one of {', '.join(map(str, choices))}, but is {value}."
        )
