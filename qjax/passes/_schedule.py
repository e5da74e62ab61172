"""Groups gates: dense gates into blocks, diagonal gates into phases, networks into index maps."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import NamedTuple

from qjax.passes._uses import Use


class Role(enum.IntEnum):
    """What a gate is fused into; the order in which the roles take turns."""

    DENSE = 0
    PHASE = 1
    INDEX = 2


def phases_of(
    uses: Sequence[Use],
    role_of: Callable[[Use], Role],
    absorbs: Callable[[Use], bool],
    n_qubits: int,
    max_qubits: int,
) -> list[tuple[Role, list[Use]]]:
    """Splits gates into phases of one role each, every gate as early as its qubits allow.

    Diagonal gates and permutations whose neighbourhood fits into a block, and that a block
    ``absorbs``, are left to the blocks, where they are free.
    """
    roles = [role_of(use) for use in uses]
    while True:
        levels = _levels(uses, roles, n_qubits)
        changed = False
        for level in sorted(set(levels)):
            members = [i for i, x in enumerate(levels) if x == level]
            if level % 3 == Role.DENSE:
                continue
            for part in _components(members, uses):
                fits = len({q for i in part for q in uses[i].qubits}) <= max_qubits
                if fits and all(absorbs(uses[i]) for i in part):
                    changed = True
                    for i in part:
                        roles[i] = Role.DENSE
        if not changed:
            break
    return [
        (Role(level % 3), [use for use, x in zip(uses, levels, strict=True) if x == level])
        for level in sorted(set(levels))
    ]


def _levels(uses: Sequence[Use], roles: Sequence[Role], n_qubits: int) -> list[int]:
    """A level for each use; level modulo 3 is its role, and levels run in order."""
    busy = [0] * n_qubits
    levels = []
    for use, role in zip(uses, roles, strict=True):
        start = max(busy[q] for q in use.qubits)
        level = start + (role - start) % 3
        for q in use.qubits:
            busy[q] = level
        levels.append(level)
    return levels


def _components(members: Sequence[int], uses: Sequence[Use]) -> list[list[int]]:
    """Splits uses into groups that share no qubit."""
    groups: list[tuple[set[int], list[int]]] = []
    for i in members:
        qubits, joined = set(uses[i].qubits), [i]
        rest = []
        for other in groups:
            if other[0] & qubits:
                qubits |= other[0]
                joined = other[1] + joined
            else:
                rest.append(other)
        groups = [*rest, (qubits, joined)]
    return [sorted(part) for _, part in groups]


class Group(NamedTuple):
    """Gates that become one operation on some qubits.

    Attributes:
        qubits: Increasing.
        uses: In order of execution.
        level: Groups of one level share no qubit.
    """

    qubits: tuple[int, ...]
    uses: tuple[Use, ...]
    level: int


def group(uses: Sequence[Use], max_qubits: int, *, commuting: bool = False) -> list[Group]:
    """Gathers neighbouring gates into groups of at most ``max_qubits``; a wider gate stands alone.

    Args:
        uses: Gates in order.
        max_qubits: Bound on the qubits of a group.
        commuting: Whether the order does not matter, as among diagonal gates.
    """
    groups: list[tuple[set[int], list[Use]]] = []
    for use in uses:
        qubits = set(use.qubits)
        home = None
        for candidate in reversed(groups):
            fits = len(candidate[0] | qubits) <= max_qubits
            if fits and (home is None or candidate[0] & qubits):
                home = candidate
            if candidate[0] & qubits and not commuting:
                break
        if home is None:
            groups.append((qubits, [use]))
        else:
            home[0].update(qubits)
            home[1].append(use)
    busy: dict[int, int] = {}
    result = []
    for members, parts in groups:
        level = 1 + max((busy.get(q, -1) for q in members), default=-1)
        busy.update(dict.fromkeys(members, level))
        result.append(Group(tuple(sorted(members)), tuple(parts), level))
    return sorted(result, key=lambda g: (g.level, g.qubits))
