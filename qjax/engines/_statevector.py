"""The statevector engine: exact, all 2**n amplitudes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Word
from qjax.engines._lower import Lower
from qjax.kernels import pauli_values, product_state, to_complex, to_pairs
from qjax.passes import product_vectors, split_prefix

Evolve = Callable[[tuple[Any, ...], tuple[Any, ...], jax.Array], jax.Array]

# States alive at once: the one that a step reads, the one it writes, and a copy to move bits.
_STATES = 3


@dataclasses.dataclass(frozen=True)
class Statevector:
    """Exact simulation of all ``2**n`` amplitudes.

    Args:
        dtype: ``complex64`` (default) or ``complex128``; the latter needs JAX's own 64-bit switch.
        max_block: Largest number of qubits of a fused block; by default it follows from the
            number of qubits.
        roll: Whether structure that repeats, as a Python loop writes it, is compiled as a loop.

    Raises:
        ValueError: If the dtype is neither, or a circuit does not fit in memory.

    Example:
        >>> import qjax
        >>> qjax.statevector(qjax.Circuit(1).x(0), engine=qjax.Statevector())
        Array([0.+0.j, 1.+0.j], dtype=complex64)
    """

    dtype: Any = jnp.complex64
    max_block: int | None = None
    roll: bool = True

    def __post_init__(self) -> None:
        """Checks the fields."""
        dtype = np.dtype(self.dtype)
        if dtype not in (np.complex64, np.complex128):
            raise ValueError(
                f"Argument `dtype` must be complex64 or complex128, but is {dtype.name}."
            )
        object.__setattr__(self, "dtype", dtype)
        if self.max_block is not None and not 1 <= self.max_block <= 10:
            raise ValueError(
                f"Argument `max_block` must be between 1 and 10, but is {self.max_block}."
            )

    def check(self, n_qubits: int) -> None:
        """Raises ValueError where the precision or the memory is not there."""
        if self.dtype == np.complex128 and not jax.config.read("jax_enable_x64"):
            raise ValueError(
                "Argument `dtype` must be complex64 while JAX's 64-bit mode is off. Switch it on "
                "with `jax.config.update('jax_enable_x64', True)` to use complex128."
            )
        state, memory = 2**n_qubits * self.dtype.itemsize, _device_memory()
        if n_qubits > 30 or _STATES * state > memory:
            limit = " and this engine indexes at most 30 qubits" if n_qubits > 30 else ""
            raise ValueError(
                f"A statevector of {n_qubits} qubits in {self.dtype.name} takes {state:,} bytes, "
                f"and {_STATES} of them are alive at once, but the device has {memory:,} bytes"
                f"{limit}. Use fewer qubits, complex64, or a device with more memory; circuits "
                "with little entanglement or few layers run in tensor-network simulators, such as "
                "tensorcircuit's."
            )

    # What verbs ask of an engine. `evolve` runs a program, and is the gradient's choice.

    def pairs(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The final state as real pairs, ``[2**n, 2]``."""
        head, rest = split_prefix(circuit)
        program = Lower(self.max_block, self.dtype, self.roll)(rest)
        vectors = product_vectors(head, self.dtype)
        start = product_state([vectors[q] for q in program.order])
        return evolve(program.steps, program.arrays, start)

    def state(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The final state, complex ``[2**n]``."""
        return to_complex(self.pairs(circuit, evolve))

    def values(self, circuit: Circuit, words: Sequence[Word], evolve: Evolve) -> jax.Array:
        """Expectation values of Pauli strings, real ``[strings]``."""
        n = circuit.n_qubits
        masks = tuple((_mirrored(w.x, n), _mirrored(w.z, n)) for w in words)
        return pauli_values(self.pairs(circuit, evolve), masks)

    def probabilities(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """Probabilities of all basis states, real ``[2**n]``."""
        pairs = self.pairs(circuit, evolve)
        return jnp.sum(pairs * pairs, -1)

    def unitary(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The circuit's matrix, complex ``[2**n, 2**n]``."""
        program = Lower(self.max_block, self.dtype, self.roll)(circuit)
        n = circuit.n_qubits
        columns = jnp.eye(2**n, dtype=self.dtype).reshape((2,) * n + (2**n,))
        columns = columns.transpose(*program.order, n).reshape(2**n, 2**n)
        run = jax.vmap(lambda start: evolve(program.steps, program.arrays, start), -1, -1)
        return to_complex(jnp.moveaxis(run(jnp.moveaxis(to_pairs(columns), 1, -1)), -1, 1))


def _mirrored(mask: int, n: int) -> int:
    """A mask over qubits, bit q for qubit q, as a basis index, qubit 0 most significant."""
    return sum(1 << (n - 1 - q) for q in range(n) if mask >> q & 1)


def _device_memory() -> int:
    """Bytes of the default device, or of the machine where the device does not say."""
    stats = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return int(stats["bytes_limit"])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
