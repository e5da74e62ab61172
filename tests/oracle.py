"""A statevector simulator in NumPy, written from the definitions and sharing no code with qjax.

A program is a list of operations `(name, params, qubits)`, for example
`[("h", (), (0,)), ("crx", (0.3,), (0, 1)), ("pauli_rotation", (0.2, "XY"), (2, 0))]`, in double
precision throughout. Qubit 0 is the most significant bit of a basis index, and the first qubit of
an operation is the most significant bit of its matrix. An observable is a list of terms
`(coefficient, {qubit: letter})`; the empty dictionary is the identity.

Every matrix is a holomorphic function of its parameters (no conjugates, no absolute values), so
that `gradient` can differentiate it to machine precision with Cauchy's formula, instead of the
eight digits that finite differences give.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Operation = tuple[str, tuple[Any, ...], tuple[int, ...]]
Terms = Sequence[tuple[complex, Mapping[int, str]]]

PAULIS = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
}
_H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
_SX = np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2
_SWAP = np.eye(4, dtype=complex)[[0, 2, 1, 3]]
_ISWAP = np.array([[1, 0, 0, 0], [0, 0, 1j, 0], [0, 1j, 0, 0], [0, 0, 0, 1]])


def pauli_string(letters: str) -> np.ndarray:
    """Returns the Kronecker product of the letters' matrices, first letter most significant."""
    return functools.reduce(np.kron, [PAULIS[letter] for letter in letters])


def pauli_rotation(theta: complex, letters: str) -> np.ndarray:
    """Returns exp(-i theta P / 2)."""
    pauli = pauli_string(letters)
    return np.cos(theta / 2) * np.eye(len(pauli)) - 1j * np.sin(theta / 2) * pauli


def controlled(matrix: np.ndarray) -> np.ndarray:
    """Returns the matrix with one control in front."""
    size = len(matrix)
    result = np.eye(2 * size, dtype=complex)
    result[size:, size:] = matrix
    return result


def _phase(angle: complex) -> np.ndarray:
    return np.diag([1, np.exp(1j * angle)])


def _u(theta: complex, phi: complex, lam: complex) -> np.ndarray:
    cos, sin = np.cos(theta / 2), np.sin(theta / 2)
    return np.array(
        [
            [cos, -np.exp(1j * lam) * sin],
            [np.exp(1j * phi) * sin, np.exp(1j * (phi + lam)) * cos],
        ]
    )


MATRICES: dict[str, Callable[..., np.ndarray]] = {
    "h": lambda: _H,
    "x": lambda: PAULIS["X"],
    "y": lambda: PAULIS["Y"],
    "z": lambda: PAULIS["Z"],
    "s": lambda: np.diag([1, 1j]),
    "sdg": lambda: np.diag([1, -1j]),
    "t": lambda: _phase(np.pi / 4),
    "tdg": lambda: _phase(-np.pi / 4),
    "sx": lambda: _SX,
    "sxdg": lambda: _SX.conj().T,
    "rx": lambda theta: pauli_rotation(theta, "X"),
    "ry": lambda theta: pauli_rotation(theta, "Y"),
    "rz": lambda theta: pauli_rotation(theta, "Z"),
    "p": _phase,
    "u": _u,
    "cx": lambda: controlled(PAULIS["X"]),
    "cy": lambda: controlled(PAULIS["Y"]),
    "cz": lambda: controlled(PAULIS["Z"]),
    "ch": lambda: controlled(_H),
    "swap": lambda: _SWAP,
    "iswap": lambda: _ISWAP,
    "ccx": lambda: controlled(controlled(PAULIS["X"])),
    "cswap": lambda: controlled(_SWAP),
    "crx": lambda theta: controlled(pauli_rotation(theta, "X")),
    "cry": lambda theta: controlled(pauli_rotation(theta, "Y")),
    "crz": lambda theta: controlled(pauli_rotation(theta, "Z")),
    "cp": lambda theta: controlled(_phase(theta)),
    "rxx": lambda theta: pauli_rotation(theta, "XX"),
    "ryy": lambda theta: pauli_rotation(theta, "YY"),
    "rzz": lambda theta: pauli_rotation(theta, "ZZ"),
    "unitary": lambda matrix: np.asarray(matrix, dtype=complex),
    "diagonal": lambda phases: np.diag(np.exp(1j * np.asarray(phases))),
    "pauli_rotation": pauli_rotation,
}


