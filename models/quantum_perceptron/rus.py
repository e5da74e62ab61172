"""The repeat-until-success neuron, and networks of it.

Cao, Guerreschi and Aspuru-Guzik, "Quantum neuron: an elementary building block for machine learning
on quantum computers", arXiv 1711.11240.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import qjax

# Appends RY of plus or minus twice a neuron's angle on a qubit.
Rotation = Callable[[qjax.Circuit, int, int], qjax.Circuit]
Params = dict[str, jax.Array]


def squash(angle: jax.Array, order: int = 1) -> jax.Array:
    r"""The angle after a neuron, :math:`q^{(k)}(\varphi) = \arctan(\tan^{2^k} \varphi)`.

    It is near 0 below pi / 4 and near pi / 2 above: the qubit that is turned by twice this angle
    rests or fires.
    """
    return jnp.arctan(jnp.tan(angle) ** (2**order))


def ancillas(order: int) -> int:
    """Qubits that a neuron measures."""
    return int(2**order) - 1


def fire(
    circuit: qjax.Circuit, rotate: Rotation, target: int, measured: Sequence[int], sign: int = 1
) -> qjax.Circuit:
    r"""Appends a neuron, :math:`RY(\pm 2 q^{(k)}(\varphi))` on a qubit where its ancillas are 0.

    An ancilla is turned by :math:`2\varphi`, turns the target by pi where it is 1, and is turned
    back: it is then 0 with the amplitudes :math:`\cos^2\varphi` of leaving the target alone and
    :math:`\sin^2\varphi` of turning it. A neuron of a higher order takes one of the order below
    instead of each of the two turns.

    Args:
        circuit: The circuit so far.
        rotate: `rotate(circuit, qubit, sign)` appends RY of plus or minus twice the angle.
        target: The qubit to turn.
        measured: The neuron's :math:`2^k - 1` ancillas, in the state 0.
        sign: Which way to turn.
    """
    if not measured:
        return rotate(circuit, target, sign)
    ancilla, rest = measured[0], measured[1:]
    half = len(rest) // 2
    circuit = fire(circuit, rotate, ancilla, rest[:half], 1)
    circuit = circuit.cry(sign * np.pi, ancilla, target)
    return fire(circuit, rotate, ancilla, rest[half:], -1)


def single(angle: jax.Array, order: int = 1) -> qjax.Circuit:
    """One neuron of a known angle: its output is qubit 0, the others are its ancillas."""

    def rotate(circuit: qjax.Circuit, qubit: int, sign: int) -> qjax.Circuit:
        return circuit.ry(sign * 2 * angle, qubit)

    circuit = qjax.Circuit(1 + ancillas(order))
    return fire(circuit, rotate, 0, range(1, circuit.n_qubits))


def postselect(circuit: qjax.Circuit, kept: int) -> tuple[jax.Array, jax.Array]:
    r"""The state of the first qubits where all others are measured 0, and how likely that is.

    .. math:: |\phi\rangle = \frac{\langle 0 \dots 0 | \psi \rangle}{\sqrt p}, \quad
              p = \| \langle 0 \dots 0 | \psi \rangle \|^2

    Returns:
        Complex ``[2**kept]`` of norm 1, and a scalar.
    """
    part = qjax.statevector(circuit).reshape(2**kept, -1)[:, 0]
    probability = jnp.sum(part.real**2 + part.imag**2)
    return part / jnp.sqrt(probability).astype(part.dtype), probability


class Wires(NamedTuple):
    """Where things are in the circuit of a network; what is measured comes last."""

    inputs: range
    label: int
    hidden: range
    output: int
    measured: tuple[range, ...]

    @property
    def kept(self) -> int:
        """Qubits that are not measured on the way."""
        return self.output + 1

    @property
    def total(self) -> int:
        """All qubits."""
        return self.measured[-1].stop


def wires(inputs: int, hidden: int, order: int) -> Wires:
    """The layout of a network with one hidden layer and one output."""
    output = inputs + 1 + hidden
    each = ancillas(order)
    starts = [output + 1 + k * each for k in range(hidden + 1)]
    measured = tuple(range(start, start + each) for start in starts)
    return Wires(range(inputs), inputs, range(inputs + 1, output), output, measured)


def initial(key: jax.Array, inputs: int, hidden: int) -> Params:
    """Random weights and biases; those of a neuron are a row, its bias last."""
    keys = jax.random.split(key)
    return {
        "hidden": jax.random.uniform(keys[0], (hidden, inputs + 1), minval=-1.0),
        "output": jax.random.uniform(keys[1], (1, hidden + 1), minval=-1.0),
    }


def network(circuit: qjax.Circuit, params: Params, at: Wires) -> qjax.Circuit:
    r"""Appends the neurons of a network.

    The angle of a neuron with signs :math:`s_i`, 1 for an input that fires and -1 for one that
    rests, is :math:`\varphi = \frac\pi4 (1 + b + \sum_i w_i s_i)`. Weights and bias are divided by
    the sum of their sizes where that is above 1, so that it stays between 0 and pi / 2.
    """
    ancilla_sets = iter(at.measured)
    for row, target in zip(params["hidden"], at.hidden, strict=True):
        circuit = fire(circuit, _weighted(row, at.inputs), target, next(ancilla_sets))
    row = params["output"][0]
    return fire(circuit, _weighted(row, at.hidden), at.output, next(ancilla_sets))


def _weighted(row: jax.Array, sources: range) -> Rotation:
    row = row / jnp.maximum(1.0, jnp.sum(jnp.abs(row))) * (jnp.pi / 4)
    weights, bias = row[:-1], row[-1]
    # A sign is 2 x - 1 of the bit x that controls.
    at_rest, change = jnp.pi / 4 + bias - jnp.sum(weights), 2 * weights

    def rotate(circuit: qjax.Circuit, qubit: int, sign: int) -> qjax.Circuit:
        circuit = circuit.ry(2 * sign * at_rest, qubit)
        return circuit.cry(2 * sign * change, sources, [qubit] * len(sources))

    return rotate


def superposed(params: Params, at: Wires) -> qjax.Circuit:
    """The network on all inputs at once, each beside its label, the parity of its bits."""
    circuit = qjax.Circuit(at.total).h(at.inputs)
    circuit = circuit.cx(at.inputs, [at.label] * len(at.inputs))
    return network(circuit, params, at)


def agreement(params: Params, at: Wires) -> tuple[jax.Array, jax.Array]:
    r"""How well output and label agree over all inputs, :math:`\langle Z_{out} Z_{label} \rangle`.

    Returns:
        The expectation value where every neuron succeeded, and how likely that is.
    """
    state, success = postselect(superposed(params, at), at.kept)
    bits = np.arange(2**at.kept)
    outputs, labels = bits & 1, bits >> (at.output - at.label) & 1
    signs = jnp.asarray(1.0 - 2 * (outputs ^ labels), state.real.dtype)
    return jnp.sum(signs * (state.real**2 + state.imag**2)), success


def response(params: Params, at: Wires, bits: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The probability that the output fires on one input ``[inputs]``, and that of success."""
    circuit = qjax.Circuit(at.total).ry(jnp.pi * bits, at.inputs)
    state, success = postselect(network(circuit, params, at), at.kept)
    return jnp.sum((state.real**2 + state.imag**2)[1::2]), success


def truth_table(inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """All inputs ``[2**inputs, inputs]`` and the parities of their bits."""
    bits = (np.arange(2**inputs)[:, None] >> np.arange(inputs)[::-1]) & 1
    return bits.astype(np.float32), bits.sum(1) % 2
