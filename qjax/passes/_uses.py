"""The uses of gates in a run of operations, and their matrices, one stack a kind of gate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Gate, IndexMap, Operation, Repeat, Slot

# Numbers that one kernel puts together.
_JOINED = 32


class Kind(NamedTuple):
    """A gate or its inverse."""

    gate: Gate
    adjoint: bool


class Use(NamedTuple):
    """One use of a gate.

    Attributes:
        kind: The gate, or its inverse.
        row: Where its parameters are in the stack of its kind.
        qubits: What it acts on.
    """

    kind: Kind
    row: int
    qubits: tuple[int, ...]


class Stacks:
    """Parameters of all uses, one array a kind of gate and parameter.

    Many gates of one kind are then a few array operations, however they were written.
    """

    def __init__(
        self,
        leaves: tuple[Any, ...],
        operations: Iterable[Operation],
        dtype: Any,
        *,
        split: bool = False,
    ):
        """Reads the operations; if ``split``, each as its real and its diagonal factors."""
        self.uses: list[Use] = []
        self._leaves = leaves
        self._dtype = dtype
        self._slots: dict[Kind, list[tuple[tuple[Slot, ...], int]]] = defaultdict(list)
        self._matrices: dict[Kind, jax.Array] = {}
        self._phases: dict[Kind, jax.Array] = {}
        counts: dict[Kind, int] = defaultdict(int)
        for operation in operations:
            angles = tuple(range(len(operation.slots)))
            factors = operation.gate.real_factors if split else ((operation.gate, angles),)
            members: list[tuple[Kind, int]] = []
            for gate, places in factors:
                kind = Kind(gate, operation.adjoint)
                members.append((kind, counts[kind]))
                if not gate.is_fixed:
                    slots = tuple(operation.slots[i] for i in places)
                    self._slots[kind].append((slots, len(operation.qubits)))
                    counts[kind] += len(operation.qubits)
            for j, qubits in operation.uses():
                for kind, row in members[::-1] if operation.adjoint else members:
                    self.uses.append(Use(kind, 0 if kind.gate.is_fixed else row + j, qubits))

    def parameters(self, kind: Kind) -> list[jax.Array]:
        """One array ``[uses, *event_shape]`` a parameter."""
        columns = range(len(kind.gate.parameters))
        entries = self._slots[kind]
        return [
            stack_parameter(self._leaves, [(slots[i], m) for slots, m in entries], kind.gate)
            for i in columns
        ]

    def is_real(self, kind: Kind) -> bool:
        """Whether the gate's matrices are real."""
        if kind.gate.data != "matrix":
            return kind.gate.is_real
        slots = [slots[0] for slots, _ in self._slots[kind]]
        return not any(jnp.iscomplexobj(self._leaves[slot.leaf]) for slot in slots)

    def matrices(self, kind: Kind, rows: np.ndarray) -> jax.Array:
        """Matrices ``[len(rows), d, d]``, or ``[1, d, d]`` of a gate without parameters.

        They are real where the gate is.
        """
        if kind not in self._matrices:
            parameters = self.parameters(kind)
            dtype = jnp.finfo(self._dtype).dtype if self.is_real(kind) else self._dtype
            total = kind.gate.matrices(*parameters, dtype=dtype)
            if kind.gate.data == "matrix" or callable(kind.gate.matrix):
                total = _unitary_or_nan(total)
            self._matrices[kind] = jnp.swapaxes(total, -1, -2).conj() if kind.adjoint else total
        return _take(self._matrices[kind], rows)

    def phase_table(self, kind: Kind, rows: np.ndarray, picks: np.ndarray) -> jax.Array:
        """Sum of the angles of diagonal gates on some qubits.

        Args:
            kind: Their kind.
            rows: Their rows.
            picks: For each gate, which of its diagonal entries a basis state of the qubits meets,
                ``[len(rows), states]``.

        Returns:
            Angles ``[states]``.
        """
        real = jnp.finfo(self._dtype).dtype
        gate = kind.gate
        if isinstance(gate.matrix, np.ndarray):
            known = np.angle(np.diag(gate.matrix))
            return jnp.asarray((-1 if kind.adjoint else 1) * known[picks].sum(0), real)
        if gate.generators and len(gate.parameters) == 1:
            # One matrix product, so that its transpose is one too.
            slopes = (1 if kind.adjoint else -1) * np.diag(gate.generators[0]).real[picks]
            angles = _take(self.parameters(kind)[0].astype(real), rows)
            angles = jnp.broadcast_to(angles, (len(rows),))
            return jnp.matmul(
                angles, jnp.asarray(slopes, real), precision=jax.lax.Precision.HIGHEST
            )
        angles = self.phases(kind, rows)
        angles = jnp.broadcast_to(angles, (len(rows), angles.shape[1]))
        return jnp.take_along_axis(angles, jnp.asarray(picks), 1).sum(0)

    def phases(self, kind: Kind, rows: np.ndarray) -> jax.Array:
        """Angles of the diagonal ``[len(rows), d]``, or ``[1, d]``."""
        if kind not in self._phases:
            total = kind.gate.phases(*self.parameters(kind), dtype=self._dtype)
            self._phases[kind] = -total if kind.adjoint else total
        return _take(self._phases[kind], rows)

    def parameter(self, use: Use) -> jax.Array:
        """The only parameter of one use, with the sign that inverts where it is inverted."""
        value = self.parameters(use.kind)[0][use.row]
        return -value if use.kind.adjoint else value


