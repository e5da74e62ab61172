"""Which networks are one up to names: an order of tensors that names do not decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qjax.circuit import is_symmetric
from qjax.engines.network._gates import Source, Tensor
from qjax.passes import Kind

# Colours given to tensors when networks are compared.
_REFINED = 2**14


def ordered(
    tensors: Sequence[Tensor], marks: dict[int, str]
) -> tuple[list[Tensor], dict[int, int]]:
    """Tensors in an order that follows from how they hang together, and names of indices by it.

    Colours are refined until they split no further; then the tensors are visited from the first
    colour on, along their indices. Networks that a renaming makes equal come out as one wherever
    ties are between tensors that are alike, as in trees; where not, each has a path of its own and
    is as right.

    Args:
        tensors: The network.
        marks: What tells an index from others.
    """
    symmetric = [_is_symmetric(t.source) for t in tensors]
    holders: dict[int, list[tuple[int, int]]] = {}
    for t, tensor in enumerate(tensors):
        for place, i in enumerate(tensor.indices):
            holders.setdefault(i, []).append((t, place // 2 if symmetric[t] else place))
    colour = _ranked([(_label(t.source), len(t.indices)) for t in tensors])
    rank: dict[int, int] = {}
    count = 0
    for _ in range(max(4, _REFINED // len(tensors))):
        if len(set(colour)) == count:
            break
        count = len(set(colour))
        edges = [
            (marks.get(i, ""), sorted((colour[t], p) for t, p in held))
            for i, held in holders.items()
        ]
        rank = dict(zip(holders, _ranked(edges), strict=True))
        around = [
            sorted(rank[i] for i in t.indices) if s else [rank[i] for i in t.indices]
            for t, s in zip(tensors, symmetric, strict=True)
        ]
        colour = _ranked(list(zip(colour, around, strict=True)))
    ordered: list[Tensor] = []
    name: dict[int, int] = {}
    seen: set[int] = set()
    for root in sorted(range(len(tensors)), key=colour.__getitem__):
        waiting = [root]
        while waiting:
            t = waiting.pop()
            if t in seen:
                continue
            seen.add(t)
            tensor = tensors[t]
            if symmetric[t]:
                first, second = ((rank[i], name.get(i, len(rank))) for i in tensor.indices[:2])
                if second < first:
                    tensor = tensor._replace(indices=_exchanged(tensor.indices))
            ordered.append(tensor)
            for i in tensor.indices:
                name.setdefault(i, len(name))
            near = [u for i in tensor.indices for u, _ in holders[i] if u not in seen]
            waiting += sorted(near, key=colour.__getitem__, reverse=True)
    return ordered, name


def _is_symmetric(source: Source) -> bool:
    return isinstance(source.of, Kind) and not source.weights and is_symmetric(source.of.gate)


def _exchanged(indices: tuple[int, ...]) -> tuple[int, ...]:
    pairs = [indices[i : i + 2][::-1] for i in range(0, len(indices), 2)]
    return tuple(i for pair in pairs for i in pair)


def _label(source: Source) -> str:
    of = source.of
    return of if isinstance(of, str) else f"{of.gate.name} {of.adjoint} {source.weights}"


def _ranked(values: list[Any]) -> list[int]:
    """The place of each value among the distinct ones; a list is compared by its entries."""
    keys = [_frozen(value) for value in values]
    rank = {key: i for i, key in enumerate(sorted(set(keys)))}
    return [rank[key] for key in keys]


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list | tuple) else value
