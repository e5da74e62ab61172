"""What needs no training: an exact network in the manner of the paper, and string order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

import qjax
from qjax.library import amplitude_encoding

from .model import in_chunks


def cluster_network(circuit: qjax.Circuit) -> qjax.Circuit:
    r"""Appends the exact network of the ZXZ phase, one level of it.

    CZ between neighbours turn the cluster state into \|+> everywhere, and an error X on site i
    into X = -1 on the sites beside it. Of each three sites the middle one is left; the others are
    measured along X, and -1 there tells which errors to undo: the middle c is flipped where site
    c - 2 has -1 and c - 4 has not, and likewise on the other side. That undoes every single X, and
    XX of neighbours. Measure `centres`; their mean is 1 in the cluster state.
    """
    n = circuit.n_qubits
    circuit = circuit.cz(range(n - 1), range(1, n)).h(range(n))
    for side in (-1, 1):
        near = [c + 2 * side for c in centres(n)]
        far = [c + 4 * side for c in centres(n)]
        circuit = circuit.cx(near, centres(n)).ccx(near, far, centres(n))
    return circuit


def centres(n: int) -> list[int]:
    """The sites that are left and have all that corrects them, none of it at an end."""
    return list(range(5, n - 5, 3))


def cluster_order(n: int) -> qjax.PauliSum:
    """What is measured after `cluster_network`: the mean of the sites that are left."""
    return 1 / len(centres(n)) * sum(qjax.Z(c) for c in centres(n))


def string_order(n: int) -> qjax.PauliSum:
    r"""The longest string order parameter that leaves the last sites out.

    .. math:: S = Z_a X_{a+1} X_{a+3} \cdots X_{b-1} Z_b
    """
    a, length = 1, (n - 3) // 2
    order = qjax.Z(a)
    for k in range(length):
        order = order @ qjax.X(a + 2 * k + 1)
    return order @ qjax.Z(a + 2 * length)


def local_terms(n: int) -> list[qjax.PauliSum]:
    """X of each site, then XX and ZXZ of neighbours."""
    return [
        *(qjax.X(i) for i in range(n)),
        *(qjax.X(i) @ qjax.X(i + 1) for i in range(n - 1)),
        *(qjax.Z(i) @ qjax.X(i + 1) @ qjax.Z(i + 2) for i in range(n - 2)),
    ]


def channels(local: np.ndarray) -> np.ndarray:
    """Means of `local_terms` ``[k, 3 n - 3]`` as channels ``[k, n, 3]``, zero at the ends."""
    n = (local.shape[1] + 3) // 3
    parts = np.split(local, [n, 2 * n - 1], axis=1)
    padded = [np.pad(part, ((0, 0), (0, n - part.shape[1]))) for part in parts]
    return np.stack(padded, -1)


def untouched(circuit: qjax.Circuit) -> qjax.Circuit:
    """No network: the state itself is measured."""
    return circuit


def measure(
    states: Any,
    observables: Sequence[qjax.PauliSum],
    network: Callable[[qjax.Circuit], qjax.Circuit] = untouched,
) -> np.ndarray:
    """Expectation values ``[k, observables]`` of states ``[k, 2**n]``, after a network."""
    return in_chunks(lambda chunk: _measured(chunk, list(observables), network), states)


@functools.partial(jax.jit, static_argnames="network")
def _measured(states: jax.Array, observables: list[qjax.PauliSum], network: Any) -> jax.Array:
    def one(state: jax.Array) -> jax.Array:
        circuit = amplitude_encoding(qjax.Circuit(len(state).bit_length() - 1), state)
        return qjax.expectation(network(circuit), observables)

    return jax.vmap(one)(states)


def threshold(values: np.ndarray, labels: np.ndarray) -> float:
    """The value that tells most labels right, the middle of the first best gap."""
    order = np.sort(values)
    middles = (order[1:] + order[:-1]) / 2
    right = [np.mean((values > middle) == labels) for middle in middles]
    return float(middles[int(np.argmax(right))])


def shots(probability: np.ndarray) -> np.ndarray:
    r"""Copies of a state that make sure, at 95%, that an outcome is more likely than 1/2.

    .. math:: M = \frac{1.96^2}{(\arcsin\sqrt{p} - \arcsin\sqrt{1/2})^2}

    The sample complexity of the paper; infinite where p is at most 1/2.
    """
    distance = np.arcsin(np.sqrt(np.clip(probability, 0.5, 1))) - np.pi / 4
    with np.errstate(divide="ignore"):
        return np.where(probability > 0.5, 1.96**2 / distance**2, np.inf)
