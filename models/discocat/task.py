"""The task: train words by exact gradients and by SPSA, test both once, report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import optax
from flax import nnx
from sklearn.linear_model import LogisticRegression

import qjax
from models.hybrid_digits.task import logits
from qjax import data
from qjax.nn import count_parameters
from qjax.plot import curves
from qjax.train import Loss, Workspace, cross_entropy

from . import text
from .config import Config
from .grammar import Lexicon
from .model import PhraseModel, circuit
from .spsa import descent, spsa
from .tape import Language, parses, tapes

PAPER = "Lorenz et al. 2021, arXiv 2102.12846"
METRIC = "test_accuracy"


class Task(NamedTuple):
    """Labelled phrases or paragraphs, and how they are read.

    Attributes:
        load: Returns them as rows of numbers of words, by seed.
        lexicon: The words.
        tapes: From rows to what the model reads.
        make: From a config and `nnx.Rngs` to the untrained model.
        circuit: From a model and a row to the circuit of what it says.
    """

    load: Callable[..., data.Split]
    lexicon: Lexicon
    tapes: Callable[[np.ndarray], np.ndarray]
    make: Callable[[Config, nnx.Rngs], nnx.Module]
    circuit: Callable[[Any, np.ndarray], qjax.Circuit]


def spelt(lexicon: Lexicon, rows: np.ndarray) -> list[list[str]]:
    """Returns the words of rows of numbers `[n, words]`; 0 is none."""
    words = list(lexicon)
    return [[words[number] for number in row if number] for row in rows.tolist()]


def _of_phrases(load: Callable[..., data.Split], language: Language) -> Task:
    lexicon = language.lexicon

    def drawn(model: Any, row: np.ndarray) -> qjax.Circuit:
        (found,) = parses(language, spelt(lexicon, row[None]))
        return circuit(model, language, found)

    return Task(
        load,
        lexicon,
        lambda rows: tapes(language, spelt(lexicon, rows)),
        lambda config, rngs: PhraseModel(language, config.layers, rngs=rngs),
        drawn,
    )


def _of_paragraphs(load: Callable[..., data.Split], lexicon: Lexicon) -> Task:
    def sentences(rows: np.ndarray) -> list[list[list[str]]]:
        return [spelt(lexicon, row.reshape(3, -1)) for row in rows]

    return Task(
        load,
        lexicon,
        lambda rows: text.tapes(sentences(rows), lexicon),
        lambda config, rngs: text.TextModel(lexicon, config.layers, rngs=rngs),
        lambda model, row: text.circuit(model, sentences(row[None])[0], lexicon),
    )


LANGUAGES = {
    "meaning": Language(data.MEANING_WORDS, "s", {"n": 1, "s": 1}),
    "pronouns": Language(data.RELATIVE_WORDS, "n", {"n": 1, "s": 0}),
}
TASKS = {
    "meaning": _of_phrases(data.meaning_classification, LANGUAGES["meaning"]),
    "pronouns": _of_phrases(data.relative_pronouns, LANGUAGES["pronouns"]),
    "paragraphs": _of_paragraphs(data.meaning_paragraphs, data.PARAGRAPH_WORDS),
}


class Way(NamedTuple):
    """How words are learnt."""

    optimizer: optax.GradientTransformation
    loss: Loss
    epochs: int
    batch_size: int


def ways(config: Config) -> dict[str, Way]:
    """Returns the ways to learn, by name."""
    adam = optax.adam(config.learning_rate)
    found = {"adam": Way(adam, cross_entropy, config.epochs, config.batch_size)}
    if config.spsa_epochs:
        estimate = spsa(cross_entropy, config.spsa_c, lambda model, batch: model.seen(batch[0]))
        steps = descent(config.spsa_a, config.spsa_stability)
        found["spsa"] = Way(steps, estimate, config.spsa_epochs, config.spsa_batch_size)
    return found


def make(config: Config, rngs: nnx.Rngs | int) -> Any:
    """Returns the untrained words drawn from `rngs`, or from those of a seed."""
    rngs = rngs if isinstance(rngs, nnx.Rngs) else nnx.Rngs(rngs)
    return TASKS[config.task].make(config, rngs)


def split(config: Config, seed: int = 0) -> data.Split:
    """Returns the phrases as tapes; they do not depend on the run's seed."""
    task = TASKS[config.task]
    told = task.load(seed=seed)
    parts = (told.train, told.valid, told.test)
    return data.Split(*(data.Examples(task.tapes(part.inputs), part.labels) for part in parts))


def train(config: Config, run: Workspace) -> None:
    """Trains the same words in each way, and draws their courses."""
    examples = split(config)
    histories = {}
    for name, way in ways(config).items():
        histories[name] = run.fit(
            name,
            make(config, config.seed),
            way.optimizer,
            way.loss,
            examples,
            epochs=way.epochs,
            batch_size=way.batch_size,
            seed=config.seed,
        ).history
    run.figure("training", curves(histories))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns accuracies of each way, beside logistic regression on counts of words."""
    examples = split(config)
    numbers: dict[str, float | int] = {}
    for name in ways(config):
        model = run.restore(name, make(config, config.seed))
        for part in ("test", "valid", "train"):
            prefix = "" if name == "adam" else f"{name}_"
            numbers[f"{prefix}{part}_accuracy"] = accuracy(model, getattr(examples, part))
    numbers["parameters"] = count_parameters(model)
    numbers["baseline_accuracy"], numbers["baseline_parameters"] = baseline(config)
    return numbers


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Returns label and probability of phrases, given as numbers of words, 0 for none."""
    task = TASKS[config.task]
    if not np.isin(inputs, range(len(task.lexicon))).all():
        raise ValueError(f"Words must be integers from 0 to {len(task.lexicon) - 1}.")
    steps = task.tapes(inputs.astype(np.int32))
    shares = np.exp(logits(run.restore("adam", make(config, config.seed)), steps))
    return {"label": shares.argmax(-1), "p1": shares[:, 1]}


def features(config: Config) -> int:
    """Returns the number of words that a phrase or paragraph has room for."""
    return TASKS[config.task].load().train.inputs.shape[1]


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """Returns the circuit of the first training phrase, with initial words."""
    task = TASKS[config.task]
    row = task.load().train.inputs[0]
    name = " ".join(spelt(task.lexicon, row[None])[0])
    return {name: (task.circuit(make(config, config.seed), row), None)}


def accuracy(model: nnx.Module, part: data.Examples) -> float:
    """Returns the fraction of right classes."""
    return float(np.mean(logits(model, part.inputs).argmax(-1) == part.labels))


def baseline(config: Config, seed: int = 0) -> tuple[float, int]:
    """Returns test accuracy and size of logistic regression on which words there are."""
    task = TASKS[config.task]
    told = task.load(seed=seed)
    train, test = (bag(part.inputs, len(task.lexicon)) for part in (told.train, told.test))
    linear = LogisticRegression(max_iter=1000).fit(train, told.train.labels)
    score = float(linear.score(test, told.test.labels))
    return score, linear.coef_.size + linear.intercept_.size


def bag(rows: np.ndarray, size: int) -> np.ndarray:
    """Returns how often each word is in each row, without the padding."""
    return np.stack([(rows == word).sum(1) for word in range(1, size)], 1)
