"""Several rounds of a loop as one, where that saves exchanges between devices.

A round must end with the local qubits that it started with. Of two, the second may start with those
that the first one ends with, and go back on its way; and over several rounds the gates on local
qubits run ahead of those that wait for global ones, until both have to meet.
"""

from __future__ import annotations

from typing import Any

from qjax.circuit import Circuit, Repeat, Structure, moved
from qjax.passes._exchanges import staged

# Rounds, and gates, that one round may become: more take longer to plan and to compile.
_ROUNDS = (2, 4, 8)
_GATES = 600


def several_rounds(circuit: Circuit, d: int) -> Circuit:
    """An equal circuit whose repeats run several rounds as one, where that takes fewer exchanges.

    Args:
        circuit: The circuit.
        d: How many of its qubits are global.

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from qjax.passes import several_rounds
        >>> layers = qjax.Circuit(4).repeat(
        ...     lambda c, w: c.ry(w, range(4)).cz([0, 1, 2], [1, 2, 3]), jnp.ones((6, 4)))
        >>> several_rounds(layers, 1).structure.items[0].length
        1
    """
    leaves = list(circuit.leaves)  # All of them, so that the slots of other items stay right.
    items: list[Any] = []
    for item in circuit.structure.items:
        if not isinstance(item, Repeat) or (k := _rounds(item, d)) == 1:
            items.append(item)
            continue
        body, (length, rest) = item.body, divmod(item.length, k)
        own = circuit.leaves[item.start : item.start + body.n_leaves]
        order = range(k)[::-1] if item.reverse else range(k)
        # What runs first is first; rounds that are left over run last.
        first = rest if item.reverse else 0
        items.append(Repeat(_times(body, k), length, len(leaves), item.reverse))
        leaves += [x[first + at :: k][:length] for at in order for x in own]
        over = range(rest)[::-1] if item.reverse else range(item.length - rest, item.length)
        for at in over:
            items += [moved(each, len(leaves)) for each in body.items]
            leaves += [x[at] for x in own]
    return Circuit.from_parts(Structure(circuit.n_qubits, tuple(items), len(leaves)), leaves)


def _times(body: Structure, k: int) -> Structure:
    """A circuit k times over, each time with leaves of its own."""
    count = body.n_leaves
    items = (moved(each, at * count) for at in range(k) for each in body.items)
    return Structure(body.n_qubits, tuple(items), k * count)


def _rounds(item: Repeat, d: int) -> int:
    """How many rounds had better be one."""
    best, fewest = 1, float(_exchanges(item.body, d))
    for k in _ROUNDS:
        if k > item.length or k * item.body.n_gates > _GATES or fewest == 0:
            break
        each = _exchanges(_times(item.body, k), d) / k
        if each < fewest:
            best, fewest = k, each
    return best


def _exchanges(body: Structure, d: int) -> int:
    return len(staged(body, d, closed=True).stages) - 1
