"""Random programs, and the same programs as qjax circuits through the public API.

A program is a list of operations as `tests/oracle.py` describes it.
"""

import itertools
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

import qjax
from tests.oracle import Operation, Terms

# What each gate of the contract takes: its angles and its qubits. A new gate is a new row.
ANGLES_AND_QUBITS = {
    **dict.fromkeys(["h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "sxdg"], (0, 1)),
    **dict.fromkeys(["rx", "ry", "rz", "p"], (1, 1)),
    "u": (3, 1),
    **dict.fromkeys(["cx", "cy", "cz", "ch", "swap", "iswap"], (0, 2)),
    **dict.fromkeys(["ccx", "cswap"], (0, 3)),
    **dict.fromkeys(["crx", "cry", "crz", "cp", "rxx", "ryy", "rzz"], (1, 2)),
}
# These act on as many qubits as their matrix, phases or letters say, and are not broadcast.
WHOLE = {"unitary": "matrix", "diagonal": "phases", "pauli_rotation": "letters"}
GATES = [*ANGLES_AND_QUBITS, *WHOLE]


class Program(NamedTuple):
    """A number of qubits and the operations on them."""

    n: int
    ops: list[Operation]


def random_unitary(rng: np.random.Generator, k: int) -> np.ndarray:
    """Returns a unitary matrix on k qubits."""
    shape = (2**k, 2**k)
    matrix, _ = np.linalg.qr(rng.normal(size=shape) + 1j * rng.normal(size=shape))
    return matrix


def random_params(rng: np.random.Generator, name: str, k: int) -> tuple:
    """Returns parameters for a gate, on k qubits where the gate leaves that open."""
    if name == "unitary":
        return (random_unitary(rng, k),)
    if name == "diagonal":
        return (rng.uniform(-np.pi, np.pi, 2**k),)
    if name == "pauli_rotation":
        return (rng.uniform(-np.pi, np.pi), "".join(rng.choice(list("XYZ"), k)))
    return tuple(rng.uniform(-np.pi, np.pi, ANGLES_AND_QUBITS[name][0]).tolist())


def random_op(rng: np.random.Generator, name: str, n: int, k: int | None = None) -> Operation:
    """Returns an operation of the named gate on random distinct qubits."""
    if name in WHOLE:
        k = k or int(rng.integers(1, min(n, 3) + 1))
    else:
        k = ANGLES_AND_QUBITS[name][1]
    qubits = tuple(rng.choice(n, k, replace=False).tolist())
    return name, random_params(rng, name, k), qubits


def random_terms(rng: np.random.Generator, n: int, count: int) -> Terms:
    """Returns an observable of weighted Pauli strings on random qubits."""
    terms = []
    for _ in range(count):
        qubits = rng.choice(n, rng.integers(0, min(n, 3) + 1), replace=False)
        letters = {int(qubit): str(rng.choice(list("XYZ"))) for qubit in qubits}
        terms.append((float(rng.normal() / np.sqrt(count)), letters))
    return terms


def every_gate(rng: np.random.Generator, n: int) -> Program:
    """Returns each gate once, in random order, behind a layer that leaves no state special."""
    spread = [("u", random_params(rng, "u", 1), (qubit,)) for qubit in range(n)]
    return Program(n, spread + [random_op(rng, name, n) for name in rng.permutation(GATES)])


@st.composite
def programs(draw, salt: str = "", max_qubits: int = 8, max_calls: int = 10) -> Program:
    """Draws programs in runs of one gate, as broadcast calls make them.

    Args:
        draw: Given by Hypothesis.
        salt: Name of the case that is tested. Hypothesis draws the same choices for every case
            of a parametrized test; the salt turns them into different programs.
        max_qubits: Largest number of qubits.
        max_calls: Largest number of runs of one gate.
    """
    n = draw(st.integers(1, max_qubits))
    rng = np.random.default_rng([draw(st.integers(0, 2**32 - 1)), *salt.encode()])
    fitting = [name for name in GATES if name in WHOLE or ANGLES_AND_QUBITS[name][1] <= n]
    names = st.sampled_from(rng.permutation(fitting).tolist())
    calls = draw(st.lists(st.tuples(names, st.integers(1, 3)), max_size=max_calls))
    return Program(n, [random_op(rng, name, n) for name, run in calls for _ in range(run)])


def append(circuit: qjax.Circuit, name: str, params: tuple, *qubits) -> qjax.Circuit:
    """Appends one operation through the circuit's method of the same name."""
    if name in WHOLE:
        qubits = (list(qubits),)
    return getattr(circuit, name)(*params, *qubits)


def to_circuit(program: Program) -> qjax.Circuit:
    """Builds the circuit gate by gate."""
    circuit = qjax.Circuit(program.n)
    for name, params, qubits in program.ops:
        circuit = append(circuit, name, params, *qubits)
    return circuit


def to_broadcast_circuit(program: Program) -> qjax.Circuit:
    """Builds the circuit with one call for each run of one gate."""
    circuit = qjax.Circuit(program.n)
    for name, run in itertools.groupby(program.ops, key=lambda op: op[0]):
        ops = list(run)
        if name in WHOLE:
            for _, params, qubits in ops:
                circuit = append(circuit, name, params, *qubits)
        else:
            params = [np.array(values) for values in zip(*(op[1] for op in ops), strict=True)]
            columns = [list(column) for column in zip(*(op[2] for op in ops), strict=True)]
            circuit = append(circuit, name, tuple(params), *columns)
    return circuit


def to_observable(terms: Terms, coefficients=None):
    """Builds the observable from products and sums, with other coefficients where given."""
    factors = {"X": qjax.X, "Y": qjax.Y, "Z": qjax.Z}
    total = []
    for index, (coefficient, letters) in enumerate(terms):
        product = qjax.I()
        for qubit, letter in letters.items():
            product = product @ factors[letter](qubit)
        weight = coefficient if coefficients is None else coefficients[index]
        total.append(weight * product)
    return sum(total)


def numbers(program: Program) -> list[tuple]:
    """Returns each operation's numeric parameters: a pytree that can be differentiated."""
    return [
        tuple(value for value in params if not isinstance(value, str))
        for _, params, _ in program.ops
    ]


def with_numbers(program: Program, params: list[tuple]) -> Program:
    """Returns the program with other numeric parameters, traced ones too."""
    ops = []
    for (name, own, qubits), values in zip(program.ops, params, strict=True):
        rest = iter(values)
        full = tuple(value if isinstance(value, str) else next(rest) for value in own)
        ops.append((name, full, qubits))
    return Program(program.n, ops)


def redrawn(rng: np.random.Generator, program: Program) -> Program:
    """Returns the same structure with new numbers."""
    params = []
    for name, _, qubits in program.ops:
        new = random_params(rng, name, len(qubits))
        params.append(tuple(value for value in new if not isinstance(value, str)))
    return with_numbers(program, params)
