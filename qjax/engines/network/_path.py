"""Contraction orders: what is merged at once, the search for the rest, slices, and the cache."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import math
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

_VERSION = 1
# Greedy orders of the first rounds of a search, the last one again and again, and changes to the
# best order of a round.
_ORDERS, _CHANGES = (1, 8, 64), 256
# A search ends before its time where more of it would hardly pay: after so many seconds times the
# square root of the number of multiplications.
_EFFORT = 1e-3
# Changes take about a second: they are made where a search may take half of that.
_WORTHWHILE = 0.5
_SHOWN_AFTER = 2.0


class Network(NamedTuple):
    """The indices of the tensors and of the result, each of size 2."""

    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]


class Limits(NamedTuple):
    """What a search may take.

    Attributes:
        entries: Of the largest tensor; indices are summed in slices until it is no larger.
        work: Multiplications beyond which slices are not looked for.
        seconds: Of the search.
        cache: Folder that holds a file for each network, or None.
        progress: Whether a search that takes long says how far it is.
    """

    entries: int
    work: float
    seconds: float
    cache: str | None
    progress: bool


class Order(NamedTuple):
    """How to contract a network.

    Attributes:
        pairs: Which two tensors are contracted, in order; each result is one more tensor.
        sliced: Indices that are summed one value at a time.
        seconds: What the search took.
    """

    pairs: tuple[tuple[int, int], ...]
    sliced: tuple[int, ...]
    seconds: float


@functools.lru_cache(maxsize=1024)
def order_of(network: Network, limits: Limits) -> Order:
    """The order in which a network is contracted: known, read from the cache, or searched for."""
    if limits.cache is None:
        return search(network, limits)
    key = repr((_VERSION, network, limits[:2])).encode()
    file = Path(limits.cache) / f"{hashlib.sha256(key).hexdigest()}.json"
    found = _read(file, network)
    if found is None:
        found = search(network, limits)
        _write(file, network, found)
    return found


def _read(file: Path, network: Network) -> Order | None:
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        order = Order(
            tuple((int(a), int(b)) for a, b in held["pairs"]),
            tuple(int(i) for i in held["sliced"]),
            float(held["seconds"]),
        )
        if held["version"] != _VERSION or not _fits(held, order, network):
            raise ValueError("it belongs to another network")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        warnings.warn(
            f"The contraction order in {file} cannot be used ({error}); it is searched for again.",
            stacklevel=2,
        )
        return None
    return order


def _fits(held: dict[str, Any], order: Order, network: Network) -> bool:
    same = held["inputs"] == [list(t) for t in network.inputs]
    same = same and held["output"] == list(network.output)
    count = len(network.inputs)
    used = [t for pair in order.pairs for t in pair]
    whole = sorted(used) == list(range(2 * count - 2)) and len(order.pairs) == count - 1
    made = all(max(pair) < count + i for i, pair in enumerate(order.pairs))
    inner = {i for t in network.inputs for i in t} - set(network.output)
    return same and whole and made and set(order.sliced) <= inner


def _write(file: Path, network: Network, order: Order) -> None:
    """Writes a file as a whole or not at all."""
    text = json.dumps({"version": _VERSION, **network._asdict(), **order._asdict()})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(name, file)
    except OSError as error:
        warnings.warn(
            f"The contraction order cannot be kept in {file.parent} ({error}); it is used, and "
            "searched for again by the next process.",
            stacklevel=2,
        )


def search(network: Network, limits: Limits) -> Order:
    """Searches for an order; see `order_of`."""
    start = time.perf_counter()
    pairs, left = simplified(network)
    rest = Network(tuple(tuple(sorted(term)) for term in left.values()), network.output)
    if len(left) == 1:
        return Order(tuple(pairs), (), time.perf_counter() - start)
    with _shown(limits.progress, len(left)) as show:
        tree = _best_tree(rest, limits, start, show)
    names = list(left)
    made = len(network.inputs) + len(pairs)
    for a, b in tree.get_ssa_path():
        pairs.append((names[a], names[b]))
        names.append(made)
        made += 1
    sliced = tuple(sorted(int(i) for i in tree.sliced_inds))
    return Order(tuple(pairs), sliced, time.perf_counter() - start)


def _best_tree(network: Network, limits: Limits, start: float, show: Callable[[str], None]) -> Any:
    """Rounds of random greedy orders, the best of each improved piece by piece, and sliced."""
    import cotengra

    sizes = {i: 2 for term in network.inputs for i in term}
    best: Any = None
    least = math.inf  # A logarithm: the work of a hopeless order is beyond any float.
    one = elapsed = 0.0
    for turn in itertools.count():
        # The first order is the plain greedy one, and tells what one takes to find.
        count = _ORDERS[min(turn, len(_ORDERS) - 1)]
        if turn:
            count = max(1, min(count, int((limits.seconds - elapsed) / one)))
        greedy = cotengra.RandomGreedyOptimizer(max_repeats=count, seed=turn, parallel=False)
        how = {} if turn else {"costmod": 1.0, "temperature": 0.01}
        path = greedy.ssa_path(network.inputs, network.output, sizes, **how)
        one = one or time.perf_counter() - start
        tree = cotengra.ContractionTree.from_path(
            network.inputs, network.output, sizes, ssa_path=path
        )
        if _effort(tree.total_flops(log=2)) > _WORTHWHILE:
            tree.subtree_reconfigure_(subtree_size=6, maxiter=_CHANGES, seed=turn)
        while tree.max_size() > limits.entries and tree.total_flops() <= limits.work:
            tree.slice_(target_slices=2, allow_outer=False, max_repeats=4, seed=turn)
            tree.subtree_reconfigure_(subtree_size=6, maxiter=_CHANGES // 8, seed=turn)
        if best is None or tree.total_flops(log=2) < least:
            best, least = tree, tree.total_flops(log=2)
        elapsed = time.perf_counter() - start
        if elapsed > limits.seconds or (turn and elapsed > _effort(least)):
            return best
        show(f"{elapsed:.0f} of {limits.seconds:.0f} s, 2^{least:.1f} multiplications")


def _effort(work: float) -> float:
    """Seconds that a search is worth for so many multiplications, given as a logarithm."""
    return _EFFORT * 2 ** min(work / 2, 100)


@contextlib.contextmanager
def _shown(progress: bool, tensors: int) -> Iterator[Callable[[str], None]]:
    """What shows a message once the search has taken long."""
    start = time.perf_counter()
    status = Console(stderr=True).status("")

    def show(message: str) -> None:
        if progress and time.perf_counter() - start > _SHOWN_AFTER:
            status.update(f"Contraction order of {tensors} tensors: {message}")
            status.start()

    try:
        yield show
    finally:
        status.stop()


def simplified(
    network: Network,
) -> tuple[list[tuple[int, int]], dict[int, frozenset[int]]]:
    """Pairs of tensors whose product has no more indices than the larger of them, and what is left.

    Such a product is worth having whatever comes next: it takes in the gates on one qubit, and
    gates that follow each other on the same qubits.
    """
    terms = {t: frozenset(term) for t, term in enumerate(network.inputs)}
    holders: dict[int, set[int]] = {}
    for t, term in terms.items():
        for i in term:
            holders.setdefault(i, set()).add(t)
    pairs: list[tuple[int, int]] = []
    waiting = sorted(terms, key=lambda t: -len(terms[t]))
    while waiting:
        t = waiting.pop()
        if t not in terms:
            continue
        options = []
        for u in sorted({u for i in terms[t] for u in holders[i]} - {t}):
            product = _product(terms[t], terms[u], holders, network.output, (t, u))
            if len(product) <= max(len(terms[t]), len(terms[u])):
                options.append((len(product), u, product))
        if not options:
            continue
        _, u, product = min(options, key=lambda option: option[:2])
        new = len(network.inputs) + len(pairs)
        pairs.append((t, u))
        for old in (t, u):
            for i in terms.pop(old):
                holders[i].discard(old)
        for i in product:
            holders[i].add(new)
        terms[new] = product
        waiting += sorted({u for i in product for u in holders[i]})
    return pairs, terms


def _product(
    left: Iterable[int],
    right: Iterable[int],
    holders: dict[int, set[int]],
    output: tuple[int, ...],
    pair: tuple[int, int],
) -> frozenset[int]:
    """Indices of a product: those that something else has too."""
    return frozenset(
        i for i in {*left, *right} if i in output or any(t not in pair for t in holders[i])
    )
