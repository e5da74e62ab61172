"""From an order of contraction to products of matrices, with the axes of each tensor laid out."""

from __future__ import annotations

import functools
from collections import Counter
from typing import NamedTuple

from qjax.engines.network._path import Network, Order


class Leaf(NamedTuple):
    """How a tensor of a network is read.

    Attributes:
        summed: Axes that nothing else has.
        sliced: Axes of which one value is read, each with the number of its slice variable.
        axes: Order of the axes that are left.
    """

    summed: tuple[int, ...]
    sliced: tuple[tuple[int, int], ...]
    axes: tuple[int, ...]


class Step(NamedTuple):
    """A product of two tensors ``[batch, left, sum]`` and ``[batch, sum, right]``.

    Attributes:
        batch: Number of indices of both tensors and of the product.
        left: Number of indices of the left one and of the product.
        right: Number of indices of the right one and of the product.
        sum: Number of indices that are summed.
        axes: Order in which the product's indices are wanted.
    """

    batch: int
    left: int
    right: int
    sum: int
    axes: tuple[int, ...]

    @property
    def work(self) -> int:
        """Number of multiplications."""
        return 2 ** (self.batch + self.left + self.right + self.sum)

    @property
    def entries(self) -> int:
        """Number of entries of the product."""
        return 2 ** (self.batch + self.left + self.right)


class Schedule(NamedTuple):
    """How a network is contracted.

    Attributes:
        leaves: One a tensor.
        steps: One a pair.
        pairs: Which two tensors are multiplied; each product is one more tensor.
        slices: Number of slice variables.
        work: Number of multiplications, each followed by an addition, over all slices.
        entries: Of the largest tensor.
    """

    leaves: tuple[Leaf, ...]
    steps: tuple[Step, ...]
    pairs: tuple[tuple[int, int], ...]
    slices: int
    work: int
    entries: int


@functools.lru_cache(maxsize=1024)
def schedule(network: Network, order: Order) -> Schedule:
    """The products of an order.

    Each tensor is laid out as the one product that reads it wants it: what both tensors keep, what
    one keeps, what is summed; and so a product's own order follows from the one after it.
    """
    holders = Counter(i for term in network.inputs for i in term)
    alone = {i for i, held in holders.items() if held == 1} - set(network.output)
    gone = alone | set(order.sliced)
    terms = [frozenset(term) - gone for term in network.inputs]
    varies = [bool(set(term) & set(order.sliced)) for term in network.inputs]
    work = 0
    for a, b in order.pairs:
        shared = terms[a] & terms[b]
        holders.subtract(shared)
        summed = {i for i in shared if holders[i] == 1} - set(network.output)
        terms.append((terms[a] | terms[b]) - summed)
        varies.append(varies[a] or varies[b])
        work += 2 ** (len(terms[-1]) + len(summed) + varies[-1] * len(order.sliced))
    count, wanted = len(network.inputs), {len(terms) - 1: list(network.output)}
    steps = []
    for t in reversed(range(count, len(terms))):
        a, b = order.pairs[t - count]
        batch = [i for i in wanted[t] if i in terms[a] and i in terms[b]]
        left = [i for i in wanted[t] if i not in terms[b]]
        right = [i for i in wanted[t] if i not in terms[a]]
        inner = sorted((terms[a] & terms[b]) - terms[t])
        made = batch + left + right
        axes = tuple(made.index(i) for i in wanted[t])
        steps.append(Step(len(batch), len(left), len(right), len(inner), axes))
        wanted[a], wanted[b] = batch + left + inner, batch + inner + right
    return Schedule(
        tuple(_leaf(term, order.sliced, alone, wanted[t]) for t, term in enumerate(network.inputs)),
        tuple(reversed(steps)),
        order.pairs,
        len(order.sliced),
        work,
        max(2 ** len(term) for term in terms),
    )


def _leaf(
    term: tuple[int, ...], sliced: tuple[int, ...], alone: set[int], wanted: list[int]
) -> Leaf:
    rest = [i for i in term if i in wanted]
    return Leaf(
        tuple(axis for axis, i in enumerate(term) if i in alone and i not in sliced),
        tuple((axis, sliced.index(i)) for axis, i in enumerate(term) if i in sliced),
        tuple(rest.index(i) for i in wanted),
    )
