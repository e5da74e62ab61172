"""Evolution under a Hamiltonian: the alternating ansatz of QAOA, and product formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from qjax.circuit import Circuit, PauliSum, Word, errors
from qjax.library._checks import aligned, check_circuit, layers_of, numbers, real
from qjax.library._layers import layered


def qaoa(circuit: Circuit, cost: PauliSum, gammas: Any, betas: Any) -> Circuit:
    r"""Appends the quantum approximate optimisation ansatz.

    .. math:: \prod_l e^{-i \beta_l B} e^{-i \gamma_l C} \; H^{\otimes n}, \quad
              B = \sum_q X_q, \quad l = 1, 2, \dots \text{ from right to left}

    exactly, the constant of C included. Terms of one kind are one broadcast gate.

    Args:
        circuit: A circuit on n qubits.
        cost: C, a sum of words over I and Z, such as `maxcut` returns; its coefficients may be
            traced.
        gammas: Real ``[layers]``.
        betas: Real ``[layers]``.

    Returns:
        The circuit with the layers appended; several are one ``repeat``.

    Raises:
        TypeError: If the cost is no observable, or an argument is not real.
        ValueError: If the cost is not diagonal or acts beyond the circuit, or ``gammas`` and
            ``betas`` are not of one length of at least 1.

    References:
        Farhi, Goldstone, Gutmann, arXiv 1411.4028.

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from qjax.library import maxcut, qaoa
        >>> cut = maxcut([(0, 1)])
        >>> circuit = qaoa(qjax.Circuit(2), cut, jnp.array([jnp.pi / 2]), jnp.array([jnp.pi / 8]))
        >>> qjax.expectation(circuit, cut).round(4).tolist()
        1.0
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    _check_sum(cost, n, "cost")
    for word in cost.words:
        if word.x:
            raise ValueError(f"Argument `cost` must be a sum over I and Z, but has {word}.")
    gammas = layers_of(gammas, "gammas")
    betas = real(betas, "betas", gammas.shape)
    cost = cost.simplify()
    order = sorted(range(len(cost)), key=lambda i: (cost.words[i].z.bit_count(), i))
    terms = _terms([cost.words[i] for i in order])
    weights, gammas, betas = aligned(
        _real_coefficients(cost, "cost")[np.array(order)], gammas, betas
    )

    def layer(circuit: Circuit, angles: Any) -> Circuit:
        gamma, beta = angles
        return _rotate(circuit, terms, 2 * gamma * weights).rx(2 * beta, range(n))

    return layered(circuit.h(range(n)), layer, (gammas, betas))


def trotter(
    circuit: Circuit, hamiltonian: PauliSum, time: Any, steps: int, order: int = 1
) -> Circuit:
    r"""Appends a product formula for :math:`e^{-iHt}`, :math:`H = \sum_k c_k P_k`.

    One step of length :math:`s = t / \text{steps}` is, for order 1 and 2,

    .. math:: S_1 = e^{-i c_K P_K s} \cdots e^{-i c_1 P_1 s}, \qquad
              S_2 = e^{-i c_1 P_1 s/2} \cdots e^{-i c_K P_K s/2}
                    e^{-i c_K P_K s/2} \cdots e^{-i c_1 P_1 s/2}

    so the first term acts first. The error falls as steps to the power of minus the order.
    Neighbouring terms with the same letters are one broadcast gate: keep them together.

    Args:
        circuit: A circuit on n qubits.
        hamiltonian: H; its coefficients may be traced.
        time: t, a real scalar, possibly traced.
        steps: Number of steps.
        order: 1 (Lie, Trotter) or 2 (Strang, Suzuki).

    Returns:
        The circuit with the steps appended; several are one ``repeat``.

    Raises:
        TypeError: If the Hamiltonian is no observable, or an argument is of a wrong type.
        ValueError: If the Hamiltonian acts beyond the circuit, ``time`` is not a scalar, ``steps``
            is below 1, or the order is another.

    References:
        Suzuki, J. Math. Phys. 32, 400 (1991).

    Example:
        >>> import qjax
        >>> from qjax.library import transverse_field_ising, trotter
        >>> h = transverse_field_ising(4)
        >>> evolved = trotter(qjax.Circuit(4), h, time=1.0, steps=50, order=2)
        >>> round(float(qjax.expectation(evolved, h)), 2)  # Energy is conserved: -3 before.
        -3.0
    """
    check_circuit(circuit)
    _check_sum(hamiltonian, circuit.n_qubits, "hamiltonian")
    time = real(time, "time", ())
    steps = errors.positive(steps, "steps")
    if order not in (1, 2):
        raise ValueError(f"Argument `order` must be 1 or 2, but is {order!r}.")
    terms = _terms(hamiltonian.words)
    weights, time = aligned(_real_coefficients(hamiltonian, "hamiltonian"), time)
    angles = 2 * weights * time / (steps * order)

    def step(circuit: Circuit, _: Any) -> Circuit:
        circuit = _rotate(circuit, terms, angles)
        if order == 1:
            return circuit
        backwards = [term.reversed(len(angles)) for term in reversed(terms)]
        return _rotate(circuit, backwards, angles[::-1])

    return layered(circuit, step, length=steps)


