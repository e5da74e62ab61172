"""Tapes against whole circuits, light cones against all events, and the tiny run."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import jax.test_util as jtu
import numpy as np
import pytest
from flax import nnx

from models.qdiscocirc import VARIANTS, circuits, evaluate, task, train
from models.qdiscocirc.baselines import LSTM, NETWORKS, Sentences, Transformer, tokens
from models.qdiscocirc.bundles import bundles
from models.qdiscocirc.model import StoryModel
from models.qdiscocirc.tape import cone, narrow, tapes
from models.qdiscocirc.task import probabilities
from models.qdiscocirc.wires import asked, run as run_wires
from qjax.data import Stories, following_stories, story_directions
from qjax.train import Workspace
from tests import oracle

TINY = VARIANTS["tiny"]


def some(count, directions, **options):
    return following_stories(count, actors=(2, 4), directions=directions, **options)


def turned(qubit, angles, *, back=False):
    """A word on one qubit in the oracle's gates."""
    sign = -1 if back else 1
    ops = zip(("rx", "rz", "rx"), angles, strict=True)
    ops = [(name, (sign * 2 * np.pi * angle,), (qubit,)) for name, angle in ops]
    return ops[::-1] if back else ops


def met(qubits, layers, *, back=False):
    """A word on several qubits in the oracle's gates."""
    k, ops = len(qubits), []
    for angles in 2 * np.pi * np.asarray(layers):
        ops += [("rx", (a,), (q,)) for a, q in zip(angles[:k], qubits, strict=True)]
        ops += [("rz", (a,), (q,)) for a, q in zip(angles[k : 2 * k], qubits, strict=True)]
        pairs = zip(angles[2 * k :], qubits[:-1], qubits[1:], strict=True)
        ops += [("crx", (a,), (p, q)) for a, p, q in pairs]
    return [(name, (-a,), q) for name, (a,), q in ops[::-1]] if back else ops


def found_with(ops, n, qubits, effects):
    """How much the state of some qubits agrees with each effect."""
    rest = [q for q in range(n) if q not in qubits]
    state = oracle.statevector(n, ops).reshape((2,) * n).transpose(*qubits, *rest)
    rows = state.reshape(2 ** len(qubits), -1)
    return [np.linalg.norm(effect.conj() @ rows) ** 2 for effect in effects]


@pytest.mark.parametrize("directions", [2, 4])
def test_overlaps_are_those_of_the_whole_circuit(directions):
    config = dataclasses.replace(TINY, directions=directions)
    w = StoryModel(config, rngs=nnx.Rngs(1)).params()
    w = jax.tree.map(np.asarray, w)
    alone = {7: [(0, False)] * (1 if directions == 2 else 2), 5: [(0, False)], 6: [(0, True)]}
    walks = {1: 0, 3: 1} if directions == 2 else {1: 0, 2: 1, 3: 2, 4: 3}
    events = [(1, 0, 0), (3, 1, 1), (3, 2, 2), (8, 0, 1), (7, 1, 1), (9, 2, 0), (8, 1, 2)]
    if directions == 4:
        events = [*events[:2], (4, 2, 2), *events[3:], (5, 0, 0), (6, 2, 2)]
    ops, fresh = [], 3
    for event, actor, other in events:
        if event in walks:
            ops += turned(actor, w["person"]) + turned(actor, w["walks"][walks[event]])
        elif event >= 8:
            ops += met((actor, other, fresh), w["follows"])
            fresh += 1
        for _, back in alone.get(7 if event == 9 else event, ()):
            ops += turned(actor, w["turns"], back=back)
    effects = [
        oracle.statevector(
            2, [op for q in (0, 1) for op in turned(q, w["person"])] + met((0, 1), w[x])
        )
        for x in ("no", "yes")
    ]
    for question in ((0, 2), (2, 1)):
        told = Stories(np.array([events]), np.array([question]), np.zeros(1, int), np.array([3]))
        expected = found_with(ops, 6, question, effects)
        np.testing.assert_allclose(probabilities(w, config, told)[0], expected, atol=3e-6)


