"""The Born machine, and the classical machine it is compared with."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import qjax
from models.distributions import words
from qjax.nn import initializers


class BornMachine(nnx.Module):
    r"""A distribution over n bits: that of measuring a trained circuit.

    .. math:: p_\theta(x) = |\langle x | \psi_\theta \rangle|^2

    A layer is RY and RZ on every qubit, then RZZ on every pair; RY follow the last one. This is the
    circuit of all-to-all couplings of Benedetti et al., arXiv 1801.07686, with the axes of its
    qubits turned, without the rotations that change nothing.
    """

    def __init__(self, n: int, layers: int, *, rngs: nnx.Rngs):
        self.n = n
        pairs = n * (n - 1) // 2
        anywhere, small = initializers.uniform_angle(), initializers.small_angle(0.3)
        self.rotations = nnx.Param(anywhere(rngs.params(), (layers, n, 2)))
        self.couplings = nnx.Param(small(rngs.params(), (layers, pairs)))
        self.last = nnx.Param(anywhere(rngs.params(), (n,)))

    def __call__(self) -> jax.Array:
        """The probabilities of all strings, ``[2**n]``."""
        return qjax.probabilities(self.circuit())

    def circuit(self) -> qjax.Circuit:
        qubits = range(self.n)
        first, second = zip(*itertools.combinations(qubits, 2), strict=True)

        def layer(circuit: qjax.Circuit, weights: tuple[jax.Array, jax.Array]) -> qjax.Circuit:
            angles, couplings = weights
            circuit = circuit.ry(angles[:, 0], qubits).rz(angles[:, 1], qubits)
            return circuit.rzz(couplings, first, second)

        weights = self.rotations[...], self.couplings[...]
        return qjax.Circuit(self.n).repeat(layer, weights).ry(self.last[...], qubits)


class RestrictedBoltzmannMachine(nnx.Module):
    r"""A distribution over n bits: that of the visible units of a restricted Boltzmann machine.

    .. math:: p(x) \propto e^{a^\top x} \prod_h \bigl(1 + e^{b_h + x^\top W_h}\bigr)

    All :math:`2^n` strings are summed over, so that it trains by the very losses of the Born
    machine. The number of hidden units brings it as close to `parameters` numbers as can be.
    """

    def __init__(self, n: int, parameters: int, *, rngs: nnx.Rngs):
        hidden = max(1, round((parameters - n) / (n + 1)))
        self.n = n
        self.visible = nnx.Param(jnp.zeros(n))
        self.hidden = nnx.Param(jnp.zeros(hidden))
        self.weights = nnx.Param(jax.random.normal(rngs.params(), (n, hidden)) / np.sqrt(n))

    def __call__(self) -> jax.Array:
        """The probabilities of all strings, ``[2**n]``."""
        strings = jnp.asarray(words(self.n), jnp.float32)
        fields = strings @ self.weights[...] + self.hidden[...][None]
        return jax.nn.softmax(strings @ self.visible[...] + jax.nn.softplus(fields).sum(1))
