"""Both tasks of the tiny variant from end to end, and the untrained networks against NumPy."""

import dataclasses
import functools

import numpy as np
import pytest
from flax import nnx

from models.qcnn import VARIANTS, Config, circuits, evaluate, features, predict, train
from models.qcnn.exact import (
    centres,
    channels,
    cluster_network,
    cluster_order,
    local_terms,
    measure,
    shots,
    string_order,
    threshold,
)
from models.qcnn.model import ConvNet, PhaseNetwork, SentimentConvNet, outputs, probabilities
from models.qcnn.sentences import bag, quantum
from models.qcnn.task import TASKS
from models.qcnn.training import fit, restore
from qjax.data import Examples, Split, cluster_ising_states, sentiment, sentiment_tokens
from qjax.nn import count_parameters
from qjax.train import CheckpointError, Workspace, cross_entropy
from tests import oracle
from tests.library.tables import pooled, two_qubit

TINY = VARIANTS["tiny"]
READ = dataclasses.replace(TINY, task="sentiment", epochs=4)
SITES = 11


@pytest.fixture(scope="module", params=[TINY, READ], ids=["phases", "sentiment"])
def trained(request, tmp_path_factory):
    """Returns the settings and the finished run of either task."""
    run = Workspace(tmp_path_factory.mktemp("runs") / "run", request.param)
    train(request.param, run)
    return request.param, run