def is_real(circuit: Circuit) -> bool:
    """Whether a circuit takes real states to real states, whatever its angles."""

    def real(items: Iterable[Any], leaves: Sequence[Any]) -> bool:
        for item in items:
            if isinstance(item, Repeat):
                inner = leaves[item.start : item.start + item.body.n_leaves]
                if not real(item.body.items, inner):
                    return False
            elif isinstance(item, Operation):
                given = item.gate.data == "matrix"
                if given and jnp.iscomplexobj(leaves[item.slots[0].leaf]):
                    return False
                if not (given or item.gate.is_real):
                    return False
        return True

    return real(circuit.structure.items, circuit.leaves)


def stack_parameter(
    leaves: tuple[Any, ...], entries: list[tuple[Slot, int]], gate: Gate
) -> jax.Array:
    """All values of one parameter; literals of one leaf are read in one go."""
    parts: list[jax.Array] = []
    pending: list[tuple[int, int, int]] = []

    def flush() -> None:
        if pending:
            rows = np.repeat([e for _, e, _ in pending], [m for _, _, m in pending])
            parts.append(_take(jnp.asarray(leaves[pending[0][0]]), rows))
            pending.clear()

    for slot, m in entries:
        if slot.entry is None:
            flush()
            leaf = jnp.asarray(leaves[slot.leaf])
            whole = leaf if leaf.ndim > len(gate.event_shape) else leaf[None]
            parts.append(jnp.broadcast_to(whole, (m, *gate.event_shape)))
        else:
            if pending and pending[0][0] != slot.leaf:
                flush()
            pending.append((slot.leaf, slot.entry, m))
    flush()
    if len(parts) == 1:
        return parts[0]
    kinds = {p.dtype for p in parts}
    inexact = [d for d in kinds if jnp.issubdtype(d, jnp.complexfloating)] or list(kinds)
    dtype = None if len(kinds) == 1 else jnp.result_type(*inexact)
    parts = [p if dtype is None else p.astype(dtype) for p in parts]
    return joined(*parts) if all(p.shape == (1,) for p in parts) else jnp.concatenate(parts)


@jax.custom_jvp
def joined(*parts: jax.Array) -> jax.Array:
    """Many single numbers as one array.

    A concatenation would be a kernel for each number where they are entries of an array, as in a
    loop over ``w[i]``; compiling one takes longer than all of this together.
    """
    rows = []
    for i in range(0, len(parts), _JOINED):
        part = parts[i : i + _JOINED]
        index = jnp.arange(len(part), dtype=jnp.int32)
        row = jnp.broadcast_to(part[0], (len(part),))
        for j, number in enumerate(part[1:], 1):
            row = jnp.where(index == j, number, row)
        rows.append(row)
    return jnp.concatenate(rows)


@joined.defjvp
def _jvp_ofjoined(parts: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    return joined(*parts), jnp.concatenate(tangents)


def _take(stack: jax.Array, rows: np.ndarray) -> jax.Array:
    """Static rows of a stack: all of them, a slice, or a gather. A stack of one row is kept."""
    if stack.shape[0] == 1:
        return stack
    rows = np.asarray(rows)
    if np.array_equal(rows, np.arange(stack.shape[0])):
        return stack
    steps = np.diff(rows)
    if len(rows) == 1 or (steps[0] > 0 and np.all(steps == steps[0])):
        stride = int(steps[0]) if len(steps) else 1
        return stack[int(rows[0]) : int(rows[-1]) + 1 : stride]
    return stack[rows]


def _unitary_or_nan(matrices: jax.Array) -> jax.Array:
    """The matrices, nan in place of one that is not unitary: no gradient could be right for it."""
    product = jnp.einsum(
        "...ji,...jk->...ik", matrices.conj(), matrices, precision=jax.lax.Precision.HIGHEST
    )
    error = jnp.max(
        jnp.abs(product - jnp.eye(matrices.shape[-1], dtype=matrices.dtype)[None]), (-1, -2)
    )
    return jnp.where((error < 1e-3)[..., None, None], matrices, jnp.nan)


def index_map(use: Use, n_qubits: int) -> IndexMap | None:
    """The use as a permutation of basis states, where it is one that is affine over GF(2)."""
    local = use.kind.gate.index_map
    if local is None:
        return None
    placed = IndexMap.of_gate(*local, use.qubits, n_qubits)
    return placed.inverse() if use.kind.adjoint else placed
