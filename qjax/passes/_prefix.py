"""Product prefix: single-qubit gates on fresh qubits, whose effect is one outer product."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Operation, Slot, Structure
from qjax.passes._uses import Kind, Stacks, Use, is_real


def split_prefix(circuit: Circuit) -> tuple[Circuit, Circuit]:
    """Splits off the single-qubit gates that come first on their qubits.

    Returns:
        Two circuits whose sum is equal to the circuit; the first has single-qubit gates only.

    Example:
        >>> import qjax
        >>> from qjax.passes import split_prefix
        >>> head, rest = split_prefix(qjax.Circuit(3).h(range(3)).cx(0, 1).h(range(3)))
        >>> head.count_ops(), rest.count_ops()
        ({'h': 4}, {'cx': 1, 'h': 2})
    """
    n = circuit.n_qubits
    fresh = set(range(n))
    head: list[Any] = []
    rest: list[Any] = []
    leaves = list(circuit.leaves)  # Both parts keep them all, so that slots stay as they are.
    items = circuit.structure.items
    for position, item in enumerate(items):
        if not fresh or not isinstance(item, Operation):
            rest += items[position:]
            break
        early = [j for j, qubits in item.uses() if _is_early(item, qubits, fresh)]
        late = [j for j in range(len(item.qubits)) if j not in early]
        for kept, uses in ((head, early), (rest, late)):
            if uses:
                kept.append(restricted(item, sorted(uses), leaves))
        for j in late:
            fresh -= set(item.qubits[j])
    return tuple(  # type: ignore[return-value]
        Circuit.from_parts(Structure(n, tuple(part), len(leaves)), leaves) for part in (head, rest)
    )


def _is_early(item: Operation, qubits: tuple[int, ...], fresh: set[int]) -> bool:
    if len(qubits) == 1:
        return qubits[0] in fresh
    fresh -= set(qubits)  # A later use in the same operation acts after this one.
    return False


def restricted(item: Operation, uses: list[int], leaves: list[Any]) -> Operation:
    """The same operation with some of its uses; a parameter that is cut is appended to leaves."""
    if len(uses) == len(item.qubits):
        return item
    slots = []
    for slot in item.slots:
        if slot.entry is None and np.ndim(leaves[slot.leaf]) > len(item.gate.event_shape):
            leaves.append(leaves[slot.leaf][np.array(uses)])
            slot = Slot(len(leaves) - 1)
        slots.append(slot)
    return item._replace(qubits=tuple(item.qubits[j] for j in uses), slots=tuple(slots))


def product_vectors(head: Circuit, dtype: Any) -> jax.Array:
    """State of each qubit, ``[n, 2]``, after single-qubit gates on |0...0>; real if they are."""
    n = head.n_qubits
    stacks = Stacks(head.leaves, head.structure.items, dtype)  # type: ignore[arg-type]
    dtype = jnp.finfo(dtype).dtype if is_real(head) else dtype
    vectors = jnp.zeros((n, 2), dtype).at[:, 0].set(1)
    for kind, uses in _layers(stacks.uses):
        qubits = np.array([use.qubits[0] for use in uses])
        matrices = stacks.matrices(kind, np.array([use.row for use in uses]))
        if np.array_equal(qubits, np.arange(n)):
            vectors = _times(matrices, vectors)
        else:
            vectors = vectors.at[qubits].set(_times(matrices, vectors[qubits]))
    return vectors


def _layers(uses: list[Use]) -> list[tuple[Kind, list[Use]]]:
    """Uses of one kind that are each the k-th gate on their qubit, for k = 0, 1 and so on."""
    count: dict[int, int] = {}
    layers: dict[tuple[int, Kind], list[Use]] = {}
    for use in uses:
        (qubit,) = use.qubits
        level = count.get(qubit, 0)
        count[qubit] = level + 1
        layers.setdefault((level, use.kind), []).append(use)
    return [(kind, layers[level, kind]) for level, kind in sorted(layers, key=lambda key: key[0])]


def _times(matrices: jax.Array, vectors: jax.Array) -> jax.Array:
    return jnp.sum(matrices.astype(vectors.dtype) * vectors[:, None, :], -1)
