"""Phrases as tapes: what a reader of the phrase does with a stack of qubits, a word a step.

Contractions that do not cross are those of a stack: the first qubits of a word meet those on top,
and the rest of its qubits come on top. A step is a word's number, how many of its qubits meet
others, and how many are left. Phrases of any structure are then rows of one array, and one
compiled program runs them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .grammar import Lexicon, Parse, parse, read_type

LENGTH = 8
"""Most words of a phrase."""
WIRES = 4
"""Most qubits on the stack."""


class Language(NamedTuple):
    """What phrases are made of, and what they mean.

    Attributes:
        lexicon: Types of words.
        target: Type of a phrase.
        qubits: Qubits of each basic type: 1, or 0 to leave it out.
    """

    lexicon: Lexicon
    target: str
    qubits: Mapping[str, int]

    def size(self, text: str) -> int:
        """Qubits of a type."""
        return sum(self.qubits[kind.basic] for kind in read_type(text))

    def entries(self) -> list[tuple[str, str]]:
        """Words with each of their types, those of few qubits first."""
        known = [(word, text) for word, types in self.lexicon.items() for text in types]
        return sorted(known, key=lambda entry: self.size(entry[1]))

    def groups(self) -> dict[int, int]:
        """How many entries there are of each number of qubits."""
        sizes = [self.size(text) for _, text in self.entries()]
        return {size: sizes.count(size) for size in sorted(set(sizes))}


def parses(language: Language, phrases: Sequence[Sequence[str]]) -> list[Parse]:
    """Returns how each phrase reduces."""
    return [parse(phrase, language.lexicon, language.target) for phrase in phrases]


def tapes(language: Language, phrases: Sequence[Sequence[str]]) -> np.ndarray:
    """Returns phrases as steps, int32 `[phrases, LENGTH, 3]`; zeros pad.

    Raises:
        ValueError: If a phrase does not reduce, is too long, or takes too many qubits.
    """
    numbers = {entry: i for i, entry in enumerate(language.entries(), start=1)}
    rows = np.zeros((len(phrases), LENGTH, 3), np.int32)
    for row, found in zip(rows, parses(language, phrases), strict=True):
        if len(found.words) > LENGTH:
            raise ValueError(f"A phrase must have at most {LENGTH} words: {' '.join(found.words)}")
        met = {right for _, right in found.cups}
        place = height = 0
        for i, (word, text) in enumerate(zip(found.words, found.types, strict=True)):
            simple = read_type(text)
            places = range(place, place + len(simple))
            sizes = [language.qubits[kind.basic] for kind in simple]
            closed = sum(size for size, p in zip(sizes, places, strict=True) if p in met)
            row[i] = numbers[word, text], closed, sum(sizes) - closed
            place += len(simple)
            height += sum(sizes) - 2 * closed
            if height > WIRES:
                raise ValueError(
                    f"A phrase must take at most {WIRES} qubits: {' '.join(found.words)}"
                )
    return rows
