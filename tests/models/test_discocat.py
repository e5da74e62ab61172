"""Reductions by hand, phrases against a contraction in NumPy, one program for any structure."""

import dataclasses
import functools

import jax
import numpy as np
import pytest
from flax import nnx

import qjax
from models.discocat import (
    METRIC,
    VARIANTS,
    Config,
    evaluate,
    features,
    predict,
    text,
    train,
)
from models.discocat.grammar import parse, read_type
from models.discocat.model import PhraseModel, circuit
from models.discocat.spsa import Count, descent, spsa
from models.discocat.tape import Language, tapes
from models.discocat.task import LANGUAGES, TASKS, make
from models.hybrid_digits.task import logits
from qjax.data import MEANING_WORDS, PARAGRAPH_WORDS, RELATIVE_WORDS, meaning_classification
from qjax.train import Workspace
from tests import oracle

TINY = VARIANTS["tiny"]
LEXICON = {**MEANING_WORDS, **RELATIVE_WORDS}

# A phrase, its type, the contractions worked out by hand, and the same as indices of tensors.
PHRASES = {
    "man cooks dinner": ("s", ((0, 1), (3, 4)), "a,asb,b->s"),
    "skillful man cooks tasty meal": (
        "s",
        ((1, 2), (0, 3), (5, 6), (7, 8)),
        "am,m,asb,bd,d->s",
    ),
    "woman that raise child": ("n", ((0, 1), (4, 5), (3, 6), (7, 8)), "a,ahtb,btc,c->h"),
    "building that astronomer own": (
        "n",
        ((0, 1), (5, 6), (4, 7), (3, 8)),
        "a,ahct,b,btc->h",
    ),
}
# Sentences have a qubit; the tapes are then of both kinds of phrases.
LANGUAGE = Language(LEXICON, "s", {"n": 1, "s": 1})


@pytest.mark.parametrize("phrase", PHRASES)
def test_reductions_are_those_by_hand(phrase):
    target, cups, _ = PHRASES[phrase]
    assert parse(phrase.split(), LEXICON, target).cups == cups


def test_pronouns_have_the_type_that_reduces():
    subject = parse("woman that raise child".split(), LEXICON, "n").types[1]
    object_ = parse("building that astronomer own".split(), LEXICON, "n").types[1]
    assert (subject, object_) == ("n.r n s.l n", "n.r n n.l.l s.l")
    nested = "man that cooks tasty dinner runs program".split()
    cups = ((0, 1), (4, 5), (3, 6), (7, 8), (9, 10), (2, 11), (13, 14))
    assert parse(nested, LEXICON, "s").cups == cups


def test_phrases_that_do_not_reduce():
    with pytest.raises(ValueError, match="'man dinner cooks' does not reduce to s .*cooks: n.r s"):
        parse("man dinner cooks".split(), LEXICON, "s")
    with pytest.raises(ValueError, match="Unknown word 'eats'"):
        parse("man eats dinner".split(), LEXICON, "s")
    with pytest.raises(ValueError, match="has 'n.x'"):
        read_type("n.r n.x")
    language = LANGUAGES["meaning"]
    with pytest.raises(ValueError, match="at most 8 words"):
        tapes(language, [["skillful"] * 6 + ["man", "cooks", "meal"]])
    with pytest.raises(ValueError, match="at most 4 qubits"):
        tapes(
            LANGUAGES["pronouns"],
            ["building that person that student love own".split()],
        )


def tensor(model, word, kind):
    """A word's state from its definition, one axis a qubit."""
    entries = LANGUAGE.entries()
    place = entries.index((word, kind))
    size = LANGUAGE.size(kind)
    first = [LANGUAGE.size(other) for _, other in entries].index(size)
    angles = 2 * np.pi * np.asarray(getattr(model, f"words{size}")[...], float)[place - first]
    if size == 1:
        ops = [(g, (a,), (0,)) for g, a in zip(("rx", "rz", "rx"), angles, strict=True)]
    else:
        row = [("h", (), (q,)) for q in range(size)]
        ops = []
        for ladder in angles:
            ops += row + [("crz", (a,), (q, q + 1)) for q, a in enumerate(ladder)]
        ops += row
    return oracle.statevector(size, ops).reshape((2,) * size)


@pytest.fixture(scope="module")
def spoken():
    return PhraseModel(LANGUAGE, 2, rngs=nnx.Rngs(3))


def amplitudes(model, phrase):
    """The qubit that is left of a phrase, by a contraction."""
    target, _, indices = PHRASES[phrase]
    found = parse(phrase.split(), LEXICON, target)
    entries = zip(found.words, found.types, strict=True)
    return np.einsum(indices, *(tensor(model, *entry) for entry in entries))