def test_a_run_leaves_its_numbers_and_figures(trained):
    config, run = trained
    results = evaluate(config, run)
    for name, value in results.items():
        if name.endswith("accuracy"):
            assert 0 < value <= 1, name
    figures = {"phases": ("diagram", "shots"), "sentiment": ("confusion",)}[config.task]
    for name in ("qcnn-0", "cnn-0", *figures):
        assert (run.path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    words, width = {"phases": (0, 4 * 21), "sentiment": (34 * 2, 3 * 21)}[config.task]
    assert results["parameters"] == words + width


def test_training_lowers_the_loss(trained):
    config, run = trained
    task = TASKS[config.task]
    part = (task.split(run, "states") if config.task == "phases" else task.split(config)).train
    losses = []
    make = functools.partial(task.quantum, config)
    for model in (make(config.seed), restore(config, run, "qcnn", make)):
        if config.task == "phases":
            losses.append(np.mean((outputs(model, part.inputs) - part.labels) ** 2) / 2)
        else:
            good = probabilities(model, part.inputs)
            losses.append(-np.log(np.where(part.labels == 1, good, 1 - good)).mean())
    assert losses[1] < losses[0] - 0.02


def test_the_start_with_the_lowest_validation_loss_is_kept(tmp_path):
    config = dataclasses.replace(TINY, starts=3, epochs=1)
    run = Workspace(tmp_path, config)
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    part = Examples(x, (x[:, 0] > 0).astype(np.int32))

    def make(seed):
        return nnx.Linear(3, 2, rngs=nnx.Rngs(seed))

    fit(config, run, "cnn", make, Split(part, part, part))
    model = restore(config, run, "cnn", make)
    losses = [
        float(cross_entropy(net, part, None)[0])
        for net in (run.restore(f"cnn-{start}", make(0)) for start in range(3))
    ]
    assert float(cross_entropy(model, part, None)[0]) == min(losses) < max(losses)


def test_predictions_are_those_of_the_trained_network(trained):
    config, run = trained
    inputs = {
        "phases": np.array([[0.1, 0.0], [1.9, 0.1]], np.float32),
        "sentiment": sentiment_tokens(["film is good", "film is bad"], 5).astype(np.float32),
    }[config.task]
    assert inputs.shape == (2, features(config))
    columns = predict(config, run, inputs)
    assert columns["label"].shape == columns["outcome"].shape == (2,)
    assert set(columns["label"]) <= {0, 1}
    assert np.all((columns["outcome"] > 0) & (columns["outcome"] < 1))
    again = predict(config, Workspace(run.path, config), inputs[::-1])
    np.testing.assert_allclose(columns["outcome"], again["outcome"][::-1], atol=1e-5)


def test_a_run_that_was_not_trained_is_told(tmp_path):
    for config in (TINY, READ):
        run = Workspace(tmp_path / config.task, config)
        with pytest.raises(CheckpointError, match="train"):
            evaluate(config, run)


def test_words_must_be_numbers_of_words(tmp_path):
    for bad in (-1.0, 34.0, 0.5, np.nan):
        with pytest.raises(ValueError, match="Words must be integers from 0 to 33"):
            predict(READ, Workspace(tmp_path / "run", READ), np.full((1, 5), bad))


def test_circuits_are_of_the_configured_size():
    for config in (TINY, READ):
        for circuit, observable in circuits(config).values():
            assert circuit.n_qubits == {"phases": SITES, "sentiment": 5}[config.task]
            assert observable.n_qubits <= circuit.n_qubits


def applied(word, state):
    """A string such as {0: "Z", 1: "X"} on a state; it must be real."""
    return oracle.observe(SITES, [(1, word)], state).real


def around(q):
    """ZXZ in the middle of which a site is."""
    return {q - 1: "Z", q: "X", q + 1: "Z"}


@pytest.fixture(scope="module")
def states():
    return cluster_ising_states(SITES, [0.0, 0.6, 0.9, 1.4], [0.0, 0.3, -0.5, 0.2])


def test_the_exact_network_is_a_sum_of_string_orders(states):
    """X of the middle, flipped where one neighbour is -1 and the one beyond it is not."""
    wanted = []
    for state in states:
        image = applied(around(5), state)
        for near, far in ((3, 1), (7, 9)):
            once, other = applied(around(near), image), applied(around(far), image)
            image = (image + once - other + applied(around(far), once)) / 2
        wanted.append(state @ image)
    got = measure(states, [cluster_order(SITES)], cluster_network)[:, 0]
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    np.testing.assert_allclose(got[0], 1, atol=1e-5)
    assert centres(SITES) == [5] and centres(12) == [5] and centres(15) == [5, 8]


def test_the_exact_network_undoes_single_errors_and_neighbouring_pairs(states):
    flips = [{q: "X"} for q in range(SITES)] + [{q: "X", q + 1: "X"} for q in range(SITES - 1)]
    wrong = np.array([applied(flip, states[0]) for flip in flips], np.float32)
    got = measure(wrong, [cluster_order(SITES)], cluster_network)[:, 0]
    np.testing.assert_allclose(got, 1, atol=1e-5)
    # The one hides the trace of the other.
    pair = applied({2: "X", 4: "X"}, states[0]).astype(np.float32)
    assert measure(pair[None], [cluster_order(SITES)], cluster_network)[0, 0] < 0


def test_measured_terms_are_expectations(states):
    n = SITES
    words = [{q: "X"} for q in range(n)] + [{q: "X", q + 1: "X"} for q in range(n - 1)]
    words += [around(q) for q in range(1, n - 1)]
    words.append({1: "Z", 2: "X", 4: "X", 6: "X", 8: "X", 9: "Z"})
    wanted = [[state @ applied(word, state) for word in words] for state in states]
    got = measure(states, [*local_terms(n), string_order(n)])
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    arranged = channels(got[:, :-1])
    assert arranged.shape == (4, n, 3)
    np.testing.assert_allclose(arranged[2, :, 0], got[2, :n])
    np.testing.assert_allclose(arranged[2, :-1, 1], got[2, n : 2 * n - 1])
    assert not arranged[:, -2:, 2].any() and not arranged[:, -1, 1].any()


def test_the_trained_network_runs_on_the_state(states):
    weights = np.random.default_rng(0).normal(size=(4, 21))
    ops = []
    for level, w in enumerate(weights):
        left = range(0, SITES, 2**level)
        for start in (0, 1):
            for a, b in zip(left[start::2], left[start + 1 :: 2], strict=False):
                ops += two_qubit(w[:15], a, b)
        for a, b in zip(left[::2], left[1::2], strict=False):
            ops += pooled(w[15:], a, b)
    network = nnx.merge(*nnx.split(PhaseNetwork(TINY, rngs=nnx.Rngs(0))))
    network.network.weights[...] = weights.astype(np.float32)
    after = oracle.statevector(SITES, ops, states[1])
    wanted = 1 - 2 * np.sum(np.abs(after[2 ** (SITES - 1) :]) ** 2)
    np.testing.assert_allclose(outputs(network, states)[1], wanted, atol=1e-5)


def test_threshold_and_shots():
    values, labels = np.array([0.9, 0.1, 0.7, 0.3]), np.array([1, 0, 1, 0])
    assert threshold(values, labels) == pytest.approx(0.5)
    got = shots(np.array([1.0, 0.75, 0.5, 0.2]))
    np.testing.assert_allclose(got[:2], [1.96**2 / (np.pi / 4) ** 2, 1.96**2 / (np.pi / 12) ** 2])
    assert np.isinf(got[2:]).all()


def test_bags_count_words():
    part = sentiment(train=3, valid=1, test=1).train
    counts = bag(part.inputs)
    assert counts.shape == (3, 33)
    np.testing.assert_array_equal(counts.sum(1), (part.inputs > 0).sum(1))


@pytest.mark.parametrize("parameters", [84, 144, 300])
def test_classical_networks_have_about_as_many_parameters(parameters):
    build = {
        parameters: lambda: ConvNet(parameters, 12, 3, rngs=nnx.Rngs(0)),
        68 + parameters: lambda: SentimentConvNet(68 + parameters, 8, rngs=nnx.Rngs(0)),
    }
    for wanted, make in build.items():
        assert abs(count_parameters(nnx.eval_shape(make)) - wanted) <= 0.2 * wanted


def test_probabilities_of_any_number_of_inputs():
    model = quantum(READ, READ.seed)
    tokens = sentiment(length=5, train=7, valid=1, test=1).train.inputs
    wanted = probabilities(model, tokens)
    np.testing.assert_allclose(probabilities(model, np.tile(tokens, (10, 1))), np.tile(wanted, 10))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "speech"}, "Argument `task` must be one of phases, sentiment, but is speech"),
        ({"sites": 8}, "Argument `sites` must be one of 11, .* but is 8"),
        ({"words": 3}, "Argument `words` must be at least 5, but is 3"),
        ({"epochs": 0}, "Argument `epochs` must be at least 1, but is 0"),
        ({"learning_rate": float("nan")}, "Argument `learning_rate` must be above 0"),
    ],
)
def test_bad_settings(options, message):
    with pytest.raises(ValueError, match=message):
        Config(**options)
