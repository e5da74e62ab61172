"""The one table of gates: a gate is a row, and everything about it follows from the row."""

from __future__ import annotations

import copyreg
import dataclasses
from typing import Any

import numpy as np

from qjax.circuit._gate import Gate
from qjax.circuit._matrices import PAULIS, pauli_matrix


def _rows() -> dict[str, Gate]:
    half, plus = 1 / np.sqrt(2), (1 + 1j) / 2
    pauli, minus = PAULIS, (1 - 1j) / 2
    two = ("qubits1", "qubits2")
    swap = np.eye(4)[[0, 2, 1, 3]]
    sx = np.array([[plus, minus], [minus, plus]])
    rows = [
        Gate("h", matrix=half * np.array([[1, 1], [1, -1]]), qasm="h"),
        Gate("x", matrix=pauli["X"], qasm="x"),
        Gate("y", matrix=pauli["Y"], qasm="y"),
        Gate("z", matrix=pauli["Z"], qasm="z"),
        Gate("s", matrix=np.diag([1, 1j]), qasm="s"),
        Gate("sdg", matrix=np.diag([1, -1j]), qasm="sdg"),
        Gate("t", matrix=np.diag([1, np.exp(0.25j * np.pi)]), qasm="t"),
        Gate("tdg", matrix=np.diag([1, np.exp(-0.25j * np.pi)]), qasm="tdg"),
        Gate("sx", matrix=sx, qasm="sx"),
        Gate("sxdg", matrix=sx.conj().T, qasm="sxdg"),
        Gate("rx", generator=pauli["X"] / 2, qasm="rx"),
        Gate("ry", generator=pauli["Y"] / 2, qasm="ry"),
        Gate("rz", generator=pauli["Z"] / 2, qasm="rz"),
        Gate("p", generator=np.diag([0, -1]), qasm="p"),
        Gate("swap", matrix=swap, qubit_names=two, qasm="swap"),
        Gate("iswap", matrix=swap * np.array([1, 1j, 1j, 1]), qubit_names=two, qasm="iswap"),
        *(
            Gate(
                f"r{a}{a}",
                generator=pauli_matrix(2 * a.upper()) / 2,
                qubit_names=two,
                qasm=f"r{a}{a}",
            )
            for a in "xyz"
        ),
    ]
    table = {gate.name: gate for gate in rows}
    p, ry = table["p"], table["ry"]
    u = Gate(
        "u",
        factors=((p, (2,)), (ry, (0,)), (p, (1,))),
        parameters=("theta", "phi", "lam"),
        qasm="u",
    )
    table["u"] = u
    for name in ("x", "y", "z", "h", "swap", "rx", "ry", "rz", "p"):
        table["c" + name] = table[name].controlled(qasm="c" + name)
    table["ccx"] = table["cx"].controlled(qasm="ccx")
    return table


GATES: dict[str, Gate] = _rows()
"""The gates that every circuit has as methods, by name."""

INVERSES = {"s": "sdg", "t": "tdg", "sx": "sxdg"}
INVERSES |= {v: k for k, v in INVERSES.items()}


def _reduce(gate: Gate) -> Any:
    """Gates of the table are single values: a copy or an unpickled one is the same one."""
    if GATES.get(gate.name) is gate:
        return _row, (gate.name,)
    return _rebuild, ({f.name: getattr(gate, f.name) for f in dataclasses.fields(gate)},)


def _row(name: str) -> Gate:
    return GATES[name]


def _rebuild(fields: dict[str, Any]) -> Gate:
    return Gate(**fields)


copyreg.pickle(Gate, _reduce)
