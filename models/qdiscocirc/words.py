"""What words are made of, whatever an actor is: circuits, and the table of events."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp

import qjax

Params = dict[str, jax.Array]

# The walks by number, as `STORY_EVENTS` has them, with two directions and with four.
WALKS = {2: (1, 3), 4: (1, 2, 3, 4)}
WORDS = ("person", "walks", "turns", "follows", "no", "yes")


def rotation(angles: jax.Array) -> qjax.Circuit:
    """A word on one qubit: Rx, Rz and Rx of angles in turns."""
    a, b, c = 2 * jnp.pi * angles
    return qjax.Circuit(1).rx(a, 0).rz(b, 0).rx(c, 0)


def meeting(angles: jax.Array, qubits: int) -> qjax.Circuit:
    """A word on more qubits: circuit 4 of Sim et al., arXiv 1905.10876, of angles in turns."""
    on, before, after = range(qubits), range(qubits - 1), range(1, qubits)

    def layer(circuit: qjax.Circuit, w: jax.Array) -> qjax.Circuit:
        x, z, ladder = w[:qubits], w[qubits : 2 * qubits], w[2 * qubits :]
        return circuit.rx(x, on).rz(z, on).crx(ladder, before, after)

    return qjax.Circuit(qubits).repeat(layer, 2 * jnp.pi * angles)


def gates(qubits: int) -> int:
    """Number of angles of a layer of `meeting`."""
    return 3 * qubits - 1


def entered(walks: jax.Array, directions: int) -> dict[int, jax.Array]:
    """The first event of an actor, which takes up a wire afresh, by its number.

    Args:
        walks: What is known of an actor who walks in each direction, ``[directions, 4]``.
        directions: 2 or 4.
    """
    fresh = jnp.zeros((directions, 4, 4)).at[:, :, 0].set(walks)
    return dict(zip(WALKS[directions], fresh, strict=True))


def table(alone: Mapping[int, jax.Array], follows: jax.Array) -> jax.Array:
    """The matrices of all events on two wires, ``[events, 16, 16]``.

    Args:
        alone: Those of one actor, ``[4, 4]``, by their number.
        follows: That of following. To go the opposite way is to follow and to turn around.
    """
    rows = [_beside(alone.get(number, jnp.eye(4))) for number in range(8)]
    return jnp.stack([*rows, follows, _beside(alone[7]) @ follows])


def _beside(matrix: jax.Array) -> jax.Array:
    """A matrix on the first of two wires."""
    return jnp.kron(matrix, jnp.eye(4))
