"""The tensors of a circuit: one a gate, with one index where a gate is diagonal.

An index is a value that a qubit has between two gates that can change it. A gate that is diagonal
on a qubit, as a control is, reads the index and leaves it: an index then joins any number of
tensors, and a CZ is a table of two indices in place of a tensor of four.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Gate, Operation, Repeat, Slot, mixing
from qjax.passes import Kind, Stacks

# Rotations about longer words are a sum of two products, not a matrix.
_DENSE_WORD = 2
_X, _Y, _Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.array([1, -1])
_CONSTANTS: dict[str, np.ndarray] = {
    "zero": np.array([1, 0]),
    "same": np.eye(2),
    "X": _X,
    "Y": _Y,
    "Z": _Z,
    # One factor of cos(t/2) I - i sin(t/2) P, the first index choosing between I and P.
    "I or X": np.stack([np.eye(2), _X]),
    "I or Y": np.stack([np.eye(2), _Y]),
    "I or Z": np.stack([np.ones(2), _Z]),
}


class Source(NamedTuple):
    """Where tensors of one kind come from.

    Attributes:
        of: A gate or its inverse; the name of a constant; or ``"bits"``, which the caller gives.
        conj: Whether they are conjugated.
        weights: Whether they are the weights of the two products of a rotation.
    """

    of: Kind | str
    conj: bool = False
    weights: bool = False


class Tensor(NamedTuple):
    """A tensor of a network: which one of its source's, and its indices."""

    source: Source
    row: int
    indices: tuple[int, ...]


class Use(NamedTuple):
    """One use of a gate: which tensor, its qubits, and masks of these and of those it changes."""

    kind: Kind
    row: int
    qubits: tuple[int, ...]
    acts: int
    mixes: int


class Half(NamedTuple):
    """The network of a state: tensors, the index at the end of each qubit, and how many indices."""

    tensors: list[Tensor]
    starts: dict[int, int]
    ends: dict[int, int]
    size: int


class Gates:
    """The gates of a circuit in order, and their tensors: one stack a kind of gate."""

    def __init__(self, circuit: Circuit, dtype: Any):
        self.n_qubits, self.dtype = circuit.n_qubits, dtype
        leaves = list(circuit.leaves)
        self.uses: list[Use] = []
        rows: dict[tuple[Kind, tuple[Slot, ...]], int] = {}
        counts: dict[Kind, int] = {}
        unique: list[Operation] = []
        for gate, qubits, slots, adjoint in _written_out(circuit, leaves):
            kind = Kind(gate, adjoint)
            if (kind, slots) not in rows:  # Uses that share their angle are one tensor.
                rows[kind, slots] = counts.setdefault(kind, 0)
                counts[kind] += 1
                unique.append(Operation(gate, (qubits,), slots, adjoint))
            acts = sum(1 << q for q in qubits)
            mixes = sum(1 << q for q, m in zip(qubits, mixing(gate), strict=True) if m)
            self.uses.append(Use(kind, rows[kind, slots], qubits, acts, mixes))
        self._stacks, self._counts = Stacks(tuple(leaves), unique, dtype), counts

    def cone(self, seen: int, mixed: int) -> list[Use]:
        """The gates that an observable sees; see `light_cone`."""
        kept = []
        for use in reversed(self.uses):
            if use.mixes & seen or use.acts & mixed:
                kept.append(use)
                flips = use.mixes if use.acts & mixed or use.kind.gate.index_map is None else 0
                seen, mixed = seen | use.acts, mixed | flips
        return kept[::-1]

    def source(self, kind: Kind, **options: bool) -> Source:
        """The source of a gate's tensors; one that is real is its own conjugate."""
        if not options.get("weights") and self._stacks.is_real(kind):
            options["conj"] = False
        return Source(kind, **options)

    def half(self, uses: Iterable[Use], qubits: Iterable[int], *, open_start: bool = False) -> Half:
        """The network of gates on some qubits, from ``|0...0>`` or with open indices."""
        starts = {q: i for i, q in enumerate(sorted(qubits))}
        ends, size, tensors = dict(starts), len(starts), []
        if not open_start:
            tensors = [Tensor(Source("zero"), 0, (i,)) for i in starts.values()]
        for use in uses:
            gate = use.kind.gate
            before = [ends[q] for q in use.qubits]
            for q, mixes in zip(use.qubits, mixing(gate), strict=True):
                if mixes:
                    ends[q], size = size, size + 1
            after = [ends[q] for q in use.qubits]
            if not _is_split(gate):
                changed = tuple(i for i, j in zip(before, after, strict=True) if i != j)
                tensors.append(Tensor(self.source(use.kind), use.row, (*after, *changed)))
                continue
            which, size = size, size + 1
            weights = self.source(use.kind, weights=True)
            tensors.append(Tensor(weights, use.row, (which,)))
            for letter, i, j in zip(gate.pauli, after, before, strict=True):
                if letter != "I":
                    places = (which, i, j) if i != j else (which, i)
                    tensors.append(Tensor(Source(f"I or {letter}"), 0, places))
        return Half(tensors, starts, ends, size)

    def conjugate(self, tensor: Tensor, indices: dict[int, int]) -> Tensor:
        """The tensor in the bra, with some other indices."""
        source, row, own = tensor
        if isinstance(source.of, Kind):
            source = self.source(source.of, conj=True, weights=source.weights)
        elif source.of == "I or Y":
            source = source._replace(conj=True)
        return Tensor(source, row, tuple(indices[i] for i in own))

    def stack(self, source: Source) -> jax.Array:
        """All tensors of a source, ``[rows, 2, 2, ...]``."""
        if isinstance(source.of, str):
            value = _CONSTANTS[source.of]
            real = not np.iscomplexobj(value)
            value = value.conj() if source.conj else value
            return jnp.asarray(value[None], jnp.finfo(self.dtype).dtype if real else self.dtype)
        kind = source.of
        if source.weights:
            stack = self._weights(kind)
        else:
            rows = np.arange(self._counts[kind])
            stack = _without_repeats(self._stacks.matrices(kind, rows), mixing(kind.gate))
        return stack.conj() if source.conj else stack

    def _weights(self, kind: Kind) -> jax.Array:
        """cos(t/2) and -i sin(t/2) of rotations, ``[rows, 2]``."""
        half = self._stacks.parameters(kind)[0].astype(jnp.finfo(self.dtype).dtype) / 2
        half = -half if kind.adjoint else half
        zero = jnp.zeros_like(half)
        cosine, sine = jnp.cos(half), jnp.sin(half)
        return jnp.stack([jax.lax.complex(cosine, zero), jax.lax.complex(zero, -sine)], -1)


