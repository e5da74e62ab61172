"""Sentences about food or computing, and paragraphs of them, with the pregroup types of words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qjax.circuit import errors
from qjax.data._split import Examples, Split

_SUBJECTS = ("man", "woman", "person")
# Verbs, objects and the adjective of objects: of computing, then of food.
_TOPICS = (
    (("prepares", "runs", "debugs"), ("software", "application", "program"), "useful"),
    (("prepares", "cooks", "bakes"), ("sauce", "dinner", "meal"), "tasty"),
)
_SKILLFUL = "skillful"
NOUN, _ADJECTIVE, VERB = ("n",), ("n n.l",), ("n.r s n.l",)

MEANING_WORDS: dict[str, tuple[str, ...]] = {
    "": (),  # What pads a sentence.
    **dict.fromkeys(_SUBJECTS, NOUN),
    **dict.fromkeys((noun for _, nouns, _ in _TOPICS for noun in nouns), NOUN),
    **dict.fromkeys((_SKILLFUL, *(adjective for *_, adjective in _TOPICS)), _ADJECTIVE),
    **dict.fromkeys((verb for verbs, _, _ in _TOPICS for verb in verbs), VERB),
}
"""The words of `meaning_classification` in order of their number, with their pregroup types."""

PARAGRAPH_WORDS: dict[str, tuple[str, ...]] = {**MEANING_WORDS, "he": NOUN, "she": NOUN}
"""The words of `meaning_paragraphs` in order of their number, with their pregroup types."""


def meaning_classification(
    *, train: int = 70, valid: int = 30, test: int = 30, seed: int = 0
) -> Split:
    r"""Returns sentences about food (label 1) or computing (label 0).

    A sentence is SUBJECT VERB OBJECT, "skillful" SUBJECT VERB OBJECT or SUBJECT VERB ADJECTIVE
    OBJECT, for example "person cooks tasty meal". With three subjects, and three verbs, three
    objects and one adjective of each topic there are 81 sentences of either; "prepares" is a verb
    of both. As many of each are drawn, none twice, and put into parts at random.

    Args:
        train: Number of sentences to learn from.
        valid: Number of sentences to choose by.
        test: Number of sentences to report on.
        seed: Seed of the draw.

    Returns:
        A `Split` of `Examples` with `inputs` int32 `[n, 4]`, numbers of `MEANING_WORDS` that end
        with 0 where there is no adjective, and `labels` int32 `[n]`.

    Raises:
        ValueError: If a part is empty, or more than all 162 sentences are asked for.

    References:
        Lorenz et al. 2021, arXiv 2102.12846, section 6: the task, its words and its sizes. Their
        130 sentences are a draw from the same 162.

    Example:
        >>> from qjax.data import MEANING_WORDS, meaning_classification
        >>> part = meaning_classification().train
        >>> words = list(MEANING_WORDS)
        >>> " ".join(words[number] for number in part.inputs[0]), int(part.labels[0])
        ('skillful man debugs program', 0)
    """
    errors.all_positive(train=train, valid=valid, test=test)
    total = train + valid + test
    if total > 162:
        raise ValueError(
            "Arguments `train`, `valid` and `test` must add up to at most 162, the number of "
            f"sentences, but add up to {total}."
        )
    number = {word: i for i, word in enumerate(MEANING_WORDS)}
    rng = np.random.default_rng(seed)
    rows, labels = [], []
    for label, count in enumerate((total // 2, total - total // 2)):
        known = np.array([[number[word] for word in words] for words in _about(label)], np.int32)
        rows.append(known[rng.choice(len(known), count, replace=False)])
        labels.append(np.full(count, label, np.int32))
    order = rng.permutation(total)
    inputs, targets = np.concatenate(rows)[order], np.concatenate(labels)[order]
    parts = (np.split(array, np.cumsum([train, valid])) for array in (inputs, targets))
    return Split(*(Examples(*part) for part in zip(*parts, strict=True)))


def meaning_paragraphs(
    *, train: int = 180, valid: int = 60, test: int = 60, seed: int = 0
) -> Split:
    r"""Returns paragraphs of three sentences about food (label 1) or computing (label 0).

    The sentences of a paragraph are different ones of one topic. Those of each part are from that
    part of `meaning_classification`, so that no sentence is in two parts. A subject without an
    adjective that was the subject of the sentence before is "he" or "she" in half of all cases:
    "skillful man cooks dinner . he cooks sauce . person bakes tasty meal".

    Args:
        train: Number of paragraphs to learn from.
        valid: Number of paragraphs to choose by.
        test: Number of paragraphs to report on.
        seed: Seed of the draw.

    Returns:
        A `Split` of `Examples` with `inputs` int32 `[n, 12]`, numbers of `PARAGRAPH_WORDS`, four
        a sentence, and `labels` int32 `[n]`, as many of either.

    Raises:
        ValueError: If a part is empty.

    References:
        lambeq's documentation, "Training: DisCoCirc": the task and its sizes, by looking at its
        paragraphs.

    Example:
        >>> from qjax.data import PARAGRAPH_WORDS, meaning_paragraphs
        >>> part = meaning_paragraphs().train
        >>> words = list(PARAGRAPH_WORDS)
        >>> " ".join(words[number] for number in part.inputs[0] if number)
        'person bakes dinner he prepares meal man cooks tasty dinner'
    """
    errors.all_positive(train=train, valid=valid, test=test)
    sentences = meaning_classification(seed=seed)
    rng = np.random.default_rng([seed, 1])
    parts = []
    for count, known in (
        (train, sentences.train),
        (valid, sentences.valid),
        (test, sentences.test),
    ):
        labels = rng.permutation(np.arange(count) % 2).astype(np.int32)
        rows = [_paragraph(rng, known.inputs[known.labels == label]) for label in labels]
        parts.append(Examples(np.stack(rows), labels))
    return Split(*parts)


def _about(label: int) -> Iterator[tuple[str, str, str, str]]:
    """All sentences of a topic."""
    verbs, objects, adjective = _TOPICS[label]
    for subject in _SUBJECTS:
        for verb in verbs:
            for thing in objects:
                yield subject, verb, thing, ""
                yield _SKILLFUL, subject, verb, thing
                yield subject, verb, adjective, thing


def _paragraph(rng: np.random.Generator, known: np.ndarray) -> np.ndarray:
    number = {word: i for i, word in enumerate(PARAGRAPH_WORDS)}
    they = {"man": ("he",), "woman": ("she",), "person": ("he", "she")}
    pronouns = {number[noun]: [number[word] for word in words] for noun, words in they.items()}
    rows = known[rng.choice(len(known), 3, replace=False)]
    told = rows.copy()
    subjects = np.where(rows[:, 0] == number[_SKILLFUL], rows[:, 1], rows[:, 0])
    for i in (1, 2):
        if rows[i, 0] == subjects[i] == subjects[i - 1] and rng.random() < 0.5:
            told[i, 0] = rng.choice(pronouns[int(subjects[i])])
    return told.reshape(-1)
