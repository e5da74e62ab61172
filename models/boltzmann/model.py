"""Boltzmann machines all of whose units are visible, with a transverse field and without."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import nnx

from qjax import PauliSum
from qjax.train import kl_divergence, total_variation

from .gibbs import matrix, thermal

# Below this a probability is rounding error of a Gibbs state in single precision.
FLOOR = 1e-8


class BoltzmannMachine(nnx.Module):
    r"""A distribution over n bits: that of measuring a Gibbs state.

    .. math:: H = -\sum_a b_a Z_a - \sum_{a<b} w_{ab} Z_a Z_b - \Gamma \sum_a X_a, \qquad
              p(v) = \langle v | e^{-H} | v \rangle / \operatorname{Tr} e^{-H}

    Without a field it is the classical Boltzmann machine. Amin et al., arXiv 1601.02036.
    """

    def __init__(self, n: int, field: float | None, *, rngs: nnx.Rngs):
        pairs = list(itertools.combinations(range(n), 2))
        normal = jax.random.normal
        self.n = n
        self.biases = nnx.Param(0.1 * normal(rngs.params(), (n,)))
        self.couplings = nnx.Param(0.1 * normal(rngs.params(), (len(pairs),)))
        self.field = None if field is None else nnx.Param(jnp.array(field, jnp.float32))

    def hamiltonian(self) -> PauliSum:
        singles, pairs = (list(itertools.combinations(range(self.n), k)) for k in (1, 2))
        parts = [self.biases[...], self.couplings[...]]
        words = [_word("Z", qubits, self.n) for qubits in (*singles, *pairs)]
        if self.field is not None:
            parts.append(jnp.broadcast_to(self.field[...], (self.n,)))
            words += [_word("X", qubits, self.n) for qubits in singles]
        return PauliSum.from_words(-jnp.concatenate(parts), words)

    def __call__(self) -> jax.Array:
        """The probabilities of all strings, ``[2**n]``."""
        h = matrix(self.hamiltonian(), self.n)
        # Without a field the Hamiltonian is its diagonal.
        return jax.nn.softmax(-jnp.diag(h)) if self.field is None else jnp.diag(thermal(h)[0])


def _word(letter: str, qubits: tuple[int, ...], n: int) -> str:
    return "".join(letter if q in qubits else "I" for q in range(n))


def loss(kind: Literal["likelihood", "entropy"]) -> Callable[..., Any]:
    r"""Returns the loss for the trainer; a batch is one whole distribution p, ``[1, 2**n]``.

    ``"likelihood"``: :math:`D(p \| \operatorname{diag} \rho)`, which is the negative log-likelihood
    up to a constant. ``"entropy"``: the quantum relative entropy of the pure state that measures to
    p, convex in the weights (Coopmans and Benedetti, arXiv 2306.14969):

    .. math:: S(\eta \| \rho) = \langle \eta | H | \eta \rangle + \log \operatorname{Tr} e^{-H},
              \qquad |\eta\rangle = \sum_v \sqrt{p(v)} \, |v\rangle
    """

    def distance(model: BoltzmannMachine, batch: jax.Array, key: jax.Array | None) -> Any:
        del key
        target = batch[0]
        if kind == "likelihood":
            p = model()
            value = kl = kl_divergence(target, p, floor=FLOOR)
        else:
            h = matrix(model.hamiltonian(), model.n)
            state, log_partition = thermal(h)
            p, amplitudes = jnp.diag(state), jnp.sqrt(target)
            kl = kl_divergence(target, p, floor=FLOOR)
            energy = jnp.vdot(amplitudes, jnp.matmul(h, amplitudes, precision="highest"))
            value = energy + log_partition
        metrics = {"kl": kl, "total_variation": total_variation(target, p)}
        return value, metrics

    return distance