def read(model, phrases):
    """Probabilities of phrases by one call of the model."""
    steps = [tapes(LANGUAGE._replace(target=PHRASES[p][0]), [p.split()])[0] for p in phrases]
    return np.exp(logits(model, np.stack(steps)))


def test_phrases_are_contracted_tensors_and_other_structures_compile_nothing(spoken, compilations):
    first, second = list(PHRASES)[::2], list(PHRASES)[1::2]
    found = dict(zip(first, read(spoken, first), strict=True))
    seen = len(compilations)
    found |= dict(zip(second, read(spoken, second), strict=True))
    assert len(compilations) == seen > 0
    for phrase, shares in found.items():
        weights = np.abs(amplitudes(spoken, phrase)) ** 2
        np.testing.assert_allclose(shares, weights / weights.sum(), atol=2e-5)


def test_circuits_have_bell_effects(spoken):
    """All qubits but that of the sentence are measured as 0: 1 / sqrt(2) for each contraction."""
    found = parse("man cooks dinner".split(), LEXICON, "s")
    whole = np.asarray(qjax.statevector(circuit(spoken, LANGUAGE, found))).reshape((2,) * 5)
    left = whole[0, 0, :, 0, 0]
    np.testing.assert_allclose(2 * left, amplitudes(spoken, "man cooks dinner"), atol=2e-5)


def test_tapes_by_hand():
    """Each step: the word, its qubits that meet those on top, and those that are left."""
    language = LANGUAGES["pronouns"]
    number = {word: i for i, (word, _) in enumerate(language.entries(), start=1)}
    that = len(number)  # The last two words are both kinds of "that", subject first.
    steps = tapes(language, ["woman that raise child".split()])[0]
    expected = [(number["woman"], 0, 1), (that, 1, 2), (number["raise"], 1, 1)]
    np.testing.assert_array_equal(steps[:4], [*expected, (number["child"], 1, 0)])
    steps = tapes(language, ["building that astronomer own".split()])[0]
    expected = [(that + 1, 1, 2), (number["astronomer"], 0, 1), (number["own"], 2, 0)]
    np.testing.assert_array_equal(steps[1:5], [*expected, (0, 0, 0)])


class Line(nnx.Module):
    def __init__(self, values, count):
        self.values = nnx.Param(values)
        self.count = Count(count)


@functools.partial(jax.jit, static_argnums=0)
@functools.partial(jax.vmap, in_axes=(None, None, 0, 0))
def slopes(loss, values, count, key):
    """Value, gradient and next count, as a trainer has them, for each count and key."""
    structure, params, rest = nnx.split(Line(values, count), nnx.Param, ...)

    def of(params):
        current = nnx.merge(structure, params, rest, copy=True)
        return loss(current, None, key)[0], current.count[...]

    (value, count), grads = jax.value_and_grad(of, has_aux=True)(params)
    return value, jax.tree.leaves(grads)[0], count


def test_spsa_is_right_on_average_and_leaves_alone_what_is_not_seen():
    weights = np.array([1.0, -2.0, 0.5, 3.0], np.float32)
    mask = np.array([1.0, 1.0, 0.0, 1.0], np.float32)

    def loss(model, batch, key):
        return model.values[...] @ weights + 7.0, {}

    estimate = spsa(loss, 0.1, lambda model, batch: [mask])
    keys = jax.random.split(jax.random.key(0), 4000)
    values, grads, _ = slopes(estimate, np.ones(4, np.float32), np.zeros(4000, np.int32), keys)
    np.testing.assert_allclose(values, 9.5, atol=1e-4)
    # Of a linear loss an estimate is the weights times the signs, with the signs once more.
    np.testing.assert_allclose(np.mean(grads, 0), weights * mask, atol=0.25)
    assert (np.asarray(grads)[:, 2] == 0).all()


def test_perturbations_and_steps_become_smaller():
    """With a cube, at 0, the estimate is the square of the perturbation."""
    k = np.array([1, 2, 3])
    estimate = spsa(
        lambda model, batch, key: ((model.values[...] ** 3).sum(), {}),
        0.2,
        lambda model, batch: [np.ones(1, np.float32)],
    )
    keys = jax.random.split(jax.random.key(0), 3)
    _, grads, counts = slopes(estimate, np.zeros(1, np.float32), k.astype(np.int32) - 1, keys)
    np.testing.assert_allclose(grads[:, 0], (0.2 / k**0.101) ** 2, rtol=1e-5)
    np.testing.assert_array_equal(counts, k)
    steps = descent(0.5, 2.0)
    state = steps.init(np.zeros(1, np.float32))
    for number in k:
        update, state = steps.update(np.ones(1, np.float32), state)
        np.testing.assert_allclose(update, -0.5 / (number + 2.0) ** 0.602, rtol=1e-5)


