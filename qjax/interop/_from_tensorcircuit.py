"""Circuits from tensorcircuit."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np

from qjax.circuit import GATES, Circuit, Gate
from qjax.interop._guard import tensorcircuit_unchanged
from qjax.interop._to_tensorcircuit import ANGLES, NAMES, traced

_GATES = {theirs: GATES[ours] for ours, theirs in NAMES.items()}
_GATES["cu"] = GATES["u"].controlled()
_OPEN = {"o" + name: GATES["c" + name] for name in ("x", "y", "z", "rx", "ry", "rz")}
_TOLERANCE = 1e-4


def from_tensorcircuit(circuit: Any) -> Circuit:
    """The same circuit as a ``qjax.Circuit``.

    Gates that qjax has keep their names; ``exp`` and ``exp1`` of known Hermitian matrices become
    gates with that generator; all others become ``unitary`` or ``diagonal``. Barriers are left
    out. Gates that tensorcircuit was asked to split approximately are converted exactly.

    Args:
        circuit: A ``tensorcircuit.Circuit`` of unitary gates from the state of zeros. Parameters
            that are traced JAX arrays stay so, and derivatives flow through the result.

    Raises:
        TypeError: If the argument is not a ``tensorcircuit.Circuit``, or is one of density
            matrices, matrix product states, symbols or qudits.
        ValueError: If it starts from a state of its own, or holds an operation that is no unitary
            gate: a measurement, reset, channel or post-selection. The operation is named with its
            place.

    Example:
        >>> import qjax
        >>> with qjax.interop.tensorcircuit_unchanged() as tensorcircuit:
        ...     theirs = tensorcircuit.Circuit(2)
        ...     theirs.h(0)
        ...     theirs.crx(0, 1, theta=0.3)
        >>> qjax.interop.from_tensorcircuit(theirs).count_ops()
        {'h': 1, 'crx': 1}
    """
    with tensorcircuit_unchanged() as tensorcircuit:
        _check(circuit, tensorcircuit)
        n_qubits = circuit.circuit_param["nqubits"]
        result = Circuit(n_qubits)
        for place, record in enumerate(circuit.to_qir()):
            qubits = tuple(int(q) % n_qubits for q in record["index"])
            try:
                result = _import(result, record, qubits, tensorcircuit)
            except (TypeError, ValueError) as error:
                raise _unsupported(place, record["name"] or "any", qubits, str(error)) from error
    return result


def _check(circuit: Any, tensorcircuit: Any) -> None:
    known = isinstance(circuit, tensorcircuit.Circuit)
    if not known or isinstance(circuit, getattr(tensorcircuit, "SymbolCircuit", ())):
        raise TypeError(
            "Argument `circuit` must be a `tensorcircuit.Circuit`, of gates on qubits with values, "
            f"but is a {type(circuit).__name__}."
        )
    parameters = circuit.circuit_param
    if (parameters.get("dim") or 2) != 2:
        raise TypeError(f"Argument `circuit` must be on qubits, but is on {parameters['dim']}.")
    fresh = tensorcircuit.Circuit(parameters["nqubits"])
    start = [node.name for node in circuit._nodes[: circuit._start_index]]
    if start != [node.name for node in fresh._nodes]:
        raise ValueError(
            "Argument `circuit` must start from the state of zeros, but starts from a state of its "
            "own: prepare it by gates, for example with `qjax.library.amplitude_encoding`."
        )
    for record in circuit._extra_qir:
        if record["name"] != "barrier":
            raise _unsupported(record["pos"], record["name"], tuple(record["index"]), "no gate.")
    before = set()
    for node in circuit._nodes:
        if getattr(node, "flag", "") == "post-select":
            place = sum(id(record["gate"]) in before for record in circuit.to_qir())
            raise _unsupported(place, "mid_measurement", (), "it is a post-selection.")
        before.add(getattr(node, "id", None))


def _unsupported(place: int, name: str, qubits: tuple[int, ...], reason: str) -> ValueError:
    where = f" on qubits {qubits}" if qubits else ""
    return ValueError(
        f"Operation {place} of the circuit, `{name}`{where}, has no counterpart in qjax: {reason}"
    )


def _import(
    circuit: Circuit, record: dict[str, Any], qubits: tuple[int, ...], tensorcircuit: Any
) -> Circuit:
    function, gate = record.get("gatef"), record["gate"]
    name = getattr(function, "n", getattr(function, "__name__", "").removesuffix("_gate"))
    given, dim = record.get("parameters", {}), 2 ** len(qubits)
    read = functools.partial(_known, tensorcircuit=tensorcircuit)
    # Only what tensorcircuit draws at random comes with a dimension and a name of its own.
    if record.get("is_channel") or (name == "any" and "dim" in given and record["name"] != "any"):
        raise ValueError("it is one branch, drawn at random, of a channel or measurement.")
    if name == "i":
        return circuit
    if name == "iswap":
        fraction = _angle(read(given.get("theta", 1.0)))
        if traced(fraction) or fraction != 1:
            angle = fraction * (-np.pi / 2)
            return circuit.rxx(angle, *qubits).ryy(angle, *qubits)
        given = {}
    if name in _OPEN or name in _GATES:
        ours = _OPEN.get(name) or _GATES[name]
        angles = (given.get(ANGLES.get(angle, angle), 0.0) for angle in ours.parameters)
        flips = Circuit(circuit.n_qubits)
        flips = flips.x(qubits[0]) if name in _OPEN else flips
        return (circuit + flips).apply(ours, *(_angle(read(a)) for a in angles), *qubits) + flips
    if name == "rzm":
        return circuit.pauli_rotation(_angle(read(given["theta"])), "Z" * len(qubits), qubits)
    if name in ("exp", "exp1"):
        keys = ("unitary", "hermitian", "hamiltonian")
        matrix = read(next(given[key] for key in keys if key in given))
        if not traced(matrix) and _is_generator(matrix, dim, involution=name == "exp1"):
            theta = _angle(read(given["theta"])) * (0.5 if given.get("half") else 1.0)
            own = _generated(name, matrix.astype(complex).tobytes(), dim)
            return circuit.apply(own, theta, *qubits)
    if name == "cmz":
        return circuit.diagonal(np.pi * (np.arange(dim) == dim - 1), qubits)
    tensor = read(gate.tensor if hasattr(gate, "tensor") else gate.copy().eval_matrix())
    if record.get("diagonal"):
        return circuit.diagonal(_phases(tensor.reshape(-1)), qubits)
    if tensor.size != dim**2:
        raise ValueError(f"its tensor has shape {tensor.shape}.")
    return circuit.unitary(tensor.reshape(dim, dim), qubits)


def _known(value: Any, tensorcircuit: Any) -> Any:
    """A NumPy array of a value of any backend, or the tracer it is."""
    if traced(value):
        return value
    value = getattr(value, "tensor", value)
    backend = tensorcircuit.backend
    return np.asarray(backend.numpy(value) if backend.is_tensor(value) else value)


def _angle(value: Any) -> Any:
    """A real angle: tensorcircuit keeps many as complex numbers."""
    if jnp.issubdtype(value.dtype, jnp.complexfloating):
        if not traced(value) and np.max(np.abs(value.imag)) > 1e-6:
            raise ValueError(f"its angle must be real, but is {value}.")
        value = value.real
    return value.reshape(()) if value.size == 1 else value


def _phases(diagonal: Any) -> Any:
    """Angles of a diagonal; nan where a traced one is not unitary, as of a traced matrix."""
    if traced(diagonal):
        unitary = jnp.abs(jnp.abs(diagonal) - 1) < _TOLERANCE
        return jnp.where(unitary, jnp.angle(diagonal), jnp.nan)
    error = np.max(np.abs(np.abs(diagonal) - 1))
    if error > _TOLERANCE:
        raise ValueError(f"it is not unitary, by {error:.1e}.")
    return np.angle(diagonal)


def _is_generator(matrix: np.ndarray, dim: int, *, involution: bool) -> bool:
    if matrix.size != dim**2:
        return False
    matrix = matrix.reshape(dim, dim)
    hermitian = np.allclose(matrix, matrix.conj().T, rtol=0, atol=1e-6)
    return hermitian and (not involution or np.allclose(matrix @ matrix, np.eye(dim), atol=1e-6))


@functools.cache
def _generated(name: str, generator: bytes, dim: int) -> Gate:
    """One gate a generator, so that circuits converted twice have one structure."""
    return Gate(name, generator=np.frombuffer(generator, complex).reshape(dim, dim))
