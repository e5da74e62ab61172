"""What a compiled program sends between devices, read from its text."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any


@dataclasses.dataclass(frozen=True, order=True)
class Collective:
    """One kind of exchange between devices, with how often a run of the program makes it.

    Attributes:
        kind: ``"all-gather"``, ``"all-reduce"``, ``"all-to-all"``, ``"collective-permute"`` or
            ``"reduce-scatter"``.
        bytes: What each device puts into one exchange, in bytes.
        group: Number of devices that exchange with each other; 2 for a permutation.
        count: How often a run makes it, the rounds of loops counted.
    """

    kind: str
    bytes: int
    group: int
    count: int = 1

    @property
    def sent(self) -> int:
        """Bytes that a device sends in all of them, at the least.

        Of b bytes among g devices a gathering sends g - 1 copies, an all-to-all keeps 1 / g, and a
        reduction is a scattering and a gathering of 1 / g each.
        """
        b, g = self.bytes, self.group
        parts = {
            "all-gather": b * (g - 1),
            "all-reduce": 2 * b * (g - 1) // g,
            "collective-permute": b,
        }
        return self.count * parts.get(self.kind, b * (g - 1) // g)


def collectives(compiled: Any) -> tuple[Collective, ...]:
    """The exchanges between devices in a compiled program, read from its text.

    A loop's exchanges count as often as it has rounds, which XLA writes beside it. Of the branches
    of a condition all are counted.

    Args:
        compiled: As from ``jax.jit(f).lower(...).compile()``, or its text.

    Returns:
        One entry a kind, size and group, sorted; none for a program on one device.

    Raises:
        ValueError: If a loop with exchanges does not say how many rounds it has.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from qjax.sharding import collectives
        >>> collectives(jax.jit(jnp.sum).lower(jnp.ones(4)).compile())
        ()
    """
    text = compiled if isinstance(compiled, str) else compiled.as_text()
    devices = math.prod(map(int, re.findall(r"\b(?:num_partitions|replica_count)=(\d+)", text)))
    bodies, entry = _computations(text)
    found = _counted(entry, bodies, devices, {})
    return tuple(
        sorted(
            dataclasses.replace(each, count=count)
            for each, count in found.items()
            if each.group > 1
        )
    )


_HEADER = re.compile(r"^(ENTRY )?%?([\w.\-]+) .*\{$")
_OPERATION = re.compile(
    r" = (\S.*?) (all-gather|all-reduce|all-to-all|ragged-all-to-all|collective-broadcast"
    r"|collective-permute|reduce-scatter)(-start)?\("
)
_CALLED = re.compile(
    r"\b(?:to_apply|calls|body|condition|true_computation|false_computation)=%?([\w.\-]+)"
)
_BRANCHES = re.compile(r"branch_computations=\{([^}]*)\}")
_ROUNDS = re.compile(r"known_trip_count\W+n\W+(\d+)")
_ARRAY = re.compile(r"\b([a-z]+)(\d*)\w*\[([\d,]*)\]")


def _computations(text: str) -> tuple[dict[str, list[str]], str]:
    """The lines of each computation by its name, and the name of the first to run."""
    bodies: dict[str, list[str]] = {}
    entry, lines = "", []
    for line in text.splitlines():
        if header := _HEADER.match(line):
            lines = bodies[header[2]] = []
            entry = header[2] if header[1] else entry
        else:
            lines.append(line)
    return bodies, entry


def _counted(
    name: str, bodies: dict[str, list[str]], devices: int, known: dict[str, Counter[Collective]]
) -> Counter[Collective]:
    """How often a computation makes each exchange, those that it calls included."""
    if name not in known:
        found: Counter[Collective] = Counter()
        for line in bodies.get(name, ()):
            if operation := _OPERATION.search(line):
                shape, kind, start = operation.groups()
                found[_collective(line, shape, kind, start is not None, devices)] += 1
            for called in _called(line):
                inner = _counted(called, bodies, devices, known)
                rounds = _rounds(line) if inner else 1
                found.update({each: rounds * count for each, count in inner.items()})
        known[name] = found
    return known[name]


def _called(line: str) -> Iterator[str]:
    if re.search(r" async-(?:done|update)\(", line):  # Counted where it starts.
        return
    yield from _CALLED.findall(line)
    for names in _BRANCHES.findall(line):
        yield from (name.strip().lstrip("%") for name in names.split(","))


def _rounds(line: str) -> int:
    if not re.search(r" while\(", line):
        return 1
    if rounds := _ROUNDS.search(line):
        return int(rounds[1])
    raise ValueError(f"A loop does not say how many rounds it has: {line.strip()[:200]}")


def _collective(line: str, shape: str, kind: str, start: bool, devices: int) -> Collective:
    group = 2 if kind == "collective-permute" else _group(line, devices)
    parts: dict[str, Callable[[int], int]] = {
        "all-gather": lambda size: size // group,
        "reduce-scatter": lambda size: size * group,
    }
    arrays = [_array_bytes(*each) for each in _ARRAY.findall(shape)]
    size = sum(arrays)
    if start and kind == "all-gather":  # What goes in and what comes out.
        return Collective(kind, size // (group + 1), group)
    if start and kind == "collective-permute":  # The same, and two numbers on some devices.
        return Collective(kind, arrays[0], group)
    return Collective(kind, parts.get(kind, lambda size: size)(size), group)


def _array_bytes(letters: str, bits: str, shape: str) -> int:
    width = {"pred": 8, "token": 0, "opaque": 0}.get(letters, int(bits or 0))
    return math.prod(int(n) for n in shape.split(",") if n) * width // 8


def _group(line: str, devices: int) -> int:
    """Devices a group: ``{{0,1},{2,3}}``, or ``[2,2]<=[4]``, groups by devices; all, if empty.

    The partitioner writes ``mesh['a'=2,'b'=4] {'b'}``, or ``{'b':(2)2}`` for a part of an axis.
    """
    if listed := re.search(r"replica_groups=\{\{([\d,]+)\}", line):
        return listed[1].count(",") + 1
    if counted := re.search(r"replica_groups=\[\d+,(\d+)\]", line):
        return int(counted[1])
    if named := re.search(r"replica_groups=mesh\[([^\]]*)\][^{]*\{([^}]*)\}", line):
        sizes = dict(re.findall(r"'([^']*)'=(\d+)", named[1]))
        parts = re.findall(r"'([^']*)'(?::\(\d+\)(\d+))?", named[2])
        return math.prod(int(part or sizes[axis]) for axis, part in parts)
    return devices
