"""A circuit's final state as a matrix product state, and what it tells."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from qjax.circuit import Circuit, PauliSum, Word, errors
from qjax.engines import MPS, pauli_strings
from qjax.kernels import (
    entanglement_entropy,
    environments,
    mps_amplitudes,
    mps_sample,
    schmidt_weights,
    square_norm,
    string_values,
)
from qjax.measure._checks import bit_row, check_is_circuit, check_key, checked_observables
from qjax.measure._verbs import sums


@functools.partial(
    jax.tree_util.register_dataclass, data_fields=["tensors", "discarded"], meta_fields=[]
)
@dataclasses.dataclass(frozen=True)
class MatrixProductState:
    r"""A state of n qubits as a chain of tensors; a pytree.

    .. math:: \langle b|\psi\rangle = A_0^{b_0} A_1^{b_1} \cdots A_{n-1}^{b_{n-1}}, \qquad
              A_q^b \in \mathbb{C}^{D \times D}

    between the first row and the first column. Tensors left of the middle are isometries from the
    left, those right of it from the right, up to what truncation has discarded. Everything below
    is of the state at norm 1, and is differentiable but for `sample`.

    Attributes:
        tensors: ``[n, D, 2, D]``: left bond, qubit, right bond, padded with zeros.
        discarded: The sum over all gates of the weight that truncation discarded, a scalar.

    Example:
        >>> import qjax
        >>> state = qjax.matrix_product_state(qjax.Circuit(50).h(0).cx(range(49), range(1, 50)))
        >>> state.entropy(25).round(4).tolist(), state.amplitude("1" * 50).real.round(4).tolist()
        (0.6931, 0.7071)
    """

    tensors: jax.Array
    discarded: jax.Array

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        return self.tensors.shape[0]

    def expectation(self, observable: PauliSum | Sequence[PauliSum]) -> jax.Array:
        """Expectation value of one observable, or of each of a list of k.

        Returns:
            A real scalar, or ``[k]`` for a list.

        Raises:
            TypeError: If the observable is none.
            ValueError: If it acts beyond the state, or is not Hermitian.
        """
        observables = checked_observables(observable, self.n_qubits)
        totals = sums(observables, lambda words: _values(self.tensors, words))
        return totals[0] if isinstance(observable, PauliSum) else totals

    def amplitude(self, bits: Any) -> jax.Array:
        """Amplitude of one bit string, such as ``"010"`` or n integers, qubit 0 first.

        Raises:
            ValueError: If the bits are not n zeros and ones.
        """
        return _amplitude(self.tensors, bit_row(bits, self.n_qubits))

    def sample(self, key: jax.Array, shots: int) -> jax.Array:
        """Measures all qubits ``shots`` times; integers ``[shots, n]``.

        Raises:
            TypeError: If the key is none, or the number of shots is not an integer.
            ValueError: If the number of shots is below 1.
        """
        check_key(key)
        return _sample(self.tensors, key, errors.positive(shots, "shots"))

    def entropy(self, cut: int) -> jax.Array:
        r"""Entanglement of the first ``cut`` qubits with the rest, in nats.

        The von Neumann entropy :math:`-\sum_i p_i \ln p_i` of the Schmidt weights; ln 2 for a Bell
        pair.

        Raises:
            TypeError: If the cut is not an integer.
            ValueError: If it is not between 1 and n - 1.
        """
        return _entropy(self.tensors, self._cut(cut))

    def schmidt_weights(self, cut: int) -> jax.Array:
        """Squared Schmidt values of the same cut, largest first, ``[D]``; they sum to 1.

        Raises:
            TypeError: If the cut is not an integer.
            ValueError: If it is not between 1 and n - 1.
        """
        return _weights(self.tensors, self._cut(cut))[::-1]

    def norm(self) -> jax.Array:
        """Norm of the tensors: 1 up to rounding and truncation."""
        return _norm(self.tensors)

    def _cut(self, cut: int) -> int:
        cut = errors.positive(cut, "cut")
        if cut >= self.n_qubits:
            raise ValueError(
                f"Argument `cut` must be between 1 and {self.n_qubits - 1} on {self.n_qubits} "
                f"qubits, but is {cut}."
            )
        return cut


def matrix_product_state(circuit: Circuit, *, engine: MPS | None = None) -> MatrixProductState:
    """The final state of a circuit as a matrix product state, and how much was discarded.

    Args:
        circuit: The circuit, on n qubits.
        engine: The bond dimension and the precision; ``MPS()`` by default.

    Raises:
        TypeError: If the circuit or the engine is none.
        ValueError: If a gate is too wide, or the state does not fit in memory.

    Example:
        >>> import qjax
        >>> circuit = qjax.Circuit(40).h(range(40)).rzz(0.3, range(39), range(1, 40))
        >>> state = qjax.matrix_product_state(circuit, engine=qjax.MPS(max_bond=2))
        >>> state.expectation(qjax.X(20)).round(4).tolist(), bool(state.discarded < 1e-9)
        (0.9127, True)
    """
    check_is_circuit(circuit)
    engine = MPS() if engine is None else engine
    if not isinstance(engine, MPS):
        raise TypeError(f"Argument `engine` must be a `qjax.MPS`, but is {engine!r}.")
    engine.check_circuit(circuit)
    return _run(circuit, engine)


# Compiled once for each structure, engine, or shape of the tensors.


@functools.partial(jax.jit, static_argnums=1)
def _run(circuit: Circuit, engine: MPS) -> MatrixProductState:
    state, _ = engine.run(circuit, restore=True)
    return MatrixProductState(state.tensors, state.discarded)


@functools.partial(jax.jit, static_argnums=1)
def _values(tensors: jax.Array, words: tuple[Word, ...]) -> jax.Array:
    return string_values(tensors, pauli_strings(words, range(tensors.shape[0]))).real


@jax.jit
def _amplitude(tensors: jax.Array, row: jax.Array) -> jax.Array:
    return mps_amplitudes(tensors, row[None])[0]


@jax.jit
def _norm(tensors: jax.Array) -> jax.Array:
    return jnp.sqrt(square_norm(environments(tensors)))


_sample = jax.jit(mps_sample, static_argnums=2)
_entropy = jax.jit(entanglement_entropy, static_argnums=1)
_weights = jax.jit(schmidt_weights, static_argnums=1)
