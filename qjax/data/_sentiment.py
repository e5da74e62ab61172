"""Sentences from a small probabilistic grammar, with their sentiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from qjax.data._split import Examples, Split

_DETERMINERS = ("the", "this")
_NOUNS = ("film", "plot", "music", "cast", "story", "scene")
_COPULAS = ("is", "was")
_STRENGTHS = {"very": 2.0, "really": 2.0, "slightly": 0.5, "rather": 0.5}
_PRAISE = ("good", "great", "funny", "warm", "clever", "fine", "fresh", "bright")
_BLAME = ("bad", "awful", "sad", "cold", "silly", "dull", "weak", "slow")
_CLAUSES = (0.25, 0.55, 0.2)  # Probabilities of one, two and three clauses.

SENTIMENT_WORDS: tuple[str, ...] = (
    "",  # What pads a sentence.
    *_DETERMINERS,
    *_NOUNS,
    *_COPULAS,
    "not",
    *_STRENGTHS,
    *_PRAISE,
    *_BLAME,
    "and",
    "but",
)
"""The words of `sentiment` by their number; number 0 pads."""


def sentiment(
    *, length: int = 8, train: int = 1000, valid: int = 500, test: int = 1000, seed: int = 0
) -> Split:
    r"""Returns sentences from a small grammar, labelled by their sentiment.

    With the probabilities in brackets,

        SENTENCE    -> CLAUSE (CONJUNCTION CLAUSE)*    one clause [.25], two [.55], three [.2]
        CLAUSE      -> SUBJECT DESCRIPTION             later clauses: DESCRIPTION alone [.5]
        SUBJECT     -> DETERMINER NOUN COPULA [.5] | NOUN COPULA [.5]
        DESCRIPTION -> ("not" [.35]) (STRENGTH [.4]) ADJECTIVE
        CONJUNCTION -> "but" [.5] | "and" [.5]

    and all words of a kind equally likely, for example "the film is not very good but warm". A
    description is worth +1 or -1 by its adjective, twice that with "very" or "really", half of it
    with "slightly" or "rather", and "not" turns its sign. After a "but" nothing before it counts;
    what is joined by "and" adds up. The label is 1 where the sum is positive. Sentences whose
    sum is 0, that are too long or that were drawn before are drawn again: no sentence is in
    two parts, and counting words is not enough to tell the label.

    Args:
        length: Most words of a sentence, at least 4; shorter ones are padded at the end by 0.
        train: Number of sentences to learn from.
        valid: Number of sentences to choose by.
        test: Number of sentences to report on.
        seed: Seed of the sentences.

    Returns:
        A `Split` of `Examples` with `inputs` int32 `[n, length]`, numbers of `SENTIMENT_WORDS`,
        and `labels` int32 `[n]`, 0 or 1.

    Raises:
        ValueError: If `length` is below 4, a part is empty, or there are not as many sentences.

    Example:
        >>> from qjax.data import SENTIMENT_WORDS, sentiment
        >>> part = sentiment(train=2, valid=1, test=1).train
        >>> part.inputs.shape, part.labels.shape
        ((2, 8), (2,))
    """
    for name, value, least in (
        ("length", length, 4),
        ("train", train, 1),
        ("valid", valid, 1),
        ("test", test, 1),
    ):
        if value < least:
            raise ValueError(f"Argument `{name}` must be at least {least}, but is {value}.")
    number = {word: i for i, word in enumerate(SENTIMENT_WORDS)}
    rng = np.random.default_rng(seed)
    labels: dict[tuple[int, ...], int] = {}
    repeated = 0
    while len(labels) < train + valid + test:
        words, worth = _sentence(rng)
        if len(words) > length or worth == 0:
            continue
        tokens = tuple(number[word] for word in words) + (0,) * (length - len(words))
        repeated = repeated + 1 if tokens in labels else 0
        if repeated > 50:
            raise ValueError(
                f"Arguments `train`, `valid` and `test` must ask for fewer sentences of {length} "
                f"words: only {len(labels)} different ones were found."
            )
        labels[tokens] = int(worth > 0)
    inputs, targets = np.array(list(labels), np.int32), np.array(list(labels.values()), np.int32)
    ends = np.cumsum([train, valid])
    parts = zip(np.split(inputs, ends), np.split(targets, ends), strict=True)
    return Split(*(Examples(*part) for part in parts))


def sentiment_tokens(sentences: Sequence[str], length: int = 8) -> np.ndarray:
    """Returns sentences as numbers of `SENTIMENT_WORDS`, padded at the end.

    Args:
        sentences: Words separated by spaces.
        length: Words that there is room for.

    Returns:
        Int32 `[sentences, length]`.

    Raises:
        ValueError: If a word is unknown or a sentence too long.

    Example:
        >>> from qjax.data import sentiment_tokens
        >>> sentiment_tokens(["film is not bad"]).tolist()
        [[3, 9, 11, 24, 0, 0, 0, 0]]
    """
    tokens = np.zeros((len(sentences), length), np.int32)
    for row, sentence in zip(tokens, sentences, strict=True):
        words = sentence.split()
        if len(words) > length:
            raise ValueError(
                f"Argument `sentences` must have at most {length} words each, but {sentence!r} "
                f"has {len(words)}."
            )
        for place, word in enumerate(words):
            if word not in SENTIMENT_WORDS:
                raise ValueError(
                    "Argument `sentences` must use the words of `SENTIMENT_WORDS`, "
                    f"but has {word!r}."
                )
            row[place] = SENTIMENT_WORDS.index(word)
    return tokens


def _sentence(rng: np.random.Generator) -> tuple[list[str], float]:
    """A sentence, and what it is worth."""
    words, total = _clause(rng, first=True)
    for _ in range(rng.choice(len(_CLAUSES), p=_CLAUSES)):
        contrast = rng.random() < 0.5
        more, worth = _clause(rng, first=False)
        words += ["but" if contrast else "and", *more]
        total = worth if contrast else total + worth
    return words, total


def _clause(rng: np.random.Generator, *, first: bool) -> tuple[list[str], float]:
    subject = list(_subject(rng)) if first or rng.random() < 0.5 else []
    negated, strengthened = rng.random() < 0.35, rng.random() < 0.4
    praise = rng.random() < 0.5
    adjective = _any(rng, _PRAISE if praise else _BLAME)
    worth = 1.0 if praise else -1.0
    words = ["not"] if negated else []
    if strengthened:
        words.append(_any(rng, tuple(_STRENGTHS)))
        worth *= _STRENGTHS[words[-1]]
    return [*subject, *words, adjective], -worth if negated else worth


def _subject(rng: np.random.Generator) -> Iterator[str]:
    if rng.random() < 0.5:
        yield _any(rng, _DETERMINERS)
    yield _any(rng, _NOUNS)
    yield _any(rng, _COPULAS)


def _any(rng: np.random.Generator, words: Sequence[str]) -> str:
    return words[int(rng.integers(len(words)))]