def apply(state: np.ndarray, matrix: np.ndarray, qubits: Sequence[int]) -> np.ndarray:
    """Applies a matrix to some qubits of a state held as one axis a qubit."""
    k = len(qubits)
    state = np.tensordot(matrix.reshape((2,) * (2 * k)), state, (range(k, 2 * k), qubits))
    return np.moveaxis(state, range(k), qubits)


def statevector(n: int, ops: Sequence[Operation], initial: np.ndarray | None = None) -> np.ndarray:
    """Returns the final amplitudes `[2**n]`, from |0...0> unless an initial state is given."""
    if initial is None:
        initial = np.eye(1, 2**n)[0]
    state = np.asarray(initial, dtype=complex).reshape((2,) * n)
    for name, params, qubits in ops:
        state = apply(state, MATRICES[name](*params), qubits)
    return state.reshape(-1)


def unitary(n: int, ops: Sequence[Operation]) -> np.ndarray:
    """Returns the program's matrix `[2**n, 2**n]`."""
    return np.stack([statevector(n, ops, column) for column in np.eye(2**n)], axis=1)


def observe(n: int, terms: Terms, state: np.ndarray) -> np.ndarray:
    """Returns the observable applied to a state."""
    result = np.zeros(2**n, dtype=complex)
    for coefficient, letters in terms:
        image = state.reshape((2,) * n)
        for qubit, letter in letters.items():
            image = apply(image, PAULIS[letter], (qubit,))
        result += coefficient * image.reshape(-1)
    return result


def expectation(n: int, ops: Sequence[Operation], terms: Terms) -> float:
    """Returns the observable's mean value in the program's final state."""
    state = statevector(n, ops)
    return np.vdot(state, observe(n, terms, state)).real


def density_matrix(
    n: int, ops: Sequence[Operation], qubits: Sequence[int] | None = None
) -> np.ndarray:
    """Returns the reduced density matrix of some qubits, in the order given."""
    kept = list(range(n) if qubits is None else qubits)
    rest = [qubit for qubit in range(n) if qubit not in kept]
    state = statevector(n, ops).reshape((2,) * n).transpose(kept + rest)
    state = state.reshape(2 ** len(kept), -1)
    return state @ state.conj().T


def probabilities(
    n: int, ops: Sequence[Operation], qubits: Sequence[int] | None = None
) -> np.ndarray:
    """Returns the probability of each bit string of some qubits, in the order given."""
    return np.diag(density_matrix(n, ops, qubits)).real


def derivative(function: Callable[[complex], np.ndarray], at: float) -> np.ndarray:
    """Differentiates a holomorphic function by Cauchy's formula: exact but for rounding."""
    roots = np.exp(2j * np.pi * np.arange(16) / 16)
    return sum(function(at + 0.5 * root) / (0.5 * root) for root in roots) / 16


def gradient(n: int, ops: Sequence[Operation], terms: Terms) -> list[tuple[np.ndarray, ...]]:
    """Differentiates the expectation in every numeric parameter of every operation.

    Returns:
        One tuple an operation and one array a parameter, of the parameter's shape. A complex
        parameter's derivative follows JAX's convention, d/dx - i d/dy.
    """

    def replaced(index: int, matrix: np.ndarray) -> complex:
        """Returns <state| O |state with one operation's matrix replaced>."""
        qubits = ops[index][2]
        changed = [*ops[:index], ("unitary", (matrix,), qubits), *ops[index + 1 :]]
        return np.vdot(bra, statevector(n, changed))

    def entry(index: int, position: int, where: tuple[int, ...]) -> complex:
        name, params, _ = ops[index]
        value = np.array(params[position])
        if np.iscomplexobj(value):
            value[...] = 0
            value[where] = 1
            return 2 * replaced(index, value)

        def matrix(number: complex) -> np.ndarray:
            moved = value.astype(complex)
            moved[where] = number
            moved = moved if moved.ndim else moved[()]
            return MATRICES[name](*params[:position], moved, *params[position + 1 :])

        return 2 * replaced(index, derivative(matrix, value[where])).real

    bra = observe(n, terms, statevector(n, ops))
    gradients = []
    for index, (_, params, _) in enumerate(ops):
        slots = []
        for position, value in enumerate(params):
            if isinstance(value, str):
                continue
            shape = np.shape(value)
            flat = [entry(index, position, where) for where in np.ndindex(shape)]
            slots.append(np.array(flat).reshape(shape))
        gradients.append(tuple(slots))
    return gradients
