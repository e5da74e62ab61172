"""Sentences and phrases: their labels by another reading of them, their balance and splits."""

import numpy as np
import pytest

from qjax.data import (
    MEANING_WORDS,
    PARAGRAPH_WORDS,
    RELATIVE_WORDS,
    meaning_classification,
    meaning_paragraphs,
    relative_pronouns,
)

FOOD, COMPUTING = {"sauce", "dinner", "meal"}, {"software", "application", "program"}


def told(split, words):
    """All phrases of a split in words, each with its label."""
    words = list(words)
    parts = (split.train, split.valid, split.test)
    return [
        (tuple(words[number] for number in row if number), label)
        for part in parts
        for row, label in zip(part.inputs.tolist(), part.labels.tolist(), strict=True)
    ]


def test_meaning_is_that_of_the_object_and_all_sentences_are_drawn():
    split = meaning_classification(train=100, valid=31, test=31, seed=4)
    sentences = told(split, MEANING_WORDS)
    assert len({sentence for sentence, _ in sentences}) == 162 == 2 * 3 * 3 * 3 * 3
    for sentence, label in sentences:
        assert sentence[-1] in (COMPUTING, FOOD)[label]
        kinds = [MEANING_WORDS[word] for word in sentence]
        assert [kind for kind in kinds if kind != ("n n.l",)] == [("n",), ("n.r s n.l",), ("n",)]
        assert len(kinds) <= 4


def test_published_sizes_are_balanced():
    split = meaning_classification(seed=2)
    assert [len(part.labels) for part in (split.train, split.valid, split.test)] == [70, 30, 30]
    assert sum(label for _, label in told(split, MEANING_WORDS)) == 65
    again = meaning_classification(seed=2)
    np.testing.assert_array_equal(split.test.inputs, again.test.inputs)
    assert not np.array_equal(split.test.inputs, meaning_classification(seed=3).test.inputs)


def test_pronouns_are_told_by_order_and_words_are_as_many_as_published():
    split = relative_pronouns(seed=1)
    phrases = told(split, RELATIVE_WORDS)
    assert len(RELATIVE_WORDS) - 1 == 115
    assert len({phrase for phrase, _ in phrases}) == 74 + 31 + 31
    for (head, that, *rest), label in phrases:
        verb = "n.r s n.l"
        kinds = [RELATIVE_WORDS[word][0] for word in (head, *rest)]
        assert that == "that"
        assert kinds == (["n", "n", verb] if label else ["n", verb, "n"])
    assert [int(p.labels.sum()) for p in (split.train, split.test)] == [46, 19]


@pytest.mark.parametrize(
    ("draw", "options", "message"),
    [
        (meaning_classification, {"test": 0}, "`test` must be at least 1, but is 0"),
        (meaning_classification, {"train": 103}, "at most 162, .* add up to 163"),
        (relative_pronouns, {"valid": 0}, "`valid` must be at least 1"),
    ],
)
def test_bad_arguments(draw, options, message):
    with pytest.raises(ValueError, match=message):
        draw(**options)


def test_paragraphs_are_of_one_topic_and_pronouns_of_the_subject_before():
    split = meaning_paragraphs(seed=3)
    sentences = meaning_classification(seed=3)
    assert [len(part.labels) for part in (split.train, split.valid, split.test)] == [180, 60, 60]
    number = {word: i for i, word in enumerate(PARAGRAPH_WORDS)}
    they = {"he": {"man", "person"}, "she": {"woman", "person"}}
    words, said = list(PARAGRAPH_WORDS), 0
    for name in ("train", "valid", "test"):
        part, known = getattr(split, name), getattr(sentences, name)
        allowed = {
            tuple(row): label for row, label in zip(*map(np.ndarray.tolist, known), strict=True)
        }
        assert part.labels.mean() == 0.5
        for row, label in zip(part.inputs.reshape(-1, 3, 4).tolist(), part.labels, strict=True):
            before = None
            for sentence in row:
                first = words[sentence[0]]
                if first in they:
                    said += 1
                    assert before in they[first]
                    sentence = [number[before], *sentence[1:]]
                assert allowed[tuple(sentence)] == label
                before = words[sentence[1 if words[sentence[0]] == "skillful" else 0]]
    assert 10 < said < 150
