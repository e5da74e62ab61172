"""Contraction of networks: tables for the many small products, matrix products for the large ones.

Two tensors are equal if they are made in the same way from equal tensors: they are computed once.
Two tensors are alike if they are made in the same way from tensors that are alike, as gates of one
kind with different angles are: they are the rows of one array.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.engines.network._schedule import Leaf, Schedule
from qjax.engines.network._table import Product, common, phases, run_table

Arrays = dict[int, jax.Array]


class Node(NamedTuple):
    """A tensor: its group, and its row there."""

    group: int
    row: int


class Forest:
    """Networks to contract together.

    A group is a kind of tensor: a source with a `Leaf`, or two groups with a `Step`. Its rows are
    rows of what it is made of; those of a source are all that the networks need of it.
    """

    def __init__(self) -> None:
        self._used: dict[Any, dict[int, int]] = {}
        self._groups: dict[Any, int] = {}
        self._rows: list[dict[tuple[int, int], int]] = []
        self._varies: list[bool] = []
        self._roots: list[Node] = []
        self._slices = 0

    def add(self, tensors: Sequence[tuple[Hashable, int]], plan: Schedule) -> None:
        """Adds a network: the source and the row of each tensor, and how it is contracted."""
        nodes = []
        for (source, row), leaf in zip(tensors, plan.leaves, strict=True):
            used = self._used.setdefault(source, {})
            group = self._group((source, leaf), bool(leaf.sliced))
            nodes.append(Node(group, used.setdefault(row, len(used))))
        for (a, b), step in zip(plan.pairs, plan.steps, strict=True):
            left, right = nodes[a], nodes[b]
            varies = self._varies[left.group] or self._varies[right.group]
            group = self._group((left.group, right.group, step), varies)
            rows = self._rows[group]
            row = rows.setdefault((left.row, right.row), len(rows))
            nodes.append(Node(group, row))
        self._roots.append(nodes[-1])
        self._slices = max(self._slices, plan.slices)

    def _group(self, key: Any, varies: bool) -> int:
        group = self._groups.setdefault(key, len(self._groups))
        if group == len(self._rows):
            self._rows.append({})
            self._varies.append(varies)
        return group

    def contract(self, stack: Callable[[Any], jax.Array]) -> jax.Array:
        """The results, ``[networks, entries]``.

        Args:
            stack: Gives all tensors of a source, ``[rows, 2, 2, ...]``.
        """
        leaves = {g: key for key, g in self._groups.items() if len(key) == 2}
        stacks = {source: _rows(stack(source), list(used)) for source, used in self._used.items()}
        products = {
            g: Product(key[0], key[1], key[2], tuple(self._rows[g]))
            for key, g in self._groups.items()
            if g not in leaves
        }

        def extended(arrays: Arrays, varies: bool, number: Any) -> Arrays:
            """The tensors of one slice, or those of all of them, besides the ones there are."""
            read = {
                g: _read(stacks[source], leaf, number)
                for g, (source, leaf) in leaves.items()
                if self._varies[g] == varies
            }
            found = arrays | read
            mine = {g: p for g, p in products.items() if self._varies[g] == varies}
            for small, large in phases(mine):
                others = (p for g, p in products.items() if g not in small)
                asked = {x for p in others for x in (p.left, p.right)}
                found |= run_table(small, found, asked | {root.group for root in self._roots})
                for g, product in large.items():
                    found[g] = _product(found, product)
            return found

        shared = extended({}, False, None)
        if not self._slices:
            return self._results(shared)

        # The derivative keeps nothing of a slice but its number.
        def of_slice(number: jax.Array) -> jax.Array:
            return self._results(extended(shared, True, number))

        run = jax.checkpoint(of_slice, prevent_cse=False)
        numbers = jnp.arange(2**self._slices, dtype=jnp.uint32)
        shape = jax.eval_shape(run, numbers[0])
        start = jnp.zeros(shape.shape, shape.dtype)
        return jax.lax.scan(lambda total, i: (total + run(i), None), start, numbers)[0]

    def _results(self, arrays: Arrays) -> jax.Array:
        groups = list(dict.fromkeys(root.group for root in self._roots))
        starts = np.cumsum([0, *(arrays[g].shape[0] for g in groups)]).tolist()
        dtype = common(*(arrays[g] for g in groups))
        joined = jnp.concatenate([arrays[g].astype(dtype) for g in groups])
        return _rows(joined, [starts[groups.index(root.group)] + root.row for root in self._roots])


def _read(stack: jax.Array, leaf: Leaf, number: Any) -> jax.Array:
    """A stack as a leaf reads it, ``[rows, entries]``."""
    total = stack
    for axis, variable in sorted(leaf.sliced, reverse=True):
        bit = (number >> variable) & 1
        total = jax.lax.dynamic_index_in_dim(total, bit, axis + 1, keepdims=False)
    cut = [axis for axis, _ in leaf.sliced]
    summed = tuple(1 + axis - sum(other < axis for other in cut) for axis in leaf.summed)
    total = total.sum(summed) if summed else total
    return total.transpose(0, *(axis + 1 for axis in leaf.axes)).reshape(total.shape[0], -1)


def _rows(array: jax.Array, rows: Sequence[int]) -> jax.Array:
    """Rows of an array; one that is wanted everywhere is kept as one."""
    if len(set(rows)) == 1:
        return array if array.shape[0] == 1 else array[rows[0] : rows[0] + 1]
    if list(rows) == list(range(array.shape[0])):
        return array
    return array[np.asarray(rows, np.int32)]


def _product(arrays: Arrays, product: Product) -> jax.Array:
    lefts, rights = zip(*product.rows, strict=True)
    left, right = _rows(arrays[product.left], lefts), _rows(arrays[product.right], rights)
    dtype = common(left, right)
    b, f, g, k = (2**size for size in product.step[:4])
    left = left.astype(dtype).reshape(-1, b, f, k)
    right = right.astype(dtype).reshape(-1, b, k, g)
    if k == 1:
        total = left * right
    else:
        total = jnp.matmul(left, right, precision=jax.lax.Precision.HIGHEST)
    return _transposed(total.reshape(total.shape[0], -1), product.step.axes)


def _transposed(array: jax.Array, axes: tuple[int, ...]) -> jax.Array:
    """Rows of ``2**k`` entries with their bits in another order; runs of bits are moved as one."""
    runs: list[list[int]] = []
    for axis in axes:
        if runs and runs[-1][-1] + 1 == axis:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    if len(runs) < 2:
        return array
    order = sorted(range(len(runs)), key=lambda r: runs[r][0])
    total = array.reshape(-1, *(2 ** len(runs[r]) for r in order))
    moved = total.transpose(0, *(1 + order.index(r) for r in range(len(runs))))
    return moved.reshape(array.shape)
