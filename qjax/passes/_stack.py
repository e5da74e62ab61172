"""Stack: a circuit without repetition as blocks of one size, all built at once.

A program that applies them in a loop does not grow with the number of gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Operation
from qjax.passes._schedule import Group, group
from qjax.passes._uses import Kind, Stacks

# Gates of a block: each is one product for all blocks, so the fullest block sets the pace.
_GATES = 16


class Stack(NamedTuple):
    """Blocks in order of execution.

    Attributes:
        qubits: What each acts on, ``[blocks][k]``.
        matrices: Real or complex ``[blocks, 2**k, 2**k]``.
    """

    qubits: tuple[tuple[int, ...], ...]
    matrices: jax.Array


def stack(
    operations: Sequence[Operation], leaves: tuple[Any, ...], n_qubits: int, k: int, dtype: Any
) -> Stack:
    """Blocks of k qubits each, whose product the operations are.

    Args:
        operations: Gates on at most k qubits each.
        leaves: Their parameters.
        n_qubits: Number of qubits.
        k: Qubits of a block.
        dtype: Complex dtype.
    """
    stacks = Stacks(leaves, operations, dtype)
    groups = [part for whole in group(stacks.uses, k) for part in _split(whole)]
    if all(stacks.is_real(kind) for kind in {use.kind for use in stacks.uses}):
        dtype = jnp.finfo(dtype).dtype
    width = max(len(use.qubits) for use in stacks.uses)
    table, row = _table(stacks, width, dtype)
    qubits = tuple(_filled(g.qubits, n_qubits, k) for g in groups)
    depth = max(len(g.uses) for g in groups)
    rows = np.zeros((depth, len(groups)), np.int32)  # Row 0 of the table is the identity.
    places = np.tile(np.arange(width, dtype=np.int32), (depth, len(groups), 1))
    for i, (members, on) in enumerate(zip(groups, qubits, strict=True)):
        for level, use in enumerate(members.uses):
            rows[level, i] = row[use.kind] + use.row
            mine = [on.index(q) for q in use.qubits]
            free = [p for p in range(k) if p not in mine]
            places[level, i] = free[: width - len(mine)] + mine
    return Stack(qubits, _products(table, rows, places, k))


def _split(whole: Group) -> list[Group]:
    cuts = range(0, len(whole.uses), _GATES)
    return [whole._replace(uses=whole.uses[i : i + _GATES]) for i in cuts]


def _filled(qubits: tuple[int, ...], n_qubits: int, k: int) -> tuple[int, ...]:
    """Exactly k qubits, the given ones among them."""
    others = (q for q in range(n_qubits) if q not in qubits)
    return tuple(sorted((*qubits, *(next(others) for _ in range(k - len(qubits))))))


def _table(stacks: Stacks, width: int, dtype: Any) -> tuple[jax.Array, dict[Kind, int]]:
    """All gates as matrices on ``width`` qubits, the identity first; each kind's first row."""
    parts = [jnp.eye(2**width, dtype=dtype)[None]]
    first: dict[Kind, int] = {}
    count = 1
    for kind in dict.fromkeys(use.kind for use in stacks.uses):
        used = [use.row for use in stacks.uses if use.kind == kind]
        matrices = stacks.matrices(kind, np.arange(max(used) + 1)).astype(dtype)
        # Where all uses share one angle there may be one matrix for all of them.
        matrices = jnp.broadcast_to(matrices, (max(used) + 1, *matrices.shape[1:]))
        rest = jnp.eye(2**width // matrices.shape[-1], dtype=dtype)
        wide = jnp.einsum("ac,zbd->zabcd", rest, matrices, precision=_EXACT)
        parts.append(wide.reshape(-1, 2**width, 2**width))
        first[kind] = count
        count += parts[-1].shape[0]
    return jnp.concatenate(parts), first


def _products(table: jax.Array, rows: np.ndarray, places: np.ndarray, k: int) -> jax.Array:
    """For each block the product of its gates, ``[blocks, 2**k, 2**k]``."""
    dim, width = 2**k, places.shape[-1]
    index = jnp.arange(dim, dtype=jnp.int32)

    def absorb(total: jax.Array, gate: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        row, place = gate
        shifts = k - 1 - place  # [blocks, width]
        bits = index[None, None, :] >> shifts[:, :, None] & 1
        order = jnp.asarray(2 ** np.arange(width - 1, -1, -1), jnp.int32)
        local = jnp.sum(bits * order[None, :, None], 1)  # Which entry of the gate a state meets.
        rest = index[None, :] & ~jnp.sum(1 << shifts, 1)[:, None]
        same = (rest[:, :, None] == rest[:, None, :]).astype(table.dtype)
        states = jnp.arange(2**width, dtype=jnp.int32)
        meets = (local[:, None, :] == states[None, :, None]).astype(table.dtype)
        spread = jnp.einsum("zab,zar,zbc->zrc", table[row], meets, meets, precision=_EXACT)
        return jnp.matmul(spread * same, total, precision=_EXACT), None

    start = jnp.broadcast_to(jnp.eye(dim, dtype=table.dtype), (rows.shape[1], dim, dim))
    return jax.lax.scan(absorb, start, (jnp.asarray(rows), jnp.asarray(places)))[0]


_EXACT = jax.lax.Precision.HIGHEST
