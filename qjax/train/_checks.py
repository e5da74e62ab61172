"""Checksums that a checkpoint's arrays are recognised by, however they were split."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from qjax.train._hosts import everyones

_WHOLE, _SPLIT = "checksum", "sums"


def check_sums(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what restored arrays are compared with: notes of a checkpoint.

    NumPy arrays have one CRC-32 together, arrays split over devices one sum each. All processes
    call it.
    """
    split = {name: array for name, array in arrays.items() if isinstance(array, jax.Array)}
    notes: dict[str, Any] = {_WHOLE: _crc({n: a for n, a in arrays.items() if n not in split})}
    if split:
        parts = everyones({name: _sum_here(array) for name, array in split.items()})
        notes[_SPLIT] = {name: sum(part[name] for part in parts) % 2**64 for name in split}
    return notes


def has_sums(arrays: Mapping[str, np.ndarray], notes: dict[str, Any]) -> bool:
    """Whether restored arrays are those that `check_sums` saw; takes its notes out of `notes`."""
    sums = notes.pop(_SPLIT, {})
    found = {name: _sum(arrays[name]) for name in sums if name in arrays}
    whole = {name: array for name, array in arrays.items() if name not in sums}
    return bool(notes.pop(_WHOLE, None) == _crc(whole) and found == sums)


def _crc(arrays: Mapping[str, np.ndarray]) -> int:
    total = 0
    for name in sorted(arrays):
        total = zlib.crc32(name.encode(), total)
        total = zlib.crc32(np.ascontiguousarray(arrays[name]).tobytes(), total)
    return total


def _sum_here(array: jax.Array) -> int:
    """Returns what this process adds to the sum of a split array, each part counted once."""
    parts = [part for part in array.addressable_shards if part.replica_id == 0]
    return sum(_sum(np.asarray(p.data), p.index, array.shape) for p in parts)


def _sum(values: np.ndarray, index: tuple[slice, ...] = (), shape: tuple[int, ...] = ()) -> int:
    """Returns the sum of all bytes, each times 2 p + 1 at place p of the whole array, mod 2^64.

    Sums of parts add up to that of the whole. No weight is even: any one changed byte is seen.

    Args:
        values: A part.
        index: Where it is in the whole; () for the whole itself.
        shape: Shape of the whole; () for that of `values`.
    """
    shape = shape or values.shape
    ranges = [
        np.arange(n)[i] for n, i in zip(shape, index or (slice(None),) * len(shape), strict=True)
    ]
    elements = np.ravel_multi_index(np.ix_(*ranges), shape).reshape(-1, 1)
    bytes_ = np.ascontiguousarray(values).reshape(-1, 1).view(np.uint8)
    places = elements * values.itemsize + np.arange(values.itemsize)
    return int((bytes_ * (2 * places + 1).astype(np.uint64)).sum(dtype=np.uint64))
