"""A large matrix of products between rows that are made on the device, block by block."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from qjax.engines import bytes_text, device_memory

_SMALLEST, _LARGEST = 64, 1024  # Samples in a block.
_ALIVE = 4  # Rows' worth of memory while rows are made: the states of a step, and the result.


@dataclasses.dataclass(frozen=True)
class Blocks:
    """Samples in blocks of one size, the last one filled up with copies of its last sample."""

    samples: np.ndarray
    size: int

    def __len__(self) -> int:
        return -(-len(self.samples) // self.size)

    def __getitem__(self, index: int) -> np.ndarray:
        rows = self.samples[self.place(index)]
        return np.pad(rows, ((0, self.size - len(rows)), (0, 0)), mode="edge")

    def place(self, index: int) -> slice:
        """Where the block lies among all samples."""
        return slice(index * self.size, min((index + 1) * self.size, len(self.samples)))


def bucket(count: int, smallest: int = _SMALLEST, largest: int | None = None) -> int:
    """The next power of two: few sizes, so that few programs are compiled.

    Example:
        >>> from qjax.estimators._stream import bucket
        >>> bucket(3), bucket(300), bucket(10_000, largest=1024)
        (64, 512, 1024)
    """
    size = max(smallest, 1 << (count - 1).bit_length())
    return size if largest is None else min(size, largest)


def rows_of(
    rows: Callable[[np.ndarray], jax.Array], x: np.ndarray, block: int | None = None
) -> np.ndarray:
    """The rows of all samples on the host, ``[samples, width]``, a block at a time."""
    blocks = Blocks(x, block or bucket(len(x), largest=_LARGEST))
    made = _ahead((i, rows(blocks[i])) for i in range(len(blocks)))
    return np.concatenate([np.asarray(part)[: len(x[blocks.place(i)])] for i, part in made])


def stream(
    rows: Callable[[Any], jax.Array],
    product: Callable[[jax.Array, jax.Array], jax.Array],
    x: np.ndarray,
    y: np.ndarray | None,
    *,
    block: int | None,
    memory: int | None,
    out: Any,
    progress: Console | None,
) -> Any:
    """Writes ``product(rows(x), rows(y))`` into an array on the host, block by block.

    As many rows as the memory allows, a panel, are kept on the device; those of y go by one block
    at a time, once a panel. Where all rows fit, each is made once.

    Args:
        rows: Compiled function of a block of samples.
        product: Compiled function of two blocks of rows.
        x: Samples ``[samples, features]``.
        y: Other samples, or None for a symmetric matrix, of which one half is computed.
        block: Samples in a block.
        memory: Bytes of the device for rows and blocks.
        out: Where to write; a new array if None.
        progress: Where to show progress.
    """
    if block is not None and block < 1:
        raise ValueError(f"Argument `block` must be at least 1, but is {block}.")
    symmetric, y = y is None, x if y is None else y
    out = _checked_out(out, (len(x), len(y)))
    row = jax.eval_shape(rows, jax.ShapeDtypeStruct((1, x.shape[1]), x.dtype))
    row_bytes = row.size * row.dtype.itemsize
    memory = device_memory() // 4 if memory is None else memory
    sizes = [block or bucket(len(samples), largest=_LARGEST) for samples in (x, y)]
    while _working(sizes, row_bytes) > memory and max(sizes) > 1:
        sizes[int(np.argmax(sizes))] //= 2
    if symmetric:  # A block above the diagonal is one below it, turned.
        sizes = [min(sizes)] * 2
    working = _working(sizes, row_bytes)
    if working > memory:
        raise ValueError(
            f"Argument `memory` must be at least {working:,} bytes, what two samples take, but is "
            f"{memory:,} bytes ({bytes_text(memory)})."
        )
    across, down = Blocks(x, sizes[0]), Blocks(y, sizes[1])
    panel = 1 + (memory - working) // (sizes[0] * row_bytes)
    total = len(across) * len(down)
    total = (total + len(across)) // 2 if symmetric else total
    with _bar(progress, total) as advance:
        for i, j, part in _ahead(_products(rows, product, across, down, panel, symmetric)):
            above, beside = across.place(i), down.place(j)
            values = np.asarray(part)[: above.stop - above.start, : beside.stop - beside.start]
            if symmetric and i == j:
                values = np.triu(values) + np.triu(values, 1).T
            elif symmetric:
                out[beside, above] = values.T
            out[above, beside] = values
            advance()
    return out


def _products(
    rows: Callable[[Any], jax.Array],
    product: Callable[[jax.Array, jax.Array], jax.Array],
    across: Blocks,
    down: Blocks,
    panel: int,
    symmetric: bool,
) -> Iterator[tuple[int, int, jax.Array]]:
    for start in range(0, len(across), panel):
        places = range(start, min(start + panel, len(across)))
        kept = {i: rows(across[i]) for i in places}
        for j in range(start if symmetric else 0, len(down)):
            column = kept[j] if symmetric and j in kept else rows(down[j])
            for i in places[: j - start + 1] if symmetric else places:
                yield i, j, product(kept[i], column)


def _working(sizes: list[int], row_bytes: int) -> int:
    """Bytes of one block of rows, of making another, and of their products on the way."""
    first, second = sizes
    return row_bytes * (first + _ALIVE * max(sizes)) + 4 * 4 * first * second


def _ahead(items: Iterable[Any], count: int = 2) -> Iterator[Any]:
    """The same items, started a few early: the device works while the host copies."""
    waiting: collections.deque[Any] = collections.deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > count:
            yield waiting.popleft()
    yield from waiting


def _checked_out(out: Any, shape: tuple[int, int]) -> Any:
    if out is None:
        return np.empty(shape, np.float32)
    if not isinstance(out, np.ndarray) or out.dtype.kind != "f":
        raise TypeError(f"Argument `out` must be a NumPy array of floats, but is {type(out)}.")
    if out.shape != shape:
        raise ValueError(f"Argument `out` must have shape {shape}, but has shape {out.shape}.")
    if not out.flags.writeable:
        raise ValueError("Argument `out` must be writeable, but is read-only.")
    return out


@contextlib.contextmanager
def _bar(console: Console | None, total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal with the time that is left; nothing elsewhere."""
    bar = Progress(
        TextColumn("kernel blocks"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=console is None or not console.is_terminal,
    )
    task = bar.add_task("", total=total)
    with bar:
        yield lambda: bar.advance(task)