def test_overlaps_of_pairs_are_those_of_measured_qubits():
    """A qubit that is measured is one that a fresh qubit has copied."""
    config = dataclasses.replace(TINY, directions=4, embedding="pair")
    w = jax.tree.map(np.asarray, StoryModel(config, rngs=nnx.Rngs(2)).params())
    fresh = iter(range(4, 16))
    ops = []

    def measured(*qubits):
        return [("cx", (), (qubit, next(fresh))) for qubit in qubits]

    for actor, way in ((0, 1), (1, 3)):
        for side in (0, 1):
            qubit = 2 * actor + side
            ops += turned(qubit, w["person"][side]) + turned(qubit, w["walks"][way][side])
        ops += measured(2 * actor, 2 * actor + 1)
    for side in (0, 1):
        ops += met((side, 2 + side, next(fresh)), w["follows"])
    ops += measured(0, 1, 2, 3) + met((2, 3), w["turns"], back=True) + measured(2, 3)
    effects = [oracle.statevector(4, met(range(4), w[name])) for name in ("no", "yes")]
    events = np.array([[(2, 0, 0), (4, 1, 1), (8, 0, 1), (6, 1, 1)]], np.int32)
    told = Stories(events, np.array([(0, 1)]), np.zeros(1, int), np.array([2]))
    expected = found_with(ops, 16, range(4), effects)
    np.testing.assert_allclose(probabilities(w, config, told)[0], expected, atol=3e-6)


def test_the_light_cone_is_all_that_the_question_sees():
    """With every event kept, on a wire each, the answers are the same."""
    config = dataclasses.replace(TINY, layers=1)
    params = StoryModel(config, rngs=nnx.Rngs(0)).params()
    told = some(8, 2, density="deeper", seed=5)
    found = probabilities(params, config, told)
    kept = sum(len(cone(e, tuple(q))[0]) for e, q in zip(told.events, told.questions, strict=True))
    assert kept < (told.events[..., 0] > 0).sum()
    model = StoryModel(config, rngs=nnx.Rngs(0))
    whole = told.events.copy()
    alone = whole[..., 0] < 8
    whole[alone, 2] = whole[alone, 1] == 0
    tape, _ = tapes(told)
    bundle = type(tape)(jnp.asarray(whole)[None], jnp.asarray(told.questions)[None])
    logs = jax.jit(model.__call__)({4: bundle})
    np.testing.assert_allclose(np.exp(logs[0]), found, atol=1e-5)


def test_wires_are_fewer_than_actors_and_used_again():
    told = following_stories(20, actors=(21, 30), seed=2)
    tape, widths = tapes(told)
    assert widths.max() < told.actors.min()
    for steps, width in zip(tape.steps, widths, strict=True):
        assert steps[:, 1:].max() < width
        entered = (np.isin(steps[:, 0], (1, 3))).sum()
        assert entered >= width or width == 2


def fewest(events, question):
    """The least wires of all orders in which the meetings that a question sees can be done."""
    seen, meetings = set(question), []
    for actors in events[events[:, 0] > 0, 1:][::-1].tolist():
        if seen & set(actors):
            seen |= set(actors)
            meetings += [actors] * (actors[0] != actors[1])

    @functools.cache
    def most(left):
        done = {a for i, pair in enumerate(meetings) if i not in left for a in pair}
        needed = {a for i in left for a in meetings[i]} | set(question)
        ready = [
            i for i in left if not any(set(meetings[i]) & set(meetings[j]) for j in left if j > i)
        ]
        counts = (len(done & needed | set(meetings[i])) for i in ready)
        rests = (most(tuple(j for j in left if j != i)) for i in ready)
        return min(map(max, counts, rests), default=2)

    return most(tuple(range(len(meetings))))


def test_tapes_take_as_few_wires_as_any_order():
    told = following_stories(30, actors=(4, 6), density="deeper", seed=8)
    told = Stories(told.events[:, :14], *told[1:])
    _, widths = tapes(told)
    least = [fewest(e, tuple(q)) for e, q in zip(told.events, told.questions.tolist(), strict=True)]
    assert (widths >= least).all()
    assert (widths - least).max() <= 1
    assert (widths == least).mean() > 0.9


def test_a_reader_of_tapes_answers_as_a_reader_of_stories():
    """Reads directions off the tape's wires in place of qubits."""
    told = following_stories(40, actors=(9, 20), directions=4, density="dense", seed=4)
    tape, widths = tapes(told)
    for i in range(40):
        steps = np.array([s for s in tape.steps[i] if s[0]])
        facing = story_directions(steps, int(widths[i]))
        first, second = tape.asked[i]
        assert (facing[first] == facing[second]) == bool(told.labels[i])


