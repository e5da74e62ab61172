"""The part of a gate that a device applies, where it knows the values of some of its qubits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from qjax.circuit import Gate, data_gate, pauli_rotation


def own_part(
    gate: Gate,
    parameters: Sequence[jax.Array],
    adjoint: bool,
    known: Sequence[int],
    value: jax.Array,
    dtype: Any,
    *,
    real: bool,
) -> tuple[Gate, jax.Array]:
    """What a gate does to the other qubits, where it does not change the values of some.

    Args:
        gate: The gate.
        parameters: Those of one use, each with an axis of length one before its own.
        adjoint: Whether its inverse is applied.
        known: Places of the qubits whose values are known, in the gate.
        value: The number that these values make, the first most significant.
        dtype: Complex dtype.
        real: Whether the state is real.

    Returns:
        A gate on the other qubits, or on any one where there is none, and its parameter.
    """
    k, rest = gate.n_qubits, [i for i in range(gate.n_qubits) if i not in known]
    if gate.pauli:
        mask = sum((gate.pauli[i] == "Z") << j for j, i in enumerate(reversed(known)))
        odd = jax.lax.population_count(value & mask) & 1
        theta = parameters[0] * (1 - 2 * odd).astype(parameters[0].dtype)
        word = "".join(gate.pauli[i] for i in rest) or "I"
        return pauli_rotation(word), -theta if adjoint else theta
    shape = (2 ** len(known), 2 ** len(rest))
    width = max(1, len(rest))
    if gate.is_diagonal and not real:
        table = gate.phases(*parameters, dtype=dtype)[0].reshape((2,) * k)
        phases = table.transpose(*known, *rest).reshape(shape)[value]
        phases = jnp.broadcast_to(-phases if adjoint else phases, (2**width,))
        return data_gate("diagonal", "phases", width), phases
    given = gate.data == "matrix" and not jnp.iscomplexobj(parameters[0])
    dtype = jnp.finfo(dtype).dtype if gate.is_real or given else dtype
    matrix = gate.matrices(*parameters, dtype=dtype)[0]
    matrix = (matrix.T.conj() if adjoint else matrix).reshape((2,) * (2 * k))
    axes = [*known, *rest, *(k + i for i in known), *(k + i for i in rest)]
    blocks = jnp.diagonal(matrix.transpose(axes).reshape(2 * shape), axis1=0, axis2=2)
    block = blocks[..., value]
    block = block if rest else block * jnp.eye(2, dtype=dtype)
    return data_gate("unitary", "matrix", width), block