class _Terms(NamedTuple):
    """Neighbouring terms with the same letters.

    Attributes:
        letters: Such as ``"XZ"``.
        qubits: Those of each term, ``[terms][letters]``.
        start: Position of the first one in the sum.
    """

    letters: str
    qubits: list[tuple[int, ...]]
    start: int

    def reversed(self, total: int) -> _Terms:
        """The same terms in a sum that is written backwards."""
        return _Terms(self.letters, self.qubits[::-1], total - self.start - len(self.qubits))


def _terms(words: Sequence[Word]) -> list[_Terms]:
    terms, start = [], 0
    for letters, run in groupby(map(_letters, words), key=lambda pair: pair[0]):
        qubits = [where for _, where in run]
        terms.append(_Terms(letters, qubits, start))
        start += len(qubits)
    return terms


def _letters(word: Word) -> tuple[str, tuple[int, ...]]:
    """Letters and qubits of a word; the identity is said to act on qubit 0."""
    qubits = tuple(q for q in range(word.width) if (word.x | word.z) >> q & 1)
    letters = "".join(" XZY"[word.letter(q)] for q in qubits)
    return letters or "I", qubits or (0,)


def _rotate(circuit: Circuit, terms: Iterable[_Terms], angles: Any) -> Circuit:
    """Appends exp(-i angle P / 2) for each term."""
    for letters, qubits, start in terms:
        part = angles[start : start + len(qubits)]
        if letters in ("X", "Y", "Z", "XX", "YY", "ZZ"):
            gate = getattr(circuit, "r" + letters.lower())
            circuit = gate(part, *zip(*qubits, strict=True))
        else:
            rows = qubits if len(letters) > 1 else [q for (q,) in qubits]
            circuit = circuit.pauli_rotation(part, letters, rows)
    return circuit


def _check_sum(value: Any, n: int, name: str) -> None:
    if not isinstance(value, PauliSum):
        raise TypeError(
            f"Argument `{name}` must be an observable such as `qjax.Z(0)`, but is {value!r}."
        )
    if value.n_qubits > n:
        raise ValueError(
            f"Argument `{name}` must act on qubits 0 to {n - 1}, but acts on qubit "
            f"{value.n_qubits - 1}."
        )


def _real_coefficients(value: PauliSum, name: str) -> Any:
    coefficients = numbers(value.coefficients, name)
    known = isinstance(coefficients, np.ndarray)
    if known and np.iscomplexobj(coefficients) and not np.any(coefficients.imag):
        return coefficients.real
    if coefficients.dtype.kind == "c":
        raise TypeError(f"Argument `{name}` must have real coefficients, but some are complex.")
    return coefficients
