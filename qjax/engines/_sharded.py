"""What verbs ask of a statevector over devices: each holds the amplitudes of some basis states."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AbstractMesh, Mesh, PartitionSpec

from qjax.circuit import Circuit, Word, bits
from qjax.engines._spread import Layout, Spread, Spreading
from qjax.kernels import (
    Evolve,
    SplitMask,
    bits_of,
    made_varying,
    marginal,
    pauli_values_across,
    product_state,
    run,
    sample_bits,
    sample_bits_across,
    to_complex,
    to_planes,
)
from qjax.passes import is_real, product_vectors, roll, split_prefix
from qjax.sharding import describe


def check_axis(mesh: Any, axis: str) -> None:
    """Raises where a mesh has no such axis, or it cannot be shared by the values of qubits."""
    if not isinstance(mesh, Mesh | AbstractMesh):
        raise TypeError(
            "Argument `mesh` must be a mesh such as `jax.make_mesh((8,), ('state',))`, but is "
            f"{mesh!r}."
        )
    if axis not in mesh.axis_names:
        raise ValueError(f"Argument `mesh` must have an axis `{axis}`, but has {describe(mesh)}.")
    if mesh.shape[axis].bit_count() != 1:
        raise ValueError(
            f"Argument `mesh` must have a power of two of devices along axis `{axis}`, whose "
            f"numbers are the values of qubits, but has {mesh.shape[axis]}."
        )


@dataclasses.dataclass(frozen=True)
class Sharded:
    """A statevector whose first bits are the devices' number along an axis of a mesh.

    Args:
        lower: Takes whether a circuit is real to what lowers its stages.
        dtype: Complex dtype of the state.
        roll: Whether structure that repeats becomes a loop.
        mesh: The mesh.
        axis: Name of its axis.
    """

    lower: Callable[[bool], Any]
    dtype: Any
    roll: bool
    mesh: Mesh | AbstractMesh
    axis: str

    @property
    def n_bits(self) -> int:
        """Number of qubits whose values are the bits of the devices' number."""
        return self.mesh.shape[self.axis].bit_length() - 1

    def stages(
        self, circuit: Circuit, number: jax.Array, **end: Any
    ) -> tuple[Circuit, Circuit, Spread]:
        """What each pass makes of a circuit: an outer product, the rest, and what runs it."""
        head, rest = split_prefix(roll(circuit) if self.roll else circuit)
        alone = self.mesh.size == self.mesh.shape[self.axis]
        spreading = Spreading(self.lower(is_real(circuit)), self.axis, self.n_bits, alone)
        return head, rest, spreading(rest, number, **end)

    def masks(self, words: Sequence[Word], layout: Layout) -> tuple[SplitMask, ...]:
        """Pauli strings as masks of the devices' number and of the local state."""

        def split(mask: int) -> tuple[int, int]:
            one = set(bits(mask))
            across, local = (
                sum((q in one) << i for i, q in enumerate(reversed(qubits)))
                for qubits in (layout.places, layout.slots)
            )
            return across, local

        pairs = ((split(word.x), split(word.z)) for word in words)
        return tuple(SplitMask((x[0], z[0]), (x[1], z[1])) for x, z in pairs)

    def _map(self, function: Callable[..., Any], out: PartitionSpec, *args: Any) -> jax.Array:
        """A function of a circuit and more, on each device of the axis."""
        # Inside of another map its mesh is the one there is.
        inside = self.axis in jax.sharding.get_abstract_mesh().axis_names

        def local(circuit: Circuit, *rest: Any) -> Any:
            return function(made_varying(circuit, self.axis), *rest)

        result: jax.Array = jax.shard_map(
            local,
            mesh=None if inside else self.mesh,
            in_specs=PartitionSpec(),
            out_specs=out,
            axis_names={self.axis},
        )(*args)
        return result

    def _planes(self, circuit: Circuit, evolve: Evolve, **end: Any) -> tuple[jax.Array, Layout]:
        """This device's part of the final state, ``[2 or 1, 2**m]``, and which part that is."""
        number = jax.lax.axis_index(self.axis)
        head, _, (program, start, layout) = self.stages(circuit, number, **end)
        vectors, m = product_vectors(head, self.dtype), len(start.slots)
        state = product_state([vectors[start.slots[b]] for b in program.order if b < m])
        for place, qubit in enumerate(start.places):
            state = state * vectors[qubit][bits_of(number, self.n_bits, [place])]
        if m in program.order:
            planes = to_planes(state).reshape((2,) * (m + 1))
            state = jnp.moveaxis(planes, 0, program.order.index(m))
        final = evolve(program.steps, program.arrays, state.reshape(-1))
        return final.reshape(-1, 2**m), layout

    def _wide(self, circuit: Circuit, qubits: Sequence[int]) -> bool:
        """Whether the outcomes of some qubits are spread over the devices, as the state is."""
        return len(qubits) >= max(self.n_bits, circuit.n_qubits - self.n_bits)

    def _outcomes(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """This device's part of the probabilities of many qubits."""
        first, rest = tuple(qubits[: self.n_bits]), qubits[self.n_bits :]
        planes, layout = self._planes(circuit, evolve, places=first)
        return marginal(jnp.sum(planes * planes, 0), [layout.slots.index(q) for q in rest])

    # The methods that `Statevector` has under the same names.

    def state(self, circuit: Circuit, evolve: Evolve) -> jax.Array:
        """The final state, complex ``[2**n]``, split over the axis."""

        def local(circuit: Circuit) -> jax.Array:
            places = tuple(range(self.n_bits))
            return to_complex(self._planes(circuit, evolve, places=places)[0])

        return self._map(local, PartitionSpec(self.axis), circuit)

    def values(self, circuit: Circuit, words: Sequence[Word], evolve: Evolve) -> jax.Array:
        """Expectation values of Pauli strings, real ``[strings]``."""

        def local(circuit: Circuit) -> jax.Array:
            planes, layout = self._planes(circuit, evolve)
            return pauli_values_across(planes, self.masks(words, layout), self.axis, self.n_bits)

        return self._map(local, PartitionSpec(), circuit)

    def amplitudes(self, circuit: Circuit, rows: jax.Array, evolve: Evolve) -> jax.Array:
        """Amplitudes of some basis states, given as bits ``[k, n]``, complex ``[k]``."""

        def number(rows: jax.Array, qubits: Sequence[int]) -> jax.Array:
            weights = jnp.asarray(2 ** np.arange(len(qubits))[::-1], jnp.int32)
            return jnp.sum(rows[:, np.array(qubits)] * weights[None, :], 1)

        def local(circuit: Circuit, rows: jax.Array) -> jax.Array:
            planes, layout = self._planes(circuit, evolve)
            found = to_complex(planes)[number(rows, layout.slots)]
            mine = number(rows, layout.places) == jax.lax.axis_index(self.axis)
            return jax.lax.psum(jnp.where(mine, found, 0), self.axis)

        return self._map(local, PartitionSpec(), circuit, rows)

    def probabilities(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """Probabilities of the bit strings of k qubits, real ``[2**k]``.

        They are split over the axis where they are as many as a device's amplitudes.
        """
        if self._wide(circuit, qubits):
            spec = PartitionSpec(self.axis)
            return self._map(lambda c: self._outcomes(c, qubits, evolve), spec, circuit)

        def local(circuit: Circuit) -> jax.Array:
            planes, layout = self._planes(circuit, evolve)
            here = [q for q in qubits if q in layout.slots]
            there = [q for q in qubits if q in layout.places]
            own = marginal(jnp.sum(planes * planes, 0), [layout.slots.index(q) for q in here])
            places = [layout.places.index(q) for q in there]
            value = bits_of(jax.lax.axis_index(self.axis), self.n_bits, places)
            mine = jnp.arange(2 ** len(there), dtype=value.dtype) == value
            table = jnp.where(mine[:, None], own[None, :], 0).reshape((2,) * len(qubits))
            order = [(there + here).index(q) for q in qubits]
            return jax.lax.psum(table.transpose(order).reshape(-1), self.axis)

        return self._map(local, PartitionSpec(), circuit)

    def density_matrix(self, circuit: Circuit, qubits: Sequence[int], evolve: Evolve) -> jax.Array:
        """Density matrix of k qubits, complex ``[2**k, 2**k]``."""
        most = circuit.n_qubits - self.n_bits
        if len(qubits) > most:
            raise ValueError(
                f"Argument `qubits` must name at most the {most} qubits that each device of mesh "
                f"axis `{self.axis}` has, but names {len(qubits)}."
            )

        def local(circuit: Circuit) -> jax.Array:
            planes, layout = self._planes(circuit, evolve, local=frozenset(qubits))
            kept = [layout.slots.index(q) for q in qubits]
            rest = [i for i in range(len(layout.slots)) if i not in kept]
            grid = to_complex(planes).reshape((2,) * len(layout.slots)).transpose(*kept, *rest)
            rows = grid.reshape(2 ** len(kept), -1)
            product = jnp.matmul(rows, rows.conj().T, precision=jax.lax.Precision.HIGHEST)
            return jax.lax.psum(product, self.axis)

        return self._map(local, PartitionSpec(), circuit)

    def sample(
        self, circuit: Circuit, key: jax.Array, shots: int, qubits: Sequence[int]
    ) -> jax.Array:
        """Bits of k measured qubits, integers ``[shots, k]``."""
        if not self._wide(circuit, qubits):
            return sample_bits(self.probabilities(circuit, qubits, run), key, shots)

        def local(circuit: Circuit, key: jax.Array) -> jax.Array:
            own = self._outcomes(circuit, qubits, run)
            return sample_bits_across(own, key, shots, self.axis, self.n_bits)

        return self._map(local, PartitionSpec(), circuit, key)
