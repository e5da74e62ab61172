"""An actor as two qubits that are measured along Z after every event: four directions, four states.

One qubit has two states that can be told apart and copied; of four directions two pairs then look
alike. Here a direction is a distribution over the four outcomes of two qubits. Following is the
circuit of one qubit, once for either of the two. Everything else is as with one qubit.

What is kept of a wire is the four expectations of II, IZ, ZI and ZZ.
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
        "person": (2, 3),
        "walks": (config.directions, 2, 3),
        "turns": (config.layers, gates(2)),
        "follows": (config.layers, gates(3)),
        "no": (config.layers, gates(4)),
        "yes": (config.layers, gates(4)),
    }


def events(params: Params, directions: int) -> jax.Array:
    """The matrix of each event on the expectations of two wires, ``[events, 16, 16]``."""

    def walk(angles: jax.Array) -> jax.Array:
        one, two = (
            qjax.probabilities(rotation(a) + rotation(b)) for a, b in zip(*angles, strict=True)
        )
        return _walsh(2) @ jnp.kron(one, two)

    walks = jax.vmap(lambda w: walk(jnp.stack([params["person"], w])))(params["walks"])
    turn = _in_walsh(_transitions(qjax.unitary(meeting(params["turns"], 2))))
    around = turn if directions == 2 else turn @ turn
    alone = {**entered(walks, directions), 5: turn, 6: turn.T, 7: around}
    return table(alone, _both(_copying(params)))


def answers(params: Params) -> jax.Array:
    """What the expectations of two wires are multiplied with for no and yes, ``[2, 16]``."""

    def effect(angles: jax.Array) -> jax.Array:
        return qjax.probabilities(meeting(angles, 4)) @ _walsh(4) / 16

    return jnp.stack([effect(params["no"]), effect(params["yes"])])


def _copying(params: Params) -> jax.Array:
    """Transitions of the two qubits where one follows the other, ``[4, 4]``, columns sum to 1."""
    matrix = qjax.unitary(meeting(params["follows"], 3))
    return _transitions(matrix).reshape(4, 2, 4, 2)[:, :, :, 0].sum(1)


def _both(copying: jax.Array) -> jax.Array:
    """The same on either qubit of two actors, on expectations ``[16, 16]``."""
    each = copying.reshape(2, 2, 2, 2)
    both = jnp.einsum("abcd,efgh->aebfcgdh", each, each).reshape(16, 16)
    return _walsh(4) @ both @ _walsh(4) / 16


def _transitions(matrix: jax.Array) -> jax.Array:
    return matrix.real**2 + matrix.imag**2


def _in_walsh(transitions: jax.Array) -> jax.Array:
    return _walsh(2) @ transitions @ _walsh(2) / 4


def _walsh(bits: int) -> jax.Array:
    """From probabilities to expectations of words of I and Z, ``[2**bits, 2**bits]``."""
    one = np.array([[1, 1], [1, -1]], np.float32)
    full = one
    for _ in range(bits - 1):
        full = np.kron(full, one)
    return jnp.asarray(full)
