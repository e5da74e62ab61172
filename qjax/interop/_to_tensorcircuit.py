"""Circuits to tensorcircuit.

Both libraries number qubits alike, qubit 0 the most significant bit, and have the same rotations,
so that states agree in every entry, global phase included.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import GATES, Circuit, Gate, IndexMap, Operation, Repeat, Structure, errors
from qjax.interop._guard import tensorcircuit_unchanged

# Gates that both have; all others go as matrices, diagonals or exponentials.
NAMES = {name: name for name in "h x y z s t cy cz swap iswap u rx ry rz rxx ryy rzz".split()}
NAMES |= {"crx": "crx", "cry": "cry", "crz": "crz", "p": "phase", "cp": "cphase", "cx": "cnot"}
NAMES |= {"sdg": "sd", "tdg": "td", "ccx": "toffoli", "cswap": "fredkin"}
ANGLES = {"lam": "lbd"}
_WIDE = 4  # Letters of a Pauli word above which its rotation goes as a ladder of CX.
# Qubits of a diagonal up to which it goes as a matrix: tensorcircuit 1.10 contracts its own
# `diagonal` with NumPy, which fails on tracers.
_DENSE = 6
# Gates that turn a letter of a Pauli word to Z, and back.
_TURNS = {"X": (("h",), ("h",)), "Y": (("sd", "h"), ("h", "s")), "Z": ((), ())}


def to_tensorcircuit(circuit: Circuit) -> Any:
    """The same circuit as a ``tensorcircuit.Circuit``.

    Gates that tensorcircuit has keep their names; others become ``any``, ``diagonal`` or ``exp1``,
    index maps and wide Pauli rotations become networks of CX, and repeats are written out.
    It is built with the backend and dtype that tensorcircuit is set to.

    Args:
        circuit: The circuit. Its parameters may be traced where tensorcircuit's backend is JAX:
            derivatives then flow through the result.

    Raises:
        TypeError: If the argument is not a circuit.
        ValueError: If parameters are traced and tensorcircuit's backend is another, or the circuit
            is a batch that ``vmap`` returned.

    Example:
        >>> import qjax
        >>> bell = qjax.interop.to_tensorcircuit(qjax.Circuit(2).h(0).cx(0, 1))
        >>> bell.state().real.round(3).tolist()
        [0.707, 0.0, 0.0, 0.707]
    """
    if not isinstance(circuit, Circuit):
        kind = type(circuit).__name__
        raise TypeError(f"Argument `circuit` must be a `qjax.Circuit`, but is a {kind}.")
    with tensorcircuit_unchanged() as tensorcircuit:
        leaves = [leaf if traced(leaf) else np.asarray(leaf) for leaf in circuit.leaves]
        backend = tensorcircuit.backend.name
        if backend != "jax" and any(map(traced, leaves)):
            raise ValueError(
                "Argument `circuit` has traced parameters, which tensorcircuit holds with its "
                f"JAX backend only, but its backend is {backend!r}: call "
                "`tensorcircuit.set_backend('jax')`."
            )
        target = tensorcircuit.Circuit(circuit.n_qubits)
        dtype = jax.dtypes.canonicalize_dtype(tensorcircuit.dtypestr)
        for gate, adjoint, qubits, values in _unrolled(circuit.structure, leaves):
            _export(target, gate, adjoint, qubits, values, dtype)
    return target


def _unrolled(structure: Structure, leaves: Sequence[Any]) -> Iterator[Any]:
    """Gate, whether inverted, qubits and parameters of each use, in order of execution."""
    for item in structure.items:
        if isinstance(item, Repeat):
            own = leaves[item.start : item.start + item.body.n_leaves]
            for i in range(item.length)[:: -1 if item.reverse else 1]:
                yield from _unrolled(item.body, [leaf[i] for leaf in own])
        elif isinstance(item, IndexMap):
            yield from ((GATES["cx"], False, pair, ()) for pair in _network(item))
            flips = (q for q in range(item.n_qubits) if item.offset >> (item.n_qubits - 1 - q) & 1)
            yield from ((GATES["x"], False, (q,), ()) for q in flips)
        else:
            for row, qubits in item.uses():
                yield item.gate, item.adjoint, qubits, list(_parameters(item, leaves, row))


def _parameters(item: Operation, leaves: Sequence[Any], row: int) -> Iterator[Any]:
    event = item.gate.event_shape
    for slot, name in zip(item.slots, item.gate.parameters, strict=True):
        value, allowed = leaves[slot.leaf], [(len(item.qubits), *event), event]
        if slot.entry is not None:
            value, allowed = value[slot.entry], [()]
        errors.check_shape(value.shape, allowed, name)
        yield value[row] if value.ndim > len(event) else value


def _network(item: IndexMap) -> list[tuple[int, int]]:
    """Control and target of the CX gates of a map's linear part, by Gauss-Jordan elimination."""
    n, gates = item.n_qubits, []
    rows = [
        sum((column >> (n - 1 - i) & 1) << q for q, column in enumerate(item.columns))
        for i in range(n)
    ]

    def add(control: int, target: int) -> None:
        rows[target] ^= rows[control]
        gates.append((control, target))

    for i in range(n):
        if not rows[i] >> i & 1:
            add(next(j for j in range(i + 1, n) if rows[j] >> i & 1), i)
        for j in range(n):
            if j != i and rows[j] >> i & 1:
                add(i, j)
    return gates[::-1]


