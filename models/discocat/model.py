"""The model: circuits of words, and the state of a phrase that they compose to."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import qjax

from .grammar import Parse, read_type
from .spsa import Count
from .tape import WIRES, Language

SMALL = 1e-9  # Added to probabilities, as published.


class PhraseModel(nnx.Module):
    r"""Tapes ``[phrases, LENGTH, 3]`` -> log-probabilities of both classes ``[phrases, 2]``.

    A word of k qubits is a state :math:`|w\rangle = U_w |0\rangle^{\otimes k}`: a noun three
    rotations, any other word an IQP circuit. Where two simple types contract, their qubits are
    projected onto :math:`\langle 00| + \langle 11|`. One qubit is left, in the state a, and

    .. math:: p_c = |a_c|^2 / (|a_0|^2 + |a_1|^2)

    Source: Lorenz et al. 2021, arXiv 2102.12846.
    """

    def __init__(self, language: Language, layers: int, *, rngs: nnx.Rngs):
        self.groups = tuple(language.groups().items())
        for qubits, count in self.groups:
            angles = jax.random.uniform(rngs.params(), (count, *shape(qubits, layers)))
            setattr(self, f"words{qubits}", nnx.Param(angles))
        self.count = Count(jnp.zeros((), jnp.int32))

    def words(self) -> jax.Array:
        """The states of all words, ``[1 + words, 2**most]``; row 0 is that of no word."""
        size = 2 ** self.groups[-1][0]
        rows = [jnp.zeros((1, size), jnp.complex64).at[0, 0].set(1.0)]
        for qubits, _ in self.groups:
            states = jax.vmap(state)(getattr(self, f"words{qubits}")[...])
            rows.append(jnp.pad(states, ((0, 0), (0, size - 2**qubits))))
        return jnp.concatenate(rows)

    def __call__(self, tapes: jax.Array) -> jax.Array:
        words = self.words()
        return log_shares(jax.vmap(lambda steps: read(words, steps))(tapes))

    def seen(self, tapes: jax.Array) -> list[jax.Array]:
        """Which words are in some phrases, for each array of angles, ``[count, 1, ...]``."""
        total = sum(count for _, count in self.groups)
        present = jnp.zeros(total + 1).at[tapes[..., 0].reshape(-1)].set(1.0)
        ends = np.cumsum([count for _, count in self.groups])
        parts = jnp.split(present[1:], ends[:-1])
        return [
            part.reshape(-1, *(1 for _ in shape(qubits, 1)))
            for (qubits, _), part in zip(self.groups, parts, strict=True)
        ]


def log_shares(amplitudes: jax.Array) -> jax.Array:
    """Logarithms of what is measured on the last qubit, ``[..., 2]``."""
    weights = amplitudes.real**2 + amplitudes.imag**2 + SMALL
    return jnp.log(weights / weights.sum(-1, keepdims=True))


def shape(qubits: int, layers: int) -> tuple[int, ...]:
    """The shape of a word's angles."""
    return (3,) if qubits == 1 else (layers, qubits - 1)


def spell(circuit: qjax.Circuit, angles: jax.Array, qubits: Sequence[int]) -> qjax.Circuit:
    """Adds a word's circuit on some qubits; angles are in turns."""
    turns = 2 * jnp.pi * angles
    if len(qubits) == 1:
        return circuit.rx(turns[0], qubits[0]).rz(turns[1], qubits[0]).rx(turns[2], qubits[0])

    def layer(circuit: qjax.Circuit, ladder: jax.Array) -> qjax.Circuit:
        return circuit.h(qubits).crz(ladder, qubits[:-1], qubits[1:])

    return circuit.repeat(layer, turns).h(qubits)


def state(angles: jax.Array) -> jax.Array:
    """The state of a word with angles ``[3]`` or ``[layers, qubits - 1]``."""
    qubits = 1 if angles.ndim == 1 else angles.shape[-1] + 1
    return qjax.statevector(spell(qjax.Circuit(qubits), angles, range(qubits)))


def read(words: jax.Array, steps: jax.Array) -> jax.Array:
    """The amplitudes of the qubit that is left of a phrase, ``[2]``.

    Args:
        words: States of words.
        steps: The tape of the phrase, ``[LENGTH, 3]``.
    """
    most = min(WIRES, (words.shape[1] - 1).bit_length())
    after = np.arange(2**WIRES, dtype=np.int32)[:, None]
    met = np.arange(2**most, dtype=np.int32)[None, :]

    def step(stack: jax.Array, entry: jax.Array) -> tuple[jax.Array, None]:
        word, closed, opened = entry
        ours = (jnp.asarray(_turned(most))[closed] << opened)[None] | after & ((1 << opened) - 1)
        theirs = (after >> opened) << closed | met
        there = (met < 1 << closed) & (theirs < 2**WIRES)
        products = words[word][ours] * stack[theirs % 2**WIRES]
        return jnp.where(there, products, 0).sum(1), None

    start = jnp.zeros(2**WIRES, words.dtype).at[0].set(1.0)
    return jax.lax.scan(step, start, steps)[0][:2]


def _turned(most: int) -> np.ndarray:
    """Numbers with their lowest bits in reverse order, ``[bits, 2**most]``.

    The qubit on top is the lowest bit of the stack, and meets the highest bit of the word.
    """
    rows = [
        [sum((j >> i & 1) << (bits - 1 - i) for i in range(bits)) for j in range(2**most)]
        for bits in range(most + 1)
    ]
    return np.array(rows, np.int32)


def circuit(model: PhraseModel, language: Language, phrase: Parse) -> qjax.Circuit:
    """The circuit that a quantum computer would run: all words, and Bell effects.

    The phrase's qubit is kept where all others are measured as 0.
    """
    entries = language.entries()
    angles = [a for q, _ in model.groups for a in np.asarray(getattr(model, f"words{q}")[...])]
    whole = qjax.Circuit(sum(language.size(text) for text in phrase.types))
    first: list[int] = []  # The qubit of each simple type; -1 where it has none.
    used = 0
    for entry in zip(phrase.words, phrase.types, strict=True):
        size = language.size(entry[1])
        whole = spell(whole, angles[entries.index(entry)], range(used, used + size))
        for kind in read_type(entry[1]):
            first.append(used if language.qubits[kind.basic] else -1)
            used += language.qubits[kind.basic]
    for left, right in phrase.cups:
        if first[left] >= 0:
            whole = whole.cx(first[left], first[right]).h(first[left])
    return whole