def test_tiny_learns_reports_and_predicts(tmp_path):
    run = Workspace(tmp_path / "run", TINY)
    train(TINY, run)
    results = evaluate(TINY, run)
    assert results["parameters"] == 9 * 3 + 3 * 1 + 5 * 2
    assert results[METRIC] > 0.7 and results["baseline_accuracy"] > 0.7
    assert 0 <= results["spsa_test_accuracy"] <= 1
    test = meaning_classification().test
    assert test.inputs.shape[1] == features(TINY) == 4
    columns = predict(TINY, run, test.inputs)
    assert np.mean(columns["label"] == test.labels) == pytest.approx(results[METRIC])
    np.testing.assert_array_equal(columns["label"], columns["p1"] > 0.5)
    with pytest.raises(ValueError, match="integers from 0 to 17"):
        predict(TINY, run, test.inputs + 0.5)
    figures = sorted(path.name for path in run.path.glob("*.png"))
    assert figures == ["adam.png", "spsa.png", "training.png"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"task": "riddles"}, "`task` must be one of meaning, pronouns"),
        ({"spsa_c": 0.0}, "`spsa_c` must be above 0"),
        ({"layers": 0}, "`layers` must be at least 1"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Config(**settings)


def test_paragraphs_are_states_of_all_nouns_and_whole_circuits(monkeypatch):
    monkeypatch.setattr(text, "FEWEST", 5)
    monkeypatch.setattr(text, "WIRES", 5)
    config = dataclasses.replace(TINY, task="paragraphs", layers=2)
    model, task = make(config, 5), TASKS["paragraphs"]
    sentences = [
        "skillful man cooks sauce".split(),
        "he bakes dinner".split(),
        "person prepares tasty meal".split(),
    ]
    alone, verbs = text.entries(PARAGRAPH_WORDS)

    def word(name, wire):
        angles = 2 * np.pi * np.asarray(model.alone[...])[alone.index(name)]
        return [(g, (a,), (wire,)) for g, a in zip(("rx", "rz", "rx"), angles, strict=True)]

    def joint(layers, wires):
        ops, k = [], len(wires)
        for w in 2 * np.pi * np.asarray(layers):
            ops += [("rx", (a,), (q,)) for a, q in zip(w[:k], wires, strict=True)]
            ops += [("rz", (a,), (q,)) for a, q in zip(w[k : 2 * k], wires, strict=True)]
            pairs = zip(w[2 * k :], wires[:-1], wires[1:], strict=True)
            ops += [("crx", (a,), (p, q)) for a, p, q in pairs]
        return ops

    def verb(name, *wires):
        return joint(model.verbs[...][verbs.index(name)], wires)

    nouns = ["man", "sauce", "dinner", "person", "meal"]
    ops = [op for wire, noun in enumerate(nouns) for op in word(noun, wire)]
    ops += verb("cooks before", 0, 1) + word("skillful", 0) + verb("cooks after", 0, 1)
    ops += verb("bakes", 0, 2)
    ops += verb("prepares before", 3, 4) + word("tasty", 4) + verb("prepares after", 3, 4)
    state = oracle.statevector(5, ops + joint(model.merge5[...], range(5)))
    expected = np.abs(state.reshape(2, -1)[:, 0]) ** 2
    steps = text.tapes([sentences], PARAGRAPH_WORDS)
    read = np.exp(logits(model, steps)[0])
    np.testing.assert_allclose(read, expected / expected.sum(), atol=3e-5)
    number = {name: i for i, name in enumerate(PARAGRAPH_WORDS)}
    row = [[number[name] for name in (*s, "")[:4]] for s in sentences]
    drawn = task.circuit(model, np.array(row, np.int32).reshape(-1))
    np.testing.assert_allclose(qjax.statevector(drawn), state, atol=1e-5)


def test_paragraphs_that_cannot_be_read():
    she = "she bakes dinner".split()
    with pytest.raises(ValueError, match="stands for nobody: she bakes dinner"):
        text.tapes([[she]], PARAGRAPH_WORDS)
    with pytest.raises(ValueError, match="4 to 6 nouns, but has 2"):
        text.tapes([["man bakes dinner".split()]], PARAGRAPH_WORDS)
