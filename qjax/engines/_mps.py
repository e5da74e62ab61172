"""The matrix product state engine: long chains with little entanglement."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Word, bits, errors
from qjax.engines._memory import device_memory
from qjax.engines._mps_schedule import check_gates, schedule
from qjax.engines._precision import check_precision, checked_dtype
from qjax.kernels import (
    UNITS,
    Evolve,
    Mps,
    evolve_mps,
    marginal,
    mps_amplitudes,
    mps_sample,
    mps_state,
    product_mps,
    string_values,
)
from qjax.passes import Cones, is_real, light_cone, roll

# Up to so many qubits all amplitudes are computed where that is what is asked in other words.
_SMALL = 16
_LETTERS = (0, 1, 3, 2)  # I, X, Z, Y by their masks, as `string_values` numbers them.


@dataclasses.dataclass(frozen=True)
class MPS:
    r"""Simulation as a matrix product state of bounded bond dimension.

    Gates act on neighbouring sites of a chain, after which the bond between them is truncated to
    its largest ``max_bond`` Schmidt values. It is exact where no bond needs more than that: always
    up to ``2**(n // 2)``, at any length where entanglement is low. Time grows with gates times
    ``max_bond**3``, and the memory of a gradient with gates times ``max_bond**2``; the program, and
    so the time to compile it, grows with neither depth nor length. `qjax.matrix_product_state`
    tells how much was discarded.

    Gates act on one or two qubits, except ``ccx``, ``cswap`` and Pauli rotations of any width.
    Qubits that are not neighbours are brought together by swaps. Derivatives are those of the
    truncated state: of first order, in reverse mode. They are finite where Schmidt values vanish or
    coincide, and exact there as long as ``max_bond`` has room for what other angles would reach.

    Args:
        max_bond: Largest bond dimension D, at least 1.
        dtype: ``complex64`` (default) or ``complex128``; the latter needs JAX's own 64-bit switch.
        cutoff: Schmidt values whose square is below it are discarded too, though they would fit.

    Raises:
        TypeError: If ``max_bond`` is not an integer, or the cutoff not a number.
        ValueError: If ``max_bond`` is below 1, the cutoff is not in [0, 1), or the dtype is none of
            these.

    References:
        Vidal, Phys. Rev. Lett. 91, 147902 (2003); Hastings, J. Math. Phys. 50, 095207 (2009).

    Example:
        >>> import qjax
        >>> ghz = qjax.Circuit(100).h(0).cx(range(99), range(1, 100))
        >>> zz = qjax.Z(0) @ qjax.Z(99)
        >>> qjax.expectation(ghz, zz, engine=qjax.MPS(max_bond=2)).round(4).tolist()
        1.0
    """

    max_bond: int = 64
    dtype: Any = jnp.complex64
    cutoff: float = 0.0

    def __post_init__(self) -> None:
        """Checks the fields."""
        object.__setattr__(self, "max_bond", errors.positive(self.max_bond, "max_bond"))
        object.__setattr__(self, "dtype", checked_dtype(self.dtype))
        if isinstance(self.cutoff, bool) or not isinstance(self.cutoff, int | float):
            raise TypeError(f"Argument `cutoff` must be a number, but is {self.cutoff!r}.")
        if not 0 <= self.cutoff < 1:
            raise ValueError(
                f"Argument `cutoff` must be at least 0 and below 1, but is {self.cutoff}."
            )

    def bond(self, n_qubits: int) -> int:
        """The bond dimension that a chain of some length is run with."""
        return self.max_bond if n_qubits // 2 > 60 else min(self.max_bond, 2 ** (n_qubits // 2))

    def state_bytes(self, n_qubits: int) -> int:
        """Bytes of one state: its tensors and its weights."""
        return 3 * n_qubits * self.bond(n_qubits) ** 2 * int(self.dtype.itemsize)

    def check_circuit(
        self, circuit: Circuit, qubits: Sequence[int] | None = None, mixed: Any = None
    ) -> None:
        """Raises ValueError where the precision is off, a gate too wide, or memory too small."""
        check_precision(self.dtype)
        check_gates(circuit.structure)
        n, memory = circuit.n_qubits, device_memory()
        if 2 * self.state_bytes(n) > memory:
            raise ValueError(
                f"Argument `max_bond` is {self.max_bond}: a state of {n} qubits takes "
                f"{self.state_bytes(n):,} bytes, and 2 of them are alive at once, but the device "
                f"has {memory:,} bytes. Use a smaller bond."
            )

    # What verbs ask of an engine. It runs no program, so `evolve` is not used.

    def check_words(self, circuit: Circuit, words: Sequence[Word]) -> None:
        """Raises ValueError where the circuit does not run."""
        self.check_circuit(circuit)

    def cones(self, circuit: Circuit, words: Sequence[Word]) -> None:
        """None: all strings are measured on one state."""
        return None

    def at_once(self, group: Cones) -> int:
        """One: its cones are not run in bulk."""
        return 1

    def narrow(
        self, circuit: Circuit, qubits: Sequence[int], mixed: Sequence[int] | None = None
    ) -> tuple[Circuit, tuple[int, ...]]:
        """The part of a circuit that a measurement of some qubits sees, and that part's qubits."""
        if len(qubits) == circuit.n_qubits:
            return circuit, tuple(range(circuit.n_qubits))
        return light_cone(roll(circuit), qubits, mixed)

    def run(self, circuit: Circuit, *, restore: bool = False) -> tuple[Mps, tuple[int, ...]]:
        """The final state, and at which site each qubit is; with ``restore`` at its own number."""
        real = jnp.finfo(self.dtype).dtype
        dtype = real if is_real(circuit) else self.dtype
        plan = schedule(roll(circuit), dtype, restore=restore)
        start = product_mps(plan.vectors, self.bond(circuit.n_qubits))
        return evolve_mps(start, plan.sites, plan.gates, self.cutoff), plan.places

    def values(self, circuit: Circuit, words: Sequence[Word], evolve: Evolve) -> jax.Array:
        """Expectation values of Pauli strings, real ``[strings]``."""
        state, places = self.run(circuit)
        return string_values(state.tensors, pauli_strings(words, places)).real

    def amplitudes(self, circuit: Circuit, bits: jax.Array, evolve: Evolve) -> jax.Array:
        """Amplitudes of some basis states, given as bits ``[k, n]``, complex ``[k]``."""
        state, places = self.run(circuit)
        order = np.argsort(places)
        return mps_amplitudes(state.tensors, bits[:, order]).astype(self.dtype)

    def state(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """All amplitudes, complex ``[2**n]``."""
        n, memory = circuit.n_qubits, device_memory()
        if n > 30 or 2 ** (n + 1) * self.dtype.itemsize > memory:
            raise ValueError(
                f"A statevector of {n} qubits takes 2**{n} amplitudes of {self.dtype.itemsize} "
                f"bytes, but the device has {memory:,} bytes and at most 30 qubits are indexed. "
                "Ask a matrix product state for `expectation`, `amplitude` or `sample` instead."
            )
        state, places = self.run(circuit)
        amplitudes = mps_state(state.tensors).reshape((2,) * n).transpose(places)
        return amplitudes.reshape(-1).astype(self.dtype)

    def probabilities(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """Probabilities of the bit strings of k qubits, real ``[2**k]``."""
        k, n = len(qubits), circuit.n_qubits
        if n <= _SMALL:
            return marginal(jnp.abs(self.state(circuit, evolve)) ** 2, qubits)
        _check_width("probabilities", k, 12)
        outcomes = np.arange(2**k)[:, None] >> np.arange(k - 1, -1, -1) & 1
        return self._units(circuit, qubits, UNITS + 3 * outcomes).real

    def density_matrix(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """Density matrix of k qubits, complex ``[2**k, 2**k]``."""
        k = len(qubits)
        _check_width("density_matrix", k, 6)
        index = np.arange(2**k)[:, None] >> np.arange(k - 1, -1, -1) & 1
        units = UNITS + index[:, None] + 2 * index[None, :]  # <a|rho|b> is the mean of |b><a|.
        return self._units(circuit, qubits, units.reshape(-1, k)).reshape(2**k, 2**k)

    def sample(
        self, circuit: Circuit, key: jax.Array, shots: int, qubits: Sequence[int]
    ) -> jax.Array:
        """Bits of k measured qubits, integers ``[shots, k]``."""
        state, places = self.run(circuit)
        drawn = mps_sample(state.tensors, key, shots)
        return drawn[:, np.array([places[q] for q in qubits])]

    def _units(self, circuit: Circuit, qubits: Sequence[int], letters: np.ndarray) -> jax.Array:
        """Means of products of operators on the qubits, one product a row."""
        state, places = self.run(circuit)
        sites = [places[q] for q in qubits]
        strings = [dict(zip(sites, row, strict=True)) for row in letters.tolist()]
        return string_values(state.tensors, strings).astype(self.dtype)


def pauli_strings(words: Sequence[Word], places: Sequence[int]) -> list[dict[int, int]]:
    """Pauli strings on qubits as operators on sites."""
    return [{places[q]: _LETTERS[w.letter(q)] for q in bits(w.x | w.z)} for w in words]


def _check_width(verb: str, k: int, most: int) -> None:
    if k > most:
        raise ValueError(
            f"Argument `qubits` must name at most {most} qubits for `{verb}` with engine `MPS`, "
            f"but names {k}: the result has {math.prod([2] * k):,} rows. Use `sample`, or fewer."
        )
