"""Training data that are on the device as a whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import jax

from qjax.train._epoch import EpochInfo, RunSteps, epoch_function, epoch_order
from qjax.train._layout import Layout
from qjax.train._state import Batch, TrainState


class InMemory:
    """Examples whose batches are drawn anew in each epoch.

    Args:
        examples: Pytree of arrays of one leading length.
        batch_size: Examples in a step.

    Attributes:
        steps: Steps in an epoch.
        settings: What must agree for a run to go on from a checkpoint.
    """

    def __init__(self, examples: Batch, batch_size: int):
        self._examples = examples
        self._length = len(jax.tree.leaves(examples)[0])
        self.steps = self._length // batch_size
        self.settings: dict[str, Any] = {"examples": self._length}

    @contextlib.contextmanager
    def open(
        self, run_steps: RunSteps, state: TrainState, batch_size: int, layout: Layout
    ) -> Iterator[Callable[[TrainState, int], tuple[TrainState, EpochInfo]]]:
        """Yields the compiled function of state and epoch that runs an epoch."""
        data = layout.put(self._examples)

        def order(state: TrainState, epoch: int) -> jax.Array:
            return epoch_order(state.key, epoch, length=self._length, batch_size=batch_size)

        epoch = epoch_function(run_steps)
        function = jax.jit(epoch, donate_argnums=0, out_shardings=layout.sharding())
        compiled = function.lower(state, order(state, 0), data).compile()
        yield lambda state, epoch: compiled(state, order(state, epoch), data)
