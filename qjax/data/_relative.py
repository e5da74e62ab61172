"""Noun phrases with a relative clause, with the pregroup types of their words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qjax.circuit import errors
from qjax.data._meaning import NOUN, VERB
from qjax.data._split import Examples, Split

_THAT = ("n.r n s.l n", "n.r n n.l.l s.l")  # The noun is the verb's subject, or its object.

_NOUNS = {
    "person": "person player woman scientist soldier sailor teacher astronomer archaeologist "
    "batsman batter pitcher shepherd student monk artist child husband officer farmer people "
    "audience family police",
    "group": "organization church team company school government fleet",
    "vehicle": "vehicle train ship vessel",
    "place": "building room island port river star",
    "thing": "device document material fuel water air engine",
    "event": "activity phenomenon quality election festival excavation movement time run",
    "animal": "mammal horse species",
}
_HEADS = frozenset(
    "activity building device document mammal material organization person phenomenon player "
    "quality room scientist vehicle woman".split()
)
# Kinds of nouns that do, verbs, kinds of nouns that it is done to.
_VERBS = (
    ("person group", "establish join support represent serve leave", "group"),
    ("person", "teach love raise face", "person"),
    ("person group", "build own visit discover study", "place"),
    ("person", "wear play publish submit use offer sell keep", "thing"),
    ("vehicle", "carry transport haul pull require", "thing animal"),
    ("vehicle", "enter cross", "place"),
    ("place", "house hold contain include have fill", "person thing"),
    ("event", "reflect increase feature control allow share", "event group"),
    ("event animal", "attract remove lose show take", "person"),
    ("animal vehicle", "attack strike hit destroy replace", "animal vehicle"),
    ("person group", "achieve win", "event"),
)
_OBJECTS = 65 / 105  # Share of the phrases whose noun is the verb's object.

RELATIVE_WORDS: dict[str, tuple[str, ...]] = {
    "": (),
    **dict.fromkeys(" ".join(_NOUNS.values()).split(), NOUN),
    **dict.fromkeys(" ".join(verbs for _, verbs, _ in _VERBS).split(), VERB),
    "that": _THAT,
}
"""The words of `relative_pronouns` in order of their number, with their pregroup types."""


def relative_pronouns(*, train: int = 74, valid: int = 31, test: int = 31, seed: int = 0) -> Split:
    r"""Returns noun phrases "NOUN that NOUN VERB" (label 1) or "NOUN that VERB NOUN" (label 0).

    For example "building that astronomer own" and "woman that raise child": the question is
    whether the first noun is what the verb is done to or who does it. The first noun is one of 15
    general ones; a verb takes kinds of nouns that can do it and have it done to them, so that
    words alone say something about the answer, but order says all. Of every part 65 in 105 have
    label 1. No phrase is drawn twice; many words of one part are not in another.

    Args:
        train: Number of phrases to learn from.
        valid: Number of phrases to choose by.
        test: Number of phrases to report on.
        seed: Seed of the draw.

    Returns:
        A `Split` of `Examples` with `inputs` int32 `[n, 4]`, numbers of `RELATIVE_WORDS`, and
        `labels` int32 `[n]`, ordered at random.

    Raises:
        ValueError: If a part is empty or there are not as many phrases.

    References:
        Lorenz et al. 2021, arXiv 2102.12846, section 6: the task, its 115 words, shares and sizes,
        from phrases of Rimell et al. 2016. Which verb takes which nouns is this module's own; the
        published data has no `valid` part.

    Example:
        >>> from qjax.data import RELATIVE_WORDS, relative_pronouns
        >>> part = relative_pronouns().train
        >>> words = list(RELATIVE_WORDS)
        >>> " ".join(words[number] for number in part.inputs[0]), int(part.labels[0])
        ('material that vessel pull', 1)
    """
    errors.all_positive(train=train, valid=valid, test=test)
    number = {word: i for i, word in enumerate(RELATIVE_WORDS)}
    rng = np.random.default_rng(seed)
    frames, seen = list(_frames()), set[tuple[str, ...]]()
    parts = []
    for count in (train, valid, test):
        labels = (np.arange(count) < round(_OBJECTS * count)).astype(np.int32)
        phrases = [_phrase(rng, frames, bool(label), seen) for label in labels]
        inputs = np.array([[number[word] for word in phrase] for phrase in phrases], np.int32)
        order = rng.permutation(count)
        parts.append(Examples(inputs[order], labels[order]))
    return Split(*parts)


def _phrase(
    rng: np.random.Generator,
    frames: list[tuple[list[str], list[str], str]],
    of_object: bool,
    seen: set[tuple[str, ...]],
) -> tuple[str, ...]:
    """A phrase that was not seen before."""
    for _ in range(1000):
        doers, done_to, verb = frames[rng.integers(len(frames))]
        first, second = (done_to, doers) if of_object else (doers, done_to)
        head = str(rng.choice([noun for noun in first if noun in _HEADS]))
        other = str(rng.choice([noun for noun in second if noun != head]))
        phrase = (head, "that", *((other, verb) if of_object else (verb, other)))
        if phrase not in seen:
            seen.add(phrase)
            return phrase
    raise ValueError("Arguments `train`, `valid` and `test` must ask for fewer phrases.")


def _frames() -> Iterator[tuple[list[str], list[str], str]]:
    """Who can do it, whom it is done to, and each verb."""
    for doers, verbs, done_to in _VERBS:
        for verb in verbs.split():
            yield _of_kinds(doers), _of_kinds(done_to), verb


def _of_kinds(kinds: str) -> list[str]:
    return [noun for kind in kinds.split() for noun in _NOUNS[kind].split()]
