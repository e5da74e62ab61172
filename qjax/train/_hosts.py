"""What the processes of one run tell each other. In a single process nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

from qjax.train._errors import TrainingError

T = TypeVar("T")

# Texts are filled up to a multiple of it, so that gathering them is compiled once.
_BLOCK = 1024


def several() -> bool:
    """Whether the run has more than one process. Asking starts no backend where it has not."""
    return jax.distributed.is_initialized() and jax.process_count() > 1


def leads() -> bool:
    """Whether this process is the one that writes and prints: the first of a run, or the only one.

    Example:
        >>> from qjax.train import leads
        >>> leads()
        True
    """
    return not several() or jax.process_index() == 0


def everyones(value: Any) -> list[Any]:
    """Returns the `value` of each process, anything that JSON can say. All must call it."""
    if not several():
        return [value]
    text = np.frombuffer(json.dumps(value).encode(), np.uint8)
    longest = int(multihost_utils.process_allgather(np.int32(len(text))).max())
    row = np.full(-(-longest // _BLOCK) * _BLOCK, ord(" "), np.uint8)
    row[: len(text)] = text
    return [json.loads(bytes(one)) for one in multihost_utils.process_allgather(row)]


def leaders(value: T) -> T:
    """Returns the `value` of the process that leads. All processes of a run must call it.

    Args:
        value: Anything that JSON can say, such as whether a file exists.

    Example:
        >>> from qjax.train import leaders
        >>> leaders({"found": True})
        {'found': True}
    """
    return everyones(value)[0] if several() else value


def together(work: Callable[[], T]) -> T:
    """Does `work` in every process; nobody goes on before all are done.

    Returns:
        What `work` returned here.

    Raises:
        TrainingError: In every process, if `work` raised one in any.
    """
    if not several():
        return work()
    error: TrainingError | None = None
    try:
        result = work()
    except TrainingError as caught:
        error = caught
    for process, text in enumerate(everyones(error and str(error))):
        if text is not None:
            raise error or TrainingError(f"Process {process}: {text}")
    return result


def by_leader(work: Callable[[], object]) -> None:
    """Does `work` in the process that leads; the others wait. All processes of a run must call it.

    Args:
        work: What to do, without arguments.

    Raises:
        TrainingError: In every process, if `work` raised one.

    Example:
        >>> from qjax.train import by_leader
        >>> by_leader(lambda: print("written once"))
        written once
    """
    together(lambda: leads() and work())
