"""Small products of tensors as data: tables of numbers to multiply and add, walked by one loop.

Most products of a network are tiny, and compiling one takes a thousand times as long as running
it. As data they cost nothing to compile, whatever the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.engines.network._schedule import Step

# A product of more multiplications is a matrix product of its own.
_LARGEST = 2**13
# All that is in tables: they are part of the program, twelve bytes a multiplication.
_TABLE = 2**20
# Fewer products are quicker to compile as they are.
_FEWEST = 4
# A round of the loop takes as long as so many multiplications.
_ROUND = 400


class Product(NamedTuple):
    """Products of rows of two groups of tensors.

    Attributes:
        left: One group.
        right: The other.
        step: How they are multiplied.
        rows: Which two rows each row is made of.
    """

    left: int
    right: int
    step: Step
    rows: tuple[tuple[int, int], ...]


Products = dict[int, Product]


def phases(products: Products) -> list[tuple[Products, Products]]:
    """The products in turns: some for one table, then some that are matrix products.

    Small products go into tables, up to a total; what waits for a large one, into a later table.
    """
    total, small = 0, set()
    for g in sorted(products, key=lambda g: products[g].step.work):
        total += products[g].step.work * len(products[g].rows)
        if products[g].step.work > _LARGEST or total > _TABLE:
            break
        small.add(g)
    turn: dict[int, int] = {}
    turns: list[tuple[Products, Products]] = []
    for g, product in products.items():
        waits = [turn[x] + (x not in small) for x in product[:2] if x in turn]
        turn[g] = max(waits, default=0)
        if turn[g] == len(turns):
            turns.append(({}, {}))
        turns[turn[g]][g not in small][g] = product
    return [(a, b) if len(a) >= _FEWEST else ({}, a | b) for a, b in turns]


def run_table(
    products: Products, arrays: dict[int, jax.Array], needed: Iterable[int]
) -> dict[int, jax.Array]:
    """The products ``[rows, entries]`` that are needed.

    Args:
        products: What is multiplied, each after what it is made of.
        arrays: The tensors that are there, ``[rows, entries]``.
        needed: Products that something else asks for.
    """
    if not products:
        return {}
    read = [x for p in products.values() for x in (p.left, p.right) if x not in products]
    given = list(dict.fromkeys(read))
    sizes = {g: arrays[g].shape for g in given}
    sizes |= {g: (len(p.rows), p.step.entries) for g, p in products.items()}
    ends = np.cumsum([rows * entries for rows, entries in sizes.values()])
    start = dict(zip(sizes, [0, *ends[:-1].tolist()], strict=True))
    zero = int(ends[-1])  # One more entry, which stays 0 and pads the tables.
    tables = _rounds(products, start, sizes, zero)
    dtype = common(*(arrays[g] for g in given))
    parts = [arrays[g].astype(dtype).reshape(-1) for g in given]
    made = zero + 1 - sum(part.shape[0] for part in parts)
    pool = jnp.concatenate([*parts, jnp.zeros(made, dtype)])

    def body(pool: jax.Array, table: jax.Array) -> tuple[jax.Array, None]:
        inside: Any = "promise_in_bounds"
        left, right, out = table
        number = pool.at[left].get(mode=inside) * pool.at[right].get(mode=inside)
        return pool.at[out].add(number, mode=inside), None

    pool, _ = jax.lax.scan(body, pool, jnp.asarray(tables))
    return {
        g: pool[start[g] : start[g] + sizes[g][0] * sizes[g][1]].reshape(sizes[g])
        for g in products
        if g in needed
    }


def _rounds(
    products: Products, start: dict[int, int], sizes: dict[int, Any], zero: int
) -> np.ndarray:
    """Tables ``[rounds, 3, width]`` of the entries that are multiplied and added to."""
    level: dict[int, int] = {}
    levels: list[list[np.ndarray]] = []
    for g, product in products.items():
        level[g] = max((level[x] + 1 for x in product[:2] if x in level), default=0)
        if level[g] == len(levels):
            levels.append([])
        entries = _entries(product.step)
        rows = np.array([(*pair, row) for row, pair in enumerate(product.rows)])
        groups = (product.left, product.right, g)
        columns = [
            start[x] + rows[:, i, None] * sizes[x][1] + entries[i][None]
            for i, x in enumerate(groups)
        ]
        levels[level[g]].append(np.stack(columns).reshape(3, -1))
    joined = [np.concatenate(parts, 1) for parts in levels]
    works = np.array([table.shape[1] for table in joined])
    widths = 2 ** np.arange(5, 17)
    costs = [np.sum(-(-works // width)) * (width + _ROUND) for width in widths]
    width = int(widths[np.argmin(costs)])
    padded = [
        np.pad(table, ((0, 0), (0, -table.shape[1] % width)), constant_values=zero)
        for table in joined
    ]
    table = np.concatenate(padded, 1).astype(np.int32)
    return table.reshape(3, -1, width).transpose(1, 0, 2)


def _entries(step: Step) -> np.ndarray:
    """For each multiplication of a step, the entries of both tensors and of the product."""
    b, f, g, k = (2**size for size in step[:4])
    batch, left, right, inner = np.indices((b, f, g, k)).reshape(4, -1)
    made = np.arange(b * f * g).reshape((2,) * len(step.axes))
    place = np.empty(b * f * g, int)
    place[made.transpose(step.axes).reshape(-1)] = np.arange(b * f * g)
    return np.stack(
        [
            (batch * f + left) * k + inner,
            (batch * k + inner) * g + right,
            place[(batch * f + left) * g + right],
        ]
    )


def common(*arrays: jax.Array) -> Any:
    """Their dtype, the complex one where both kinds occur; all have one precision."""
    return max(
        (a.dtype for a in arrays), key=lambda dtype: jnp.issubdtype(dtype, jnp.complexfloating)
    )
