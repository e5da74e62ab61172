"""An actor as a qubit: the published words.

What is kept of a wire is its Pauli expectations.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import qjax

from .config import Config
from .words import Params, entered, gates, meeting, rotation, table


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """The shape of each word's angles."""
    return {
        "person": (3,),
        "walks": (config.directions, 3),
        "turns": (3,),  # To the left; around, where there are two directions.
        "follows": (config.layers, gates(3)),
        "no": (config.layers, gates(2)),
        "yes": (config.layers, gates(2)),
    }


def events(params: Params, directions: int) -> jax.Array:
    """The matrix of each event on the Pauli expectations of two wires, ``[events, 16, 16]``."""
    turn, *walks = _rotating(jnp.concatenate([params["turns"][None], params["walks"]]))
    fresh = jnp.stack(walks) @ _person(params)
    around = turn if directions == 2 else turn @ turn
    # A rotation's matrix is orthogonal: its transpose turns the other way.
    alone = {**entered(fresh, directions), 5: turn, 6: turn.T, 7: around}
    return table(alone, _channel(_discarding(qjax.unitary(meeting(params["follows"], 3)))))


def answers(params: Params) -> jax.Array:
    """What the Pauli expectations of two qubits are multiplied with for no and yes, ``[2, 16]``."""
    one = _person(params)
    pair = (one[:, None] * one[None, :]).reshape(16)
    words = jax.vmap(lambda w: qjax.unitary(meeting(w, 2)))(
        jnp.stack([params["no"], params["yes"]])
    )
    return jax.vmap(_channel)(words[:, None]) @ pair / 4


def _person(params: Params) -> jax.Array:
    """What is known of an actor of whom nothing was told, ``[4]``."""
    return _rotating(params["person"][None])[0] @ jnp.array([1.0, 0.0, 0.0, 1.0])


def _rotating(angles: jax.Array) -> jax.Array:
    """The matrices of rotations ``[n, 3]`` on Pauli expectations, ``[n, 4, 4]``."""
    return jax.vmap(lambda w: _channel(qjax.unitary(rotation(w))[None]))(angles)


def _paulis(qubits: int) -> np.ndarray:
    one = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    return one.astype(np.complex64) if qubits == 1 else np.kron(_paulis(qubits - 1), _paulis(1))


def _channel(kraus: jax.Array) -> jax.Array:
    """The matrix of a channel on Pauli expectations, of its Kraus operators ``[k, 2**n, 2**n]``."""
    size = kraus.shape[-1]
    words = jnp.asarray(_paulis(size.bit_length() - 1))
    after = jnp.einsum("kba,ibc,kcd->iad", kraus.conj(), words, kraus, precision="highest")
    return jnp.einsum("iad,jda->ij", after, words, precision="highest").real / size


def _discarding(matrix: jax.Array) -> jax.Array:
    """Kraus operators of a circuit whose last qubit begins in 0 and is discarded."""
    half = len(matrix) // 2
    return matrix.reshape(half, 2, half, 2)[:, :, :, 0].transpose(1, 0, 2)
