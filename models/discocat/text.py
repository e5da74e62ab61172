"""Paragraphs as text circuits: nouns are qubits that live through all sentences.

A noun is a qubit with a state of its own, an adjective a rotation of one, a verb a circuit on two;
where a noun of its sentence has an adjective a verb comes in two parts, before and after. A pronoun
is the subject of the sentence before. In the end a circuit on all nouns leaves one qubit: the
others are measured as 0. A paragraph is a tape: words and the wires that they act on.

Source: Coecke 2021, arXiv 1904.03478; the parts of verbs are those of lambeq's `sandwich`.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import qjax

from .grammar import Lexicon, parse
from .model import log_shares, spell

PRONOUNS = ("he", "she")
FEWEST, WIRES = 4, 6
"""Nouns of a paragraph."""
LENGTH = 16
"""Most steps of a paragraph, and one that says how many nouns it has."""

Step = tuple[str, int, int]  # A word and two wires; a noun or an adjective leaves the second alone.


def entries(lexicon: Lexicon) -> tuple[list[str], list[str]]:
    """Returns the words of one qubit, and those of two: verbs whole, and before and after."""
    kinds = {word: types[0] for word, types in lexicon.items() if types}
    alone = [word for word, kind in kinds.items() if "s" not in kind and word not in PRONOUNS]
    verbs = [word for word, kind in kinds.items() if "s" in kind]
    return alone, [f"{verb}{part}" for verb in verbs for part in ("", " before", " after")]


def steps(sentences: Sequence[Sequence[str]], lexicon: Lexicon) -> tuple[list[Step], int]:
    """Returns what words do in a paragraph, and how many nouns it has.

    Raises:
        ValueError: If a sentence does not reduce, a pronoun stands for nobody, or the nouns are too
            few or too many.
    """
    found: list[Step] = []
    nouns, subject = 0, -1
    for sentence in sentences:
        parse(sentence, lexicon, "s")
        wires: list[int] = []
        adjectives: list[tuple[str, int]] = []  # Each with the place of its noun.
        verb = ""
        for word in sentence:
            kind = lexicon[word][0]
            if word in PRONOUNS:
                wires.append(subject)
            elif kind == "n":
                found.append((word, nouns, int(nouns == 0)))
                wires.append(nouns)
                nouns += 1
            elif kind == "n n.l":
                adjectives.append((word, len(wires)))
            else:
                verb = word
        one, two = wires
        if min(wires) < 0:
            raise ValueError(f"A pronoun stands for nobody: {' '.join(sentence)}")
        if adjectives:
            changes = [(word, wires[i], int(wires[i] == 0)) for word, i in adjectives]
            found += [(f"{verb} before", one, two), *changes, (f"{verb} after", one, two)]
        else:
            found.append((verb, one, two))
        subject = one
    if not FEWEST <= nouns <= WIRES:
        raise ValueError(f"A paragraph must have {FEWEST} to {WIRES} nouns, but has {nouns}.")
    return found, nouns


def tapes(paragraphs: Sequence[Sequence[Sequence[str]]], lexicon: Lexicon) -> np.ndarray:
    """Returns paragraphs as int32 `[paragraphs, 1 + LENGTH, 3]`: nouns, then steps; zeros pad."""
    numbers = {word: i for i, word in enumerate(sum(entries(lexicon), []), start=1)}
    rows = np.zeros((len(paragraphs), 1 + LENGTH, 3), np.int32)
    rows[:, :, 2] = 1  # What pads has two wires as well.
    for row, sentences in zip(rows, paragraphs, strict=True):
        found, nouns = steps(sentences, lexicon)
        if len(found) > LENGTH:
            raise ValueError(f"A paragraph must have at most {LENGTH} steps, but has {len(found)}.")
        row[0, 0] = nouns
        row[1 : 1 + len(found)] = [(numbers[word], a, b) for word, a, b in found]
    return rows


def join(circuit: qjax.Circuit, angles: jax.Array, wires: Sequence[int]) -> qjax.Circuit:
    """Adds circuit 4 of Sim et al., arXiv 1905.10876, on some wires; angles are in turns."""
    k = len(wires)

    def layer(circuit: qjax.Circuit, w: jax.Array) -> qjax.Circuit:
        circuit = circuit.rx(w[:k], wires).rz(w[k : 2 * k], wires)
        return circuit.crx(w[2 * k :], wires[:-1], wires[1:])

    return circuit.repeat(layer, 2 * jnp.pi * angles)


class TextModel(nnx.Module):
    """Tapes ``[paragraphs, 1 + LENGTH, 3]`` -> log-probabilities of both classes."""

    def __init__(self, lexicon: Lexicon, layers: int, *, rngs: nnx.Rngs):
        alone, verbs = entries(lexicon)
        shapes = {"alone": (len(alone), 3), "verbs": (len(verbs), layers, 5)}
        for nouns in range(FEWEST, WIRES + 1):
            shapes[f"merge{nouns}"] = layers, 3 * nouns - 1
        for name, shape in shapes.items():
            setattr(self, name, nnx.Param(jax.random.uniform(rngs.params(), shape)))

    def words(self) -> jax.Array:
        """All words as matrices on two wires, ``[1 + words, 4, 4]``; 0 does nothing."""
        rotations = jax.vmap(lambda w: qjax.unitary(spell(qjax.Circuit(1), w, range(1))))(
            self.alone[...]
        )
        alone = jax.vmap(lambda u: jnp.kron(u, jnp.eye(2)))(rotations)
        verbs = jax.vmap(lambda w: qjax.unitary(join(qjax.Circuit(2), w, range(2))))(
            self.verbs[...]
        )
        return jnp.concatenate([jnp.eye(4, dtype=alone.dtype)[None], alone, verbs])

    def merges(self) -> jax.Array:
        """What the amplitudes of the last qubit are, by the number of nouns, ``[., 2, 2**6]``."""
        rows = []
        for nouns in range(FEWEST, WIRES + 1):
            angles = getattr(self, f"merge{nouns}")[...]
            matrix = qjax.unitary(join(qjax.Circuit(nouns), angles, range(nouns)))
            kept = matrix.reshape(2, -1, 2**nouns)[:, 0]
            # Wires that are not used are 0.
            unused = [(0, 0)] * 2 + [(0, 2 ** (WIRES - nouns) - 1)]
            rows.append(jnp.pad(kept[..., None], unused).reshape(2, -1))
        return jnp.stack(rows)

    def __call__(self, tapes: jax.Array) -> jax.Array:
        words, merges = self.words(), self.merges()

        def one(tape: jax.Array) -> jax.Array:
            merge = merges[tape[0, 0] - FEWEST]
            return jnp.matmul(merge, run(words, tape[1:]), precision="highest")

        return log_shares(jax.vmap(one)(tapes))


def run(words: jax.Array, steps: jax.Array) -> jax.Array:
    """The state of all wires after a paragraph, ``[2**WIRES]``; wire 0 is the highest bit."""
    after = np.arange(2**WIRES, dtype=np.int32)

    def step(state: jax.Array, entry: jax.Array) -> tuple[jax.Array, None]:
        word, a, b = entry
        high, low = WIRES - 1 - a, WIRES - 1 - b
        rest = after & ~(1 << high | 1 << low)
        rows = words[word][2 * (after >> high & 1) + (after >> low & 1)]
        pair = np.arange(4, dtype=np.int32)[None]
        before = rest[:, None] | (pair >> 1) << high | (pair & 1) << low
        return (rows * state[before]).sum(1), None

    start = jnp.zeros(2**WIRES, words.dtype).at[0].set(1.0)
    return jax.lax.scan(step, start, steps)[0]


def circuit(model: TextModel, sentences: Sequence[Sequence[str]], lexicon: Lexicon) -> qjax.Circuit:
    """The circuit that a quantum computer would run; qubit 0 is kept where all others are 0."""
    found, nouns = steps(sentences, lexicon)
    alone, verbs = entries(lexicon)
    angles = {
        **dict(zip(alone, _rows(model.alone), strict=True)),
        **dict(zip(verbs, _rows(model.verbs), strict=True)),
    }
    whole = qjax.Circuit(nouns)
    for word, a, b in found:
        if word in alone:
            whole = spell(whole, angles[word], (a,))
        else:
            whole = join(whole, angles[word], (a, b))
    return join(whole, getattr(model, f"merge{nouns}")[...], range(nouns))


def _rows(param: nnx.Param) -> np.ndarray:
    return np.asarray(param[...])
