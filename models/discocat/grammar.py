"""Pregroup grammar: types of words, and how a phrase reduces to a type.

A type is a row of simple types such as `n.r s n.l`: a basic type and how often it is adjoined, to
the right (`.r`, +1) or to the left (`.l`, -1). Neighbours x and x.r contract, as do x.l and x; a
phrase is grammatical if contractions that do not cross leave the type that is wanted.

Source: Lambek 1999; Coecke, Sadrzadeh and Clark 2010, arXiv 1003.4394.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Lexicon = Mapping[str, tuple[str, ...]]  # The types that a word may have.
Cups = tuple[tuple[int, int], ...]


class Simple(NamedTuple):
    """A simple type: `n.l.l` is `Simple("n", -2)`."""

    basic: str
    adjoint: int


class Parse(NamedTuple):
    """A phrase that reduces.

    Attributes:
        words: Its words.
        types: The type that each word has.
        cups: Pairs of simple types that contract, by their place in the phrase.
    """

    words: tuple[str, ...]
    types: tuple[str, ...]
    cups: Cups


def read_type(text: str) -> tuple[Simple, ...]:
    """Returns the simple types of a type, such as those of "n.r s n.l"."""
    simple = []
    for part in text.split():
        basic, *adjoints = part.split(".")
        if not basic or not set(adjoints) <= {"l", "r"}:
            raise ValueError(f"A type must be made of parts such as `n.r`, but has {part!r}.")
        simple.append(Simple(basic, adjoints.count("r") - adjoints.count("l")))
    return tuple(simple)


def parse(words: Sequence[str], lexicon: Lexicon, target: str) -> Parse:
    """Returns the first reduction of a phrase, over all types that its words may have.

    Args:
        words: The phrase.
        lexicon: Types of words.
        target: The type that is wanted.

    Raises:
        ValueError: If a word is not in the lexicon, or the phrase does not reduce.
    """
    for word in words:
        if not lexicon.get(word):
            raise ValueError(f"Unknown word {word!r}.")
    choices = [lexicon[word] for word in words]
    for types in itertools.product(*choices):
        cups = reduction([read_type(text) for text in types], read_type(target))
        if cups is not None:
            return Parse(tuple(words), types, cups)
    has = ", ".join(f"{word}: {' or '.join(t)}" for word, t in zip(words, choices, strict=True))
    raise ValueError(f"Phrase {' '.join(words)!r} does not reduce to {target} ({has}).")


def reduction(types: Sequence[tuple[Simple, ...]], target: tuple[Simple, ...]) -> Cups | None:
    """Returns the contractions that leave `target`, or None if there are none."""
    simple = [(word, kind) for word, kinds in enumerate(types) for kind in kinds]

    def after(place: int, waiting: tuple[int, ...], cups: Cups) -> Cups | None:
        if place == len(simple):
            return cups if tuple(simple[p][1] for p in waiting) == target else None
        if waiting:
            (left_word, left), (word, kind) = simple[waiting[-1]], simple[place]
            if word != left_word and kind == Simple(left.basic, left.adjoint + 1):
                found = after(place + 1, waiting[:-1], (*cups, (waiting[-1], place)))
                if found is not None:
                    return found
        return after(place + 1, (*waiting, place), cups)

    return after(0, (), ())
