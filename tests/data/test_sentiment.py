"""Sentences against a reader of its own: grammar, labels, parts, proportions."""

import re

import numpy as np
import pytest

from qjax.data import SENTIMENT_WORDS, sentiment, sentiment_tokens

GOOD = "good|great|funny|warm|clever|fine|fresh|bright"
BAD = "bad|awful|sad|cold|silly|dull|weak|slow"
SUBJECT = r"(?:(?:the|this) )?(?:film|plot|music|cast|story|scene) (?:is|was) "
DESCRIPTION = rf"(?:not )?(?:(?:very|really|slightly|rather) )?(?:{GOOD}|{BAD})"
SENTENCE = re.compile(rf"{SUBJECT}{DESCRIPTION}(?: (?:and|but) (?:{SUBJECT})?{DESCRIPTION}){{0,2}}")
CLAUSE = re.compile(rf"(not )?(very|really|slightly|rather)? ?({GOOD}|{BAD})$")


def text(tokens):
    return " ".join(SENTIMENT_WORDS[token] for token in tokens if token)


def worth(sentence):
    total = 0.0
    for clause in sentence.split(" but ")[-1].split(" and "):
        negation, strength, adjective = CLAUSE.search(clause).groups()
        value = 1 if adjective in GOOD.split("|") else -1
        value *= {None: 1, "very": 2, "really": 2}.get(strength, 0.5)
        total += -value if negation else value
    return total


@pytest.fixture(scope="module")
def parts():
    return sentiment()


def test_sentences_are_of_the_grammar_and_labels_are_their_worth(parts):
    for part in (parts.train, parts.valid, parts.test):
        assert part.inputs.dtype == part.labels.dtype == np.int32
        for tokens, label in zip(part.inputs, part.labels, strict=True):
            sentence = text(tokens)
            assert SENTENCE.fullmatch(sentence), sentence
            assert worth(sentence) != 0 and label == (worth(sentence) > 0)
            np.testing.assert_array_equal(sentiment_tokens([sentence])[0], tokens)


def test_no_sentence_is_twice(parts):
    every = np.concatenate([part.inputs for part in (parts.train, parts.valid, parts.test)])
    assert every.shape == (2500, 8)
    assert len(np.unique(every, axis=0)) == 2500


def test_proportions(parts):
    labels = np.concatenate([part.labels for part in (parts.train, parts.valid, parts.test)])
    assert abs(labels.mean() - 0.5) < 0.05
    sentences = [text(tokens) for tokens in sentiment(length=24, test=1000).test.inputs]
    clauses = np.array([1 + len(re.findall("and|but", sentence)) for sentence in sentences])
    # One clause is more often drawn twice, and a sum of zero needs two.
    np.testing.assert_allclose(np.bincount(clauses)[1:] / 1000, [0.25, 0.55, 0.2], atol=0.08)
    negations = sum(sentence.count("not") for sentence in sentences) / clauses.sum()
    assert abs(negations - 0.35) < 0.05


def test_the_seed_decides(parts):
    np.testing.assert_array_equal(sentiment(valid=1, test=1).train.inputs, parts.train.inputs)
    assert not np.array_equal(sentiment(seed=1).train.inputs, parts.train.inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 3}, "Argument `length` must be at least 4, but is 3"),
        ({"test": 0}, "Argument `test` must be at least 1, but is 0"),
        ({"length": 4, "train": 100_000}, "only [0-9]+ different ones"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        sentiment(**options)


def test_bad_sentences():
    with pytest.raises(ValueError, match="Argument `sentences` must use .* but has 'bank'"):
        sentiment_tokens(["bank is good"])
    with pytest.raises(ValueError, match="at most 3 words each, but 'film is not good' has 4"):
        sentiment_tokens(["film is not good"], 3)