def _export(
    target: Any, gate: Gate, adjoint: bool, qubits: Sequence[int], values: Sequence[Any], dtype: Any
) -> None:
    name = NAMES.get(gate.name) if GATES.get(gate.name) is gate else None
    if adjoint and (gate.pauli or gate.generator is not None or gate.data == "phases"):
        values, adjoint = [-value for value in values], False
    if gate.factors and (adjoint or not name):
        for inner, places in gate.factors[:: -1 if adjoint else 1]:
            _export(target, inner, adjoint, qubits, [values[i] for i in places], dtype)
    elif name and not adjoint:
        angles = (ANGLES.get(angle, angle) for angle in gate.parameters)
        getattr(target, name)(*qubits, **dict(zip(angles, values, strict=True)))
    elif gate.pauli:
        _export_word(target, gate, qubits, values[0])
    elif gate.data == "phases":
        angles = values[0]
        known = not traced(angles)
        cis = np.exp(1j * angles) if known else jax.lax.complex(jnp.cos(angles), jnp.sin(angles))
        if len(qubits) > _DENSE:
            target.diagonal(*qubits, diag=cis)
        else:
            target.any(*qubits, unitary=np.diag(cis) if known else jnp.diag(cis))
    else:
        matrix = _matrix(gate, values, dtype)
        target.any(*qubits, unitary=matrix.conj().T if adjoint else matrix)


def _export_word(target: Any, gate: Gate, qubits: Sequence[int], theta: Any) -> None:
    word = [(q, letter) for q, letter in zip(qubits, gate.pauli, strict=True) if letter != "I"]
    if gate.n_qubits <= _WIDE:
        assert gate.generators
        target.exp1(*qubits, unitary=2 * gate.generators[0], theta=theta, half=True)
        return
    if not word:
        target.exp1(qubits[0], unitary=np.eye(2), theta=theta, half=True)
        return
    turns, back = (
        [(name, (q,)) for q, letter in word for name in _TURNS[letter][i]] for i in range(2)
    )
    ladder = [("cnot", (a, b)) for (a, _), (b, _) in itertools.pairwise(word)]
    for name, where in [*turns, *ladder]:  # The parity comes to the last qubit.
        getattr(target, name)(*where)
    target.rz(word[-1][0], theta=theta)
    for name, where in [*ladder[::-1], *back]:
        getattr(target, name)(*where)


def _matrix(gate: Gate, values: Sequence[Any], dtype: Any) -> Any:
    if gate.data or isinstance(gate.matrix, np.ndarray):
        return values[0] if gate.data else gate.matrix
    unknown = any(map(traced, values))
    with contextlib.nullcontext() if unknown else jax.ensure_compile_time_eval():
        matrix = gate.matrices(*(jnp.asarray(v)[None] for v in values), dtype=dtype)[0]
    return matrix if unknown else np.asarray(matrix)


def traced(value: Any) -> bool:
    """Whether a value is not known yet."""
    return isinstance(value, jax.core.Tracer)
