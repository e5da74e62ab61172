"""The statevector engine: exact, all 2**n amplitudes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AbstractMesh, Mesh

from qjax.circuit import Circuit, Word, seen_by
from qjax.engines._lower import Lower, canonical
from qjax.engines._memory import device_memory
from qjax.engines._precision import check_precision, checked_dtype
from qjax.engines._sharded import Sharded, check_axis
from qjax.engines._tiles import TILE_BLOCK, Tiled
from qjax.kernels import (
    Evolve,
    Program,
    check_implementation,
    check_runs,
    marginal,
    pauli_values,
    product_state,
    run,
    sample_bits,
    spread_pauli_values,
    to_complex,
    to_planes,
)
from qjax.passes import (
    AMPLITUDES_A_GATE,
    Cones,
    cones,
    is_real,
    light_cone,
    product_vectors,
    roll,
    split_prefix,
    widest,
)


class Stages(NamedTuple):
    """What the passes make of a circuit.

    Attributes:
        head: Single-qubit gates that come first: an outer product.
        rest: The gates after them.
        program: What runs them.
    """

    head: Circuit
    rest: Circuit
    program: Program


@dataclasses.dataclass(frozen=True)
class Statevector:
    """Exact simulation of all ``2**n`` amplitudes.

    Args:
        dtype: ``complex64`` (default) or ``complex128``; the latter needs JAX's own 64-bit switch.
        max_block: Largest number of qubits of a fused block; by default it follows from the
            number of qubits.
        roll: Whether structure that repeats, as a Python loop writes it, is compiled as a loop.
        light_cone: Whether gates and qubits that a local measurement cannot see are dropped.
        implementation: ``"xla"``, the default on every device; ``"pallas"``, a kernel for GPUs
            that applies runs of blocks to tiles of the state, and whose speed has not been measured
            yet; or ``"interpret"``, that kernel step by step on any device, for tests.
        mesh: Devices that share the state. Each holds the amplitudes of some basis states: along
            the axis, the bits of its number are the values of some qubits. Qubits are exchanged
            where a gate needs it, as few times as is found (`explain` tells). For `explain` alone
            a ``jax.sharding.AbstractMesh`` will do.
        axis: The axis of the mesh that shares the state, a power of two devices.

    Raises:
        TypeError: If the mesh is none.
        ValueError: If the dtype or the implementation is none of these, a circuit does not fit in
            memory, or the device cannot run the implementation. With a mesh, if it has no such
            axis, that is no power of two, the implementation is not ``"xla"``, or the devices leave
            too few qubits to each for the gates of a circuit.

    Example:
        >>> import qjax
        >>> qjax.statevector(qjax.Circuit(1).x(0), engine=qjax.Statevector())
        Array([0.+0.j, 1.+0.j], dtype=complex64)
    """

    # Alive at once: the state that a step reads, the one it writes, and a copy to move bits.
    states: ClassVar[int] = 3

    dtype: Any = jnp.complex64
    max_block: int | None = None
    roll: bool = True
    light_cone: bool = True
    implementation: str | None = None
    mesh: Mesh | AbstractMesh | None = None
    axis: str = "state"

    def __post_init__(self) -> None:
        """Checks the fields."""
        object.__setattr__(self, "dtype", checked_dtype(self.dtype))
        if self.max_block is not None and not 1 <= self.max_block <= 10:
            raise ValueError(
                f"Argument `max_block` must be between 1 and 10, but is {self.max_block}."
            )
        check_implementation(self.implementation or "xla")
        if self.mesh is not None:
            check_axis(self.mesh, self.axis)
            if self.implementation not in (None, "xla"):
                raise ValueError(
                    'Argument `implementation` must be "xla" for a state over a mesh, but is '
                    f"{self.implementation!r}."
                )

    @property
    def devices(self) -> int:
        """Number of devices that share a state."""
        return 1 if self.mesh is None else int(self.mesh.shape[self.axis])

    def sharded(self, circuit: Circuit) -> Sharded | None:
        """What answers for a circuit where it is spread over devices; None where one runs it.

        The light cone of an observable may be too narrow to be spread.
        """
        local = circuit.n_qubits - self.devices.bit_length() + 1
        if self.mesh is None or self.devices == 1 or local < max(1, widest(circuit.structure)):
            return None
        return Sharded(self.lower, self.dtype, self.roll, self.mesh, self.axis)

    def check_circuit(
        self, circuit: Circuit, qubits: Sequence[int] | None = None, mixed: Any = None
    ) -> None:
        """Raises ValueError where what `narrow` leaves of a circuit does not fit."""
        n = circuit.n_qubits
        self._check_spreads(circuit)
        if qubits is not None and not self._fits(n):
            n = jax.eval_shape(lambda c: self.narrow(c, qubits, mixed)[0], circuit).n_qubits
        self.check(n)

    def check_words(self, circuit: Circuit, words: Sequence[Word]) -> None:
        """Raises ValueError where the strings cannot be measured, together or one by one."""
        self._check_spreads(circuit)
        if not self._fits(circuit.n_qubits):
            found: list[Any] = []
            jax.eval_shape(lambda c: found.append(self.cones(c, words)), circuit)
            if found[0] is not None:
                return
        self.check_circuit(circuit, *seen_by(words))

    def _check_spreads(self, circuit: Circuit) -> None:
        if isinstance(self.mesh, AbstractMesh):
            raise ValueError(
                "Argument `mesh` must be a `jax.sharding.Mesh` of devices to run a circuit, but "
                f"is {self.mesh}: that is for `explain` only."
            )
        if self.devices > 1 and self.sharded(circuit) is None:
            needed = max(1, widest(circuit.structure))
            raise ValueError(
                f"Argument `mesh` must leave {needed} of the circuit's {circuit.n_qubits} qubits "
                f"to each device, as its gates need, but axis `{self.axis}` has {self.devices} "
                f"devices. Use at most {2 ** max(0, circuit.n_qubits - needed)} devices."
            )

    @property
    def _indexed(self) -> int:
        return 30 + self.devices.bit_length() - 1

    def _fits(self, n_qubits: int) -> bool:
        size = self.states * self.state_bytes(n_qubits)
        return n_qubits <= self._indexed and size <= device_memory()

    def state_bytes(self, n_qubits: int) -> int:
        """Bytes of one state on each device."""
        return 2**n_qubits * int(self.dtype.itemsize) // self.devices

    def check(self, n_qubits: int) -> None:
        """Raises ValueError where the precision, the memory or the device is not there."""
        check_runs(self.implementation or "xla")
        check_precision(self.dtype)
        if not self._fits(n_qubits):
            state, memory = self.state_bytes(n_qubits), device_memory()
            most = self._indexed
            limit = f" and this engine indexes at most {most} qubits" if n_qubits > most else ""
            each = f" on each of {self.devices} devices" if self.devices > 1 else ""
            raise ValueError(
                f"A statevector of {n_qubits} qubits in {self.dtype.name} takes {state:,} bytes"
                f"{each}, and {self.states} of them are alive at once, but the device has "
                f"{memory:,} bytes{limit}. Use fewer qubits, complex64, a device with more memory "
                "or more devices (`mesh`); circuits with little entanglement or few layers run on "
                "the tensor-network engines, `TensorNetwork()` and `MPS()`."
            )

    def _check_entries(self, bits: int, name: str) -> None:
        size = 2**bits * int(self.dtype.itemsize)
        if bits > 30 or self.states * size > device_memory():
            raise ValueError(
                f"{name} in {self.dtype.name} takes {size:,} bytes, but the "
                f"device has {device_memory():,} bytes. Ask for fewer qubits."
            )

    # What verbs ask of an engine. `evolve` runs a program, and is the gradient's choice.

    def narrow(
        self, circuit: Circuit, qubits: Sequence[int], mixed: Sequence[int] | None = None
    ) -> tuple[Circuit, tuple[int, ...]]:
        """The part of a circuit that a measurement of some qubits sees, and that part's qubits.

        Args:
            circuit: The circuit.
            qubits: What is measured.
            mixed: Those of the qubits not only measured along Z; all of them by default.
        """
        if not self.light_cone or len(qubits) == circuit.n_qubits:
            return circuit, tuple(range(circuit.n_qubits))
        # Rolled first: what is dropped from some rounds of a loop must not undo the loop unasked.
        rolled = roll(circuit) if self.roll else circuit
        smaller, kept = light_cone(rolled, qubits, mixed)
        return (circuit if smaller is rolled else smaller), kept

    def cones(self, circuit: Circuit, words: Sequence[Word]) -> tuple[Cones, ...] | None:
        """The light cones of Pauli strings in groups, where they are predicted to be quicker.

        The alternative is one circuit that all strings are measured on.
        """
        if not self.light_cone or circuit.n_qubits <= _NARROW:
            return None

        def seen(words: Sequence[Word]) -> Circuit:
            return jax.eval_shape(lambda c: self.narrow(c, *seen_by(words))[0], circuit)

        joint = seen(words)
        fits = self._fits(joint.n_qubits)
        # A deep circuit is not walked use by use where one string already sees all of it.
        if fits and joint.n_qubits <= max(_NARROW, seen(words[:1]).n_qubits):
            return None
        groups = cones(circuit, words, joint.n_qubits - 1 if fits else self._widest())
        if groups is None:
            return None
        predicted = sum(_cost(g.circuit, len(g.places)) for g in groups)
        return groups if not fits or predicted < _WORTHWHILE * _cost(joint, 1) else None

    def at_once(self, group: Cones) -> int:
        """How many cones of a group are run at once: enough to fill a device, and no more."""
        return max(1, _AT_ONCE >> group.circuit.n_qubits)

    def _widest(self) -> int:
        return max(n for n in range(1, 31) if self._fits(n))

    def stages(self, circuit: Circuit) -> Stages:
        """What each pass makes of a circuit; `planes` runs exactly this, on each device."""
        if over := self.sharded(circuit):
            head, rest, spread = over.stages(circuit, jnp.zeros((), jnp.int32))
            return Stages(head, rest, spread.program)
        # Rolled first: a prefix must not take a round away from a loop.
        head, rest = split_prefix(roll(circuit) if self.roll else circuit)
        return Stages(head, rest, self.lower(is_real(circuit))(rest))

    def lower(self, real: bool) -> Callable[[Circuit], Program]:
        """What takes a circuit, real or not, to its program."""
        if self.implementation in (None, "xla"):
            return Lower(self.max_block, self.dtype, self.roll, real)
        lower = Lower(self.max_block or TILE_BLOCK, self.dtype, self.roll, merged=True)
        return Tiled(lower, self.implementation)

    def planes(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The final state, real and imaginary part, ``[2, 2**n]``; ``[1, 2**n]`` if it is real."""
        head, _, program = self.stages(circuit)
        n = circuit.n_qubits
        vectors = product_vectors(head, self.dtype)
        start = product_state([vectors[q] for q in program.order if q < n])
        if n in program.order:
            start = jnp.moveaxis(
                to_planes(start).reshape((2,) * (n + 1)), 0, program.order.index(n)
            )
        return evolve(program.steps, program.arrays, start.reshape(-1)).reshape(-1, 2**n)

    def state(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The final state, complex ``[2**n]``; of a mesh, split over its axis."""
        if over := self.sharded(circuit):
            return over.state(circuit, evolve)
        return to_complex(self.planes(circuit, evolve))

    def values(
        self,
        circuit: Circuit,
        words: Sequence[Word],
        evolve: Evolve,
        split: tuple[Mesh, str] | None = None,
    ) -> jax.Array:
        """Expectation values of Pauli strings, real ``[strings]``.

        Args:
            circuit: The circuit.
            words: The strings.
            evolve: What runs a program.
            split: A mesh, and its axis whose devices each read some of the strings.
        """
        if over := self.sharded(circuit):
            return over.values(circuit, words, evolve)
        n = circuit.n_qubits
        masks = tuple((_mirrored(w.x, n), _mirrored(w.z, n)) for w in words)
        planes = self.planes(circuit, evolve)
        return spread_pauli_values(planes, masks, *split) if split else pauli_values(planes, masks)

    def amplitudes(self, circuit: Circuit, bits: jax.Array, evolve: Evolve) -> jax.Array:
        """Amplitudes of some basis states, given as bits ``[k, n]``, complex ``[k]``."""
        if over := self.sharded(circuit):
            return over.amplitudes(circuit, bits, evolve)
        weights = jnp.asarray(2 ** np.arange(circuit.n_qubits - 1, -1, -1), jnp.int32)
        return self.state(circuit, evolve)[jnp.sum(bits * weights[None, :], 1)]

    def probabilities(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """Probabilities of the bit strings of k qubits, real ``[2**k]``."""
        if over := self.sharded(circuit):
            return over.probabilities(circuit, qubits, evolve)
        planes = self.planes(circuit, evolve)
        return marginal(jnp.sum(planes * planes, 0), qubits)

    def density_matrix(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """Density matrix of k qubits, complex ``[2**k, 2**k]``."""
        n = circuit.n_qubits
        self._check_entries(2 * len(qubits), f"The density matrix of {len(qubits)} qubits")
        if over := self.sharded(circuit):
            return over.density_matrix(circuit, qubits, evolve)
        rest = [q for q in range(n) if q not in qubits]
        state = self.state(circuit, evolve).reshape((2,) * n).transpose(*qubits, *rest)
        rows = state.reshape(2 ** len(qubits), -1)
        return jnp.matmul(rows, rows.conj().T, precision=jax.lax.Precision.HIGHEST)

    def sample(
        self, circuit: Circuit, key: jax.Array, shots: int, qubits: Sequence[int]
    ) -> jax.Array:
        """Bits of k measured qubits, integers ``[shots, k]``."""
        if over := self.sharded(circuit):
            return over.sample(circuit, key, shots, qubits)
        return sample_bits(self.probabilities(circuit, qubits, run), key, shots)

    def unitary(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The circuit's matrix, complex ``[2**n, 2**n]``."""
        n = circuit.n_qubits
        if self.devices > 1:
            raise ValueError(
                "Engine `Statevector` does not support `unitary` with a mesh. Consider "
                "`engine=Statevector()` instead."
            )
        self._check_entries(2 * n, f"The matrix of {n} qubits")
        program = self.lower(is_real(circuit))(circuit)
        bits, home = len(program.order), canonical(n, len(program.order) == n)
        columns = jnp.eye(2**bits, 2**n, dtype=jnp.finfo(self.dtype).dtype)
        columns = columns.reshape((2,) * bits + (2**n,))
        places = [home.index(b) for b in program.order]
        columns = columns.transpose(*places, bits).reshape(2**bits, 2**n)
        run = jax.vmap(lambda start: evolve(program.steps, program.arrays, start), -1, -1)
        return to_complex(run(columns).reshape(-1, 2**n, 2**n))


# Circuits of no more qubits are run whole: what compiles once takes less time than what runs less.
_NARROW = 14


# Costs are predicted as if no gates were fused and no rounds looped, so bulk has to promise more.
_WORTHWHILE = 0.25
_AT_ONCE = 2**22  # Amplitudes.


def _cost(circuit: Circuit, copies: int) -> int:
    """Predicted time of compiling and of some runs, in gates on one amplitude."""
    return circuit.structure.n_gates * (AMPLITUDES_A_GATE + copies * 2**circuit.n_qubits)


def _mirrored(mask: int, n: int) -> int:
    """A mask over qubits, bit q for qubit q, as a basis index, qubit 0 most significant."""
    return sum(1 << (n - 1 - q) for q in range(n) if mask >> q & 1)
