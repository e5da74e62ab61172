"""Checks of what `fit` and `fit_many` have in common."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from rich.console import Console

from qjax.train._hosts import leads
from qjax.train._state import Batch


def check_positive(**values: Any) -> None:
    """Raises unless all are integers above 0."""
    for name, value in values.items():
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"Argument `{name}` must be a positive integer, but is {value!r}.")


def length_of(name: str, examples: Batch) -> int:
    """Returns the one leading length of all arrays, or raises if there is none."""
    lengths = {np.shape(a)[:1] for a in jax.tree.leaves(examples)}
    if len(lengths) != 1 or () in lengths or (0,) in lengths:
        raise ValueError(
            f"Argument `{name}` must have arrays of one leading length above 0, "
            f"but has leading lengths {sorted(lengths)}."
        )
    return int(next(iter(lengths))[0])


def console_of(progress: bool | Console) -> Console | None:
    """Returns where to report: nowhere if not asked to, or not the process that leads."""
    if not progress or not leads():
        return None
    return progress if isinstance(progress, Console) else Console()
