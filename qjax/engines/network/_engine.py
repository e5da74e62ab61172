"""The tensor-network engine: exact, by contraction, in an order that is searched for once.

It contracts by itself, with cotengra to search, not through tensorcircuit's network, which takes
longer for a step and many times as long to the first one (docs/engines.md has the figures).
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, Word
from qjax.engines._memory import device_memory
from qjax.engines._precision import check_precision, checked_dtype
from qjax.engines.network._build import (
    Built,
    amplitudes,
    expectation,
    marginal,
    shape_of,
    state,
    unitary,
)
from qjax.engines.network._gates import Gates, Source
from qjax.engines.network._path import Limits, Network, order_of
from qjax.engines.network._run import Forest
from qjax.engines.network._schedule import Schedule, schedule
from qjax.kernels import Evolve
from qjax.passes import Cones, cones, light_cone

# Alive at once: the tensors that a product reads, and the one that it writes.
_ALIVE = 3
# Qubits that are sampled together: their probabilities are one contraction.
_AT_ONCE = 8
# Strings whose networks are built one by one; building one takes some 20 ms.
_MANY = 256
# Of the largest tensors of cones that are contracted at once.
_AT_ONCE_BYTES = 2**26


class NetworkCost(NamedTuple):
    """What the contraction of some networks is predicted to take.

    Attributes:
        flops: Floating-point operations of one evaluation, eight for each complex product and sum.
        bytes: Of the largest tensor, all networks that are contracted together counted.
        slices: Largest number of slices of a network.
        width: Largest number of indices of a tensor.
        networks: Number of networks, and of those that differ in shape.
        seconds: What the searches for the contraction orders took.
    """

    flops: float
    bytes: int
    slices: int
    width: int
    networks: tuple[int, int]
    seconds: float


@dataclasses.dataclass(frozen=True)
class TensorNetwork:
    r"""Exact values of large circuits of little depth or entanglement, by tensor contraction.

    A number, such as :math:`\langle b|\psi\rangle` or :math:`\langle\psi|P|\psi\rangle`, is a sum
    over all indices of a network with a tensor a gate. What cancels outside the light cone of each
    Pauli string is dropped, diagonal gates and controls share one index, and tensors that fit into
    their neighbours are merged. The order in which the rest is contracted decides the cost: it is
    searched for once a shape of network, by random greedy orders that are improved piece by piece.
    Strings whose networks look alike share one order and run as one batch; those whose angles are
    the same too are computed once.

    Args:
        dtype: ``complex64`` (default) or ``complex128``; the latter needs JAX's own 64-bit switch.
        max_memory: Bytes that a contraction may take; half of the device's by default. Where it
            would take more, indices are summed in slices, one after the other.
        max_flops: Floating-point operations beyond which a contraction is refused.
        search_seconds: Seconds that a search may take. It ends earlier where more of it would not
            pay.
        cache: Folder in which orders are kept, for other processes; by default they are kept in
            memory only.
        progress: Whether a search of more than two seconds shows how far it is.

    Raises:
        TypeError: If an argument is of a wrong type.
        ValueError: If one is out of range, or a network is too large for the limits.

    References:
        Gray and Kourtis, Quantum 5, 410 (2021), for the search; Boixo et al., arXiv 1712.05384, for
        diagonal gates.

    Example:
        >>> import qjax
        >>> ghz = qjax.Circuit(50).h(0).cx(range(49), range(1, 50))
        >>> ends = qjax.Z(0) @ qjax.Z(49)
        >>> round(float(qjax.expectation(ghz, ends, engine=qjax.TensorNetwork())), 5)
        1.0
    """

    dtype: Any = jnp.complex64
    max_memory: int | None = None
    max_flops: float = 1e16
    search_seconds: float = 10.0
    cache: str | os.PathLike[str] | None = None
    progress: bool = True

    def __post_init__(self) -> None:
        """Checks the fields."""
        object.__setattr__(self, "dtype", checked_dtype(self.dtype))
        for name in ("max_memory", "max_flops", "search_seconds"):
            value = getattr(self, name)
            if value is None and name == "max_memory":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"Argument `{name}` must be a number, but is {value!r}.")
            if not value > 0:
                raise ValueError(f"Argument `{name}` must be above 0, but is {value}.")
        if self.cache is not None:
            try:
                object.__setattr__(self, "cache", os.fspath(self.cache))
            except TypeError:
                raise TypeError(
                    f"Argument `cache` must be a path or None, but is {self.cache!r}."
                ) from None

    # What verbs ask of an engine. JAX differentiates it; `evolve` is not needed.

    def check_circuit(
        self, circuit: Circuit, qubits: Sequence[int] | None = None, mixed: Any = None
    ) -> None:
        """Raises ValueError where the precision is not there; networks are checked when traced."""
        check_precision(self.dtype)

    def check_words(self, circuit: Circuit, words: Sequence[Word]) -> None:
        """Raises ValueError where the precision is not there."""
        self.check_circuit(circuit)

    def cones(self, circuit: Circuit, words: Sequence[Word]) -> tuple[Cones, ...] | None:
        """The light cones of very many Pauli strings in groups, each of which is built once.

        Of fewer, `values` finds the networks that look alike, and one program has them all.
        """
        return cones(circuit, words, circuit.n_qubits) if len(words) > _MANY else None

    def at_once(self, group: Cones) -> int:
        """How many cones of a group are contracted at once."""
        return max(1, _AT_ONCE_BYTES // max(self.cost(group.circuit, group.words).bytes, 1))

    def narrow(
        self, circuit: Circuit, qubits: Sequence[int], mixed: Sequence[int] | None = None
    ) -> tuple[Circuit, tuple[int, ...]]:
        """The part of a circuit that a measurement of some qubits sees, and that part's qubits."""
        if len(qubits) == circuit.n_qubits:
            return circuit, tuple(range(circuit.n_qubits))
        return light_cone(circuit, qubits, mixed)

    def values(self, circuit: Circuit, words: Sequence[Word], evolve: Evolve) -> jax.Array:
        """Expectation values of Pauli strings, real ``[strings]``."""
        gates = Gates(circuit, self.dtype)
        real = jnp.finfo(self.dtype).dtype
        total = jnp.ones(len(words), real)  # What the identity is.
        seen = [i for i, word in enumerate(words) if word.x | word.z]
        if not seen:
            return total
        built = [expectation(gates, words[i]) for i in seen]
        return total.at[np.array(seen)].set(self._contract(built, gates)[:, 0].real.astype(real))

    def state(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The final state, complex ``[2**n]``."""
        gates = Gates(circuit, self.dtype)
        return self._contract([state(gates)], gates)[0].astype(self.dtype)

    def amplitudes(self, circuit: Circuit, bits: Any, evolve: Evolve) -> jax.Array:
        """Amplitudes of bit strings ``[k, n]``, complex ``[k]``."""
        gates = Gates(circuit, self.dtype)
        return self._given(amplitudes(gates), gates, bits)[:, 0].astype(self.dtype)

    def probabilities(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """Probabilities of the values of some qubits, real ``[2**len(qubits)]``."""
        gates = Gates(circuit, self.dtype)
        total = self._contract([marginal(gates, qubits, diagonal=True)], gates)[0]
        return total.real

    def density_matrix(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """Density matrix of some qubits, complex ``[2**k, 2**k]``."""
        gates, size = Gates(circuit, self.dtype), 2 ** len(qubits)
        total = self._contract([marginal(gates, qubits, diagonal=False)], gates)[0]
        return total.reshape(size, size).astype(self.dtype)

    def unitary(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The circuit's matrix, complex ``[2**n, 2**n]``."""
        gates, size = Gates(circuit, self.dtype), 2**circuit.n_qubits
        total = self._contract([unitary(gates)], gates)[0]
        return total.reshape(size, size).astype(self.dtype)

    def sample(
        self, circuit: Circuit, key: jax.Array, shots: int, qubits: Sequence[int]
    ) -> jax.Array:
        """Bits of k measured qubits, integers ``[shots, k]``, a few qubits after the other."""
        gates = Gates(circuit, self.dtype)
        bits = jnp.zeros((shots, circuit.n_qubits), jnp.int32)
        for i in range(0, len(qubits), _AT_ONCE):
            now, before = qubits[i : i + _AT_ONCE], qubits[:i]
            network = marginal(gates, now, before, diagonal=True)
            if before:
                weights = self._given(network, gates, bits)
            else:
                weights = self._contract([network], gates)
            # Rounding may take a weight that is 0 below it.
            logits = jnp.log(jnp.maximum(weights.real, 0))
            key, own = jax.random.split(key)
            index = jax.random.categorical(own, logits, shape=(shots,))
            places = np.arange(len(now) - 1, -1, -1, dtype=np.int32)
            values = (index.astype(jnp.int32)[:, None] >> places[None]) & 1
            bits = bits.at[:, np.array(now)].set(values)
        return bits[:, np.array(qubits)]

    # What choosing an engine, and `explain`, ask.

    def cost(
        self, circuit: Circuit, words: Sequence[Word] | None = None, qubits: Any = None
    ) -> NetworkCost:
        """What a contraction is predicted to take; nothing is compiled, and shapes are enough.

        Args:
            circuit: The circuit; its leaves may be abstract.
            words: Pauli strings whose values are asked for; or
            qubits: qubits whose probabilities are; with neither, an amplitude.

        Raises:
            ValueError: If a network is too large for the limits.
        """
        found: list[NetworkCost] = []

        def trace(circuit: Circuit) -> None:
            gates = Gates(circuit, self.dtype)
            if words is not None:
                built = [expectation(gates, word) for word in words if word.x | word.z]
            else:
                whole = qubits is None
                built = [amplitudes(gates) if whole else marginal(gates, qubits, diagonal=True)]
            found.append(self._packed(built)[1])

        jax.eval_shape(trace, circuit)
        return found[0]

    # How networks are contracted.

    def _given(self, network: Built, gates: Gates, bits: Any) -> jax.Array:
        """The results for some rows of bits ``[k, n]``, ``[k, entries]``."""
        (((_, forest),), cost) = self._packed([network])
        vectors = jax.nn.one_hot(jnp.asarray(bits), 2, dtype=jnp.finfo(self.dtype).dtype)

        bits_of = Source("bits")
        stacks = {t.source: gates.stack(t.source) for t in network[0] if t.source != bits_of}

        def one(vectors: jax.Array) -> jax.Array:
            return forest.contract((stacks | {bits_of: vectors}).__getitem__)[0]

        if vectors.shape[0] == 1:
            return one(vectors[0])[None]
        batch = max(1, self._memory() // (_ALIVE * cost.bytes))
        return jax.lax.map(one, vectors, batch_size=min(batch, vectors.shape[0]))

    def _contract(self, built: list[Built], gates: Gates) -> jax.Array:
        """The results ``[networks, entries]``."""
        packs = self._packed(built)[0]
        parts = [forest.contract(gates.stack) for _, forest in packs]
        order = np.argsort(np.concatenate([members for members, _ in packs]))
        if len(parts) == 1:
            return parts[0]
        parts = [part.astype(self.dtype) for part in parts]
        return jnp.concatenate(parts)[order]

    def _packed(self, built: list[Built]) -> tuple[list[tuple[list[int], Forest]], NetworkCost]:
        """Networks that are contracted together, as many as fit in memory, and what it costs."""
        shapes = [shape_of(*network) for network in built]
        plans = {shape: self._plan(shape) for shape in dict.fromkeys(shapes)}
        limit = self._limits().entries
        packs: list[tuple[list[int], Forest]] = []
        filled: dict[int, tuple[int, int]] = {}  # By slices: the open pack, and its entries.
        for i, (shape, (tensors, _)) in enumerate(zip(shapes, built, strict=True)):
            plan = plans[shape][0]
            place, entries = filled.get(plan.slices, (-1, 0))
            if place < 0 or entries + plan.entries > limit:
                place, entries = len(packs), 0
                packs.append(([], Forest()))
            packs[place][0].append(i)
            packs[place][1].add([(tensor.source, tensor.row) for tensor in tensors], plan)
            filled[plan.slices] = place, entries + plan.entries
        each = [plans[shape][0] for shape in shapes]
        together = [sum(each[i].entries for i in members) for members, _ in packs]
        cost = NetworkCost(
            flops=8.0 * sum(plan.work for plan in each),  # No more than `max_flops` each.
            bytes=self._bytes(max(together, default=1)),
            slices=2 ** max((plan.slices for plan in each), default=0),
            width=max((plan.entries.bit_length() - 1 for plan in each), default=0),
            networks=(len(each), len(plans)),
            seconds=sum(seconds for _, seconds in plans.values()),
        )
        return packs, cost

    def _plan(self, network: Network) -> tuple[Schedule, float]:
        """How a network is contracted, and what the search took; refused where it is too large."""
        limits = self._limits()
        sizes = [len(term) for term in (*network.inputs, network.output)]
        if 2 ** max(sizes) > limits.entries:
            raise ValueError(
                f"A tensor of {max(sizes)} indices, which goes into the contraction or comes out "
                f"of it and cannot be sliced, takes {self._bytes(2 ** max(sizes)):,} bytes, and "
                f"{_ALIVE} tensors are alive at once, but `max_memory` is {self._memory():,} bytes."
                " Ask for fewer qubits or amplitudes at once, or raise `max_memory`."
            )
        order = order_of(network, limits)
        plan = schedule(network, order)
        if 8 * plan.work > self.max_flops or plan.entries > limits.entries:
            raise ValueError(
                f"The contraction of {len(network.inputs)} tensors takes 10^"
                f"{math.log10(8 * plan.work):.1f} floating-point operations in {2**plan.slices:,} "
                f"slices, and its largest tensor has 2^{plan.entries.bit_length() - 1} entries, "
                f"but `max_flops` is {self.max_flops:.1e} and `max_memory` is {self._memory():,} "
                f"bytes, that is {_ALIVE} tensors of {limits.entries:,} entries. Use fewer layers, "
                "a more local observable, a longer `search_seconds`, or another engine: `MPS` "
                "where there is little entanglement, `Statevector` up to 30 qubits."
            )
        return plan, order.seconds

    def _limits(self) -> Limits:
        entries = max(1, self._memory() // (_ALIVE * self.dtype.itemsize))
        work = self.max_flops / 8
        return Limits(entries, work, self.search_seconds, self.cache, self.progress)  # type: ignore[arg-type]

    def _bytes(self, entries: int) -> int:
        return entries * int(self.dtype.itemsize)

    def _memory(self) -> int:
        return int(device_memory() // 2 if self.max_memory is None else self.max_memory)