def _written_out(circuit: Circuit, leaves: list[Any]) -> Iterable[tuple[Gate, Any, Any, bool]]:
    """The uses of gates in order of execution; leaves of repeats are added flat to the list."""

    def visit(items: Sequence[Any], start: int, rounds: tuple[int, ...], lengths: Any) -> Any:
        for item in items:
            if isinstance(item, Repeat):
                order = range(item.length)
                for r in reversed(order) if item.reverse else order:
                    inner = (*rounds, r), (*lengths, item.length)
                    yield from visit(item.body.items, start + item.start, *inner)
                continue
            for j, qubits in item.uses():
                slots = tuple(
                    _slot(s, start, len(item.gate.event_shape), j, rounds, lengths)
                    for s in item.slots
                )
                yield item.gate, qubits, slots, item.adjoint

    flat: dict[int, int] = {}

    def _slot(slot: Slot, start: int, event: int, j: int, rounds: Any, lengths: Any) -> Slot:
        index = start + slot.leaf
        shape = np.shape(leaves[index])
        depth = len(rounds)
        last = slot.entry
        if last is None and len(shape) > depth + event:
            last = j
        if not depth:
            return Slot(index, last)
        if index not in flat:
            flat[index] = len(leaves)
            leaves.append(leaves[index].reshape(-1, *shape[len(shape) - event :]))
        if last is None:
            return Slot(flat[index], int(np.ravel_multi_index(rounds, lengths)))
        at = np.ravel_multi_index((*rounds, last), (*lengths, shape[depth]))
        return Slot(flat[index], int(at))

    yield from visit(circuit.structure.items, 0, (), ())


def _is_split(gate: Gate) -> bool:
    return len(gate.pauli) > _DENSE_WORD


def _without_repeats(matrices: jax.Array, mixes: tuple[bool, ...]) -> jax.Array:
    """Matrices as tensors whose axes are the output bits, then the input bits that may differ."""
    k = len(mixes)
    if not all(mixes):
        free = sum(mixes)
        bits = np.indices((2,) * (k + free)).reshape(k + free, -1)
        changed = iter(bits[k:])
        read = [next(changed) if m else bit for m, bit in zip(mixes, bits, strict=False)]
        at = np.ravel_multi_index((*bits[:k], *read), (2,) * (2 * k))
        return matrices.reshape(-1, 4**k)[:, at].reshape(-1, *(2,) * (k + free))
    return matrices.reshape(-1, *(2,) * (2 * k))