def test_a_bundle_has_a_story_of_every_slice():
    told = following_stories(21, actors=(2, 8), density="dense", seed=6)
    (steps, asked), widths = tapes(told)

    def key(steps, asked):
        return steps[steps[:, 0] > 0].tobytes(), asked.tobytes()

    labels = {key(*one): label for *one, label in zip(steps, asked, told.labels, strict=True)}
    groups, told_labels = bundles(told, 6)
    assert told_labels.shape == (4, 6)
    place, found = 0, set()
    for wires, group in groups.items():
        for slot in range(group.steps.shape[1]):
            keys = [
                key(*one) for one in zip(group.steps[:, slot], group.asked[:, slot], strict=True)
            ]
            assert [labels[k] for k in keys] == told_labels[:, place].tolist()
            found |= set(keys)
            place += 1
        assert group.steps[..., 1:].max() < wires
    assert found == set(labels)
    assert list(groups) == sorted(groups) and wires == widths.max() > min(groups)
    assert tapes(narrow(told, 3))[1].max() == 3


def test_the_derivative_of_wires_is_that_of_their_values():
    rng = np.random.default_rng(0)
    channels = rng.normal(size=(3, 16, 16)).astype(np.float32) / 4
    channels[0] = np.eye(16)
    steps = np.array([(1, 2, 0), (2, 0, 1), (0, 0, 1), (1, 1, 2)], np.int32)

    def value(channels):
        return asked(run_wires(channels, steps, 3), np.array([2, 0]))

    jtu.check_grads(
        jax.jit(value), (jnp.asarray(channels),), order=1, modes=["rev"], atol=1e-2, rtol=1e-2
    )


def test_stories_of_four_directions_have_the_published_split():
    train, valid = (task.stories(VARIANTS["four"], part) for part in ("train", "valid"))
    assert (len(train.labels), len(valid.labels)) == (392 + 4 * 150, 100 + 4 * 30)
    assert set(np.unique(train.events[..., 0])) == set(range(10))
    assert train.actors.max() == 8


def test_tokens_tell_the_story_under_other_names():
    told = some(6, 2, seed=1)
    rows = tokens(told, seed=0)
    for row, events, question in zip(rows, told.events, told.questions, strict=True):
        count = (events[:, 0] > 0).sum()
        told_row = row[-count - 1 :]
        np.testing.assert_array_equal(told_row[:-1, 0], events[:count, 0])
        names = dict(zip(events[:count, 1], told_row[:-1, 1], strict=True))
        assert len(set(names.values())) == len(names)
        assert [names[a] for a in question] == told_row[-1, 1:].tolist()


def test_networks_do_not_see_what_pads():
    rows = tokens(some(3, 2, seed=1), seed=0)
    networks = Transformer(8, 1, rngs=nnx.Rngs(0)), LSTM(8, rngs=nnx.Rngs(0))
    read = nnx.jit(lambda networks, x: [network(x) for network in networks])
    other = np.where(rows[..., :1] == 0, [0, 5, 7], rows).astype(np.int32)
    assert (other != rows).any()
    for found, expected in zip(read(networks, other), read(networks, rows), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


class Bag(nnx.Module):
    """Compiled in no time: reads a story as a bag of sentences."""

    def __init__(self, *, rngs):
        self.embed = Sentences(4, rngs=rngs)
        self.logits = nnx.Linear(4, 2, rngs=rngs)

    def __call__(self, x):
        return self.logits(self.embed(x).sum(1))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    run = Workspace(tmp_path_factory.mktemp("run"), TINY)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(NETWORKS, "transformer")
        patch.setitem(NETWORKS, "lstm", Bag)
        for part, (actors, seed) in task.PARTS.items():  # Few wires: few programs.
            patch.setitem(task.PARTS, part, (tuple(min(n, 3) for n in actors), seed))
        train(TINY, run)
        yield run, evaluate(TINY, run)


def test_a_run_reports_every_part_and_network(finished):
    run, numbers = finished
    for part in ("train", "valid", "compositional", "test"):
        for name in ("", "lstm_"):
            assert 0 <= numbers[f"{name}{part}_accuracy"] <= 1
    assert numbers["parameters"] == 3 + 6 + 3 + 8 + 5 + 5
    for name in ("starts", "every_start", "accuracy"):
        assert (run.path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_circuits_are_of_the_story(finished):
    drawn = circuits(TINY)
    assert [circuit.n_qubits for circuit, _ in drawn.values()] == [3, 3 + 2]
    assert list(circuits(dataclasses.replace(TINY, embedding="pair"))) == ["follows"]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"directions": 3}, "`directions`"), ({"batch_size": 99}, "`train_stories`")],
)
def test_bad_settings(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **change)
