"""Training data that are read batch by batch."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.train._epoch import EpochInfo, RunSteps
from qjax.train._layout import Layout
from qjax.train._state import Batch, TrainState


@dataclasses.dataclass(frozen=True)
class Stream:
    """Batches that are read while training runs, for data that do not fit into memory.

    It takes the place of `data.train` in `qjax.train.fit`. `chunk` batches are stacked and go to
    the device as one, whose steps are one compiled `jax.lax.scan`; the next chunk is read in a
    thread meanwhile. Order is the stream's: `fit` shuffles nothing.

    Args:
        batches: `batches(first)` returns an iterable of batches, the one with the number `first`
            at its beginning, counted from 0 over all epochs. Each is a pytree of NumPy arrays of
            the leading length `batch_size`. Where the iterable ends, at the end of a file or of the
            data, `batches` is called again with the next number. The same number must always give
            the same batch: a resumed run begins where the last checkpoint was.
        steps: Batches in an epoch, after which the model is validated and saved.
        chunk: Batches on the device at once.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> import numpy as np, optax
        >>> from flax import nnx
        >>> from types import SimpleNamespace
        >>> from qjax.train import Stream, cross_entropy, fit
        >>> def batch(number):  # Read from a file, or drawn, as here.
        ...     x = np.random.default_rng(number).normal(size=(16, 2)).astype(np.float32)
        ...     return x, (x[:, 0] > 0).astype(np.int32)
        >>> def batches(first):
        ...     return (batch(number) for number in range(first, first + 10))
        >>> data = SimpleNamespace(train=Stream(batches, steps=20), valid=batch(10**6))
        >>> model = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
        >>> run = fit(model, optax.adam(0.1), cross_entropy, data, epochs=5, batch_size=16, seed=0,
        ...           progress=False)
        >>> bool(run.history.valid["accuracy"][-1] > 0.9)
        True
    """

    batches: Callable[[int], Iterable[Batch]]
    steps: int
    chunk: int = 16

    def __post_init__(self) -> None:
        for name in ("steps", "chunk"):
            if (value := getattr(self, name)) < 1:
                raise ValueError(f"Argument `{name}` must be at least 1, but is {value}.")

    @property
    def settings(self) -> dict[str, Any]:
        """What must agree for a run to go on from a checkpoint."""
        return {"steps": self.steps}

    @contextlib.contextmanager
    def open(
        self, run_steps: RunSteps, state: TrainState, batch_size: int, layout: Layout
    ) -> Iterator[Callable[[TrainState, int], tuple[TrainState, EpochInfo]]]:
        """Yields the function that runs the next epoch; `state` says where the stream begins."""

        @functools.partial(jax.jit, donate_argnums=0, out_shardings=layout.sharding())
        def run_chunk(state: TrainState, good: jax.Array, batches: Batch) -> Any:
            return run_steps(state, good, batches, lambda batch: batch)

        begun = layout.put(jnp.array(True))

        programs: dict[int, Any] = {}

        def program(state: TrainState, batches: Batch) -> Any:
            size = len(jax.tree.leaves(batches)[0])
            if size not in programs:
                programs[size] = run_chunk.lower(state, begun, batches).compile()
            return programs[size]

        chunks = _ahead(_chunks(self, int(state.step), batch_size, layout))

        def run_epoch(state: TrainState, epoch: int) -> tuple[TrainState, EpochInfo]:
            good, parts = begun, []
            for _ in range(-(-self.steps // self.chunk)):
                batches, waits_for = next(ready), good
                state, good, metrics, good_steps = program(state, batches)(state, good, batches)
                parts.append((metrics, good_steps))
                # One chunk runs and one waits on the device; no more pile up there.
                jax.block_until_ready(waits_for)
            means = {
                name: jnp.concatenate([metrics[name] for metrics, _ in parts]).mean()
                for name in parts[0][0]
            }
            return state, EpochInfo(means, jnp.stack([steps for _, steps in parts]).sum())

        with contextlib.closing(chunks):
            first = next(chunks)
            program(state, first)
            ready = itertools.chain([first], chunks)
            yield run_epoch


def _chunks(stream: Stream, first: int, batch_size: int, layout: Layout) -> Iterator[Batch]:
    """Yields stacked batches on the devices, the last ones of an epoch maybe fewer."""
    numbered = _endless(stream, first, batch_size)
    for number in itertools.count(first // stream.steps * stream.steps, stream.steps):
        for start in range(number, number + stream.steps, stream.chunk):
            size = min(stream.chunk, number + stream.steps - start)
            batches = list(itertools.islice(numbered, size))
            stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *batches)
            yield layout.put(stacked, None, layout.batch)


def _endless(stream: Stream, number: int, batch_size: int) -> Iterator[Batch]:
    while True:
        first = number
        for batch in stream.batches(number):
            lengths = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(batch)}
            if lengths != {(batch_size,)}:
                raise ValueError(
                    f"Argument `data.train` must give batches of {batch_size} examples, but batch "
                    f"{number} has leading lengths {sorted(lengths)}."
                )
            yield batch
            number += 1
        if number == first:
            raise ValueError(
                f"Argument `data.train` must give a batch for every number, but has none from "
                f"{number} on."
            )


def _ahead(items: Iterator[Any]) -> Generator[Any]:
    """Yields what `items` yields, reading one item ahead in a thread."""
    with ThreadPoolExecutor(1, "qjax.train.Stream") as pool:
        item = pool.submit(next, items)
        while True:
            ready = item.result()
            item = pool.submit(next, items)
            yield ready
