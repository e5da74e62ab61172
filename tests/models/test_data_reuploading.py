"""The data re-uploading classifier: circuits and costs against NumPy, a small run, bad settings."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from models.data_reuploading import (
    METRIC,
    VARIANTS,
    Config,
    circuits,
    evaluate,
    features,
    predict,
    table,
    train,
)
from models.data_reuploading.fitting import fit
from models.data_reuploading.model import class_states, cost, initial, published, scores, shapes
from qjax.data import regions
from qjax.train import Workspace

TINY = VARIANTS["tiny"]


def _gate(a, b, c):
    """The authors' gate, element by element."""
    cos, sin = np.cos(a / 2), np.sin(a / 2)
    plus, minus = np.exp(1j * (b + c) / 2), np.exp(1j * (b - c) / 2)
    return np.array([[cos * plus, -sin * minus], [sin / minus, cos / plus]])


def _state(params, x, entangled):
    """The state of one point, the authors' way: qubit 0 is the last bit of an index."""
    layers, n, width = params["theta"].shape
    places = {2: (0, 1), 3: (0, 1, 2), 4: (0, 1, 3, 4)}[len(x)]
    state = np.eye(2**n)[0].astype(complex)
    for layer in range(layers):
        for q in range(n):
            angles = np.array(params["theta"][layer, q], float)
            for place, scale, value in zip(places, params["alpha"][layer, q], x, strict=True):
                angles[place] += scale * value
            for k in range(0, width, 3):
                gates = [np.eye(2)] * n
                gates[n - 1 - q] = _gate(*angles[k : k + 3])
                matrix = np.eye(1)
                for gate in gates:
                    matrix = np.kron(matrix, gate)
                state = matrix @ state
        if entangled and layer < layers - 1:
            pairs = {2: [[(0, 1)]], 4: [[(0, 1), (2, 3)], [(1, 2), (0, 3)]]}[n]
            for a, b in pairs[layer % len(pairs)]:
                index = np.arange(2**n)
                state = np.where((index >> a & 1) & (index >> b & 1), -state, state)
    return state


def _scores(config, params, x, classes):
    state = _state(params, x, config.entangled)
    n = config.qubits
    if config.cost == "fidelity":
        if n == 1:
            labels = class_states(classes)
        else:
            labels = np.eye(2**n)[[0, 2**n - 1] if classes == 2 else list(range(classes))]
        return np.abs(labels.conj() @ state)
    found = np.zeros(classes)
    for q in range(n):
        cut = state.reshape(2 ** (n - 1 - q), 2, 2**q)
        density = np.einsum("aib,ajb->ij", cut, cut.conj())
        for c, label in enumerate(class_states(classes)):
            found[c] += params["weights"][c, q] * (label.conj() @ density @ label).real
    return found


@pytest.mark.parametrize(
    ("settings", "classes"),
    [
        ({"problem": "squares", "qubits": 4, "layers": 4, "entangled": True}, 4),
        ({"problem": "squares", "qubits": 2, "layers": 3, "cost": "fidelity"}, 4),
        ({"problem": "binary_annulus", "qubits": 1, "layers": 1, "cost": "fidelity"}, 3),
        ({"problem": "sphere", "qubits": 2, "layers": 3, "entangled": True, "cost": "fidelity"}, 2),
        ({"problem": "hypersphere", "qubits": 1, "layers": 1}, 2),
    ],
)
def test_scores_and_cost_are_those_of_the_authors(settings, classes):
    config = Config(**settings)
    params = initial(config, jax.random.key(1))
    assert {name: leaf.shape for name, leaf in params.items()} == shapes(config)
    if "weights" in params:
        params["weights"] *= jnp.linspace(0.5, 1.5, params["weights"].size).reshape(
            params["weights"].shape
        )
    points = np.random.default_rng(2).uniform(-1, 1, (3, features(config))).astype(np.float32)
    labels = np.array([0, classes - 1, 1])
    known = np.stack(
        [_scores(config, jax.tree.map(np.asarray, params), x, classes) for x in points]
    )

    @jax.jit
    def both(params, points, labels):
        found = jax.vmap(lambda x: scores(config, params, x))(points)
        return found, cost(config, params, points, labels)

    found, mean = both(params, points, labels)
    np.testing.assert_allclose(found, known, atol=2e-5)
    if config.cost == "fidelity":
        expected = 1 - known[range(3), labels].mean()
    else:
        targets = np.full((3, classes), {2: 0, 3: 1 / 4, 4: 1 / 3}[classes])
        targets[range(3), labels] = 1
        expected = ((known - targets) ** 2).sum(1).mean() / 2
    assert float(mean) == pytest.approx(expected, abs=2e-5)


def test_class_states_are_as_far_apart_as_can_be():
    for classes, overlap in {2: 0, 3: 1 / 4, 4: 1 / 3}.items():
        states = class_states(classes)
        overlaps = np.abs(states.conj() @ states.T) ** 2
        np.testing.assert_allclose(overlaps, np.where(np.eye(classes), 1, overlap), atol=1e-12)


def test_the_published_start_follows_the_data_in_the_stream():
    random = np.random.RandomState(30)
    random.rand(4200, 2)
    theta, alpha = random.rand(2, 3, 3), random.rand(2, 3, 2)
    params = published(Config(qubits=2, layers=3))
    np.testing.assert_allclose(params["theta"], theta.transpose(1, 0, 2), rtol=1e-6)
    np.testing.assert_allclose(params["alpha"], alpha.transpose(1, 0, 2), rtol=1e-6)
    assert np.all(np.asarray(params["weights"]) == 1)


def test_the_published_protocol_gives_what_the_authors_code_gives():
    # 0.935 is from their algorithm with numerical gradients in double precision.
    config = Config(start="published", layers=2)
    data = regions()
    params = jax.tree.map(jnp.asarray, fit(config, data.train).params)
    found = jax.jit(jax.vmap(lambda x: scores(config, params, x)))(data.test.inputs)
    assert np.mean(np.argmax(found, 1) == data.test.labels) == pytest.approx(0.935, abs=0.02)


def test_a_small_run(tmp_path):
    run = Workspace(tmp_path / "run", TINY)
    train(TINY, run)
    results = evaluate(TINY, run)
    assert results["parameters"] == 2 * (3 + 2) + 2
    assert results[METRIC] > 0.85
    assert abs(results["baseline_parameters"] - results["parameters"]) <= 2
    assert 0.5 < results["baseline_accuracy"] < 1 and results["kernel_machine_accuracy"] > 0.9
    training = run.load("training")
    assert training["costs"].shape == (4,) and training["history"].shape == (4, 30)
    assert np.all(np.diff(training["history"]) <= 1e-6)
    # Each start is on its own, and the best is kept.
    keys = jax.random.split(jax.random.key(TINY.seed), 4)
    data = regions()
    first = jax.jit(lambda key: cost(TINY, initial(TINY, key), *map(jnp.asarray, data.train)))
    np.testing.assert_allclose(training["history"][:, 0], list(map(first, keys)), atol=1e-5)
    assert results["train_cost"] == pytest.approx(training["costs"].min(), abs=1e-6)
    for name in ("regions.png", "params.npz"):
        assert (run.path / name).stat().st_size > 0

    points = data.test.inputs[:50]
    columns = predict(TINY, run, points)
    assert columns["label"].shape == (50,) and features(TINY) == 2
    assert np.all(columns["label"] == (columns["score1"] > columns["score0"]))
    before = (run.path / "params.npz").stat().st_mtime_ns
    train(TINY, run)
    assert (run.path / "params.npz").stat().st_mtime_ns == before
    ((circuit, observable),) = circuits(TINY).values()
    assert circuit.count_ops() == {"u": 2} and observable is not None


def test_the_table_has_the_columns_of_the_paper_and_counts_what_agrees(tmp_path):
    config = dataclasses.replace(TINY, table=True)
    cells = table.cells(config)
    assert len(cells) == 2 * (5 * 10 - 2)
    assert all(cell.layers > 1 for cell in cells.values() if cell.entangled)
    for row in table.PUBLISHED["circle"]:
        assert row in table.columns()
    run = Workspace(tmp_path / "run", config)
    # As published, but for two cells that are far off.
    for column, layers in cells:
        value = table.PUBLISHED["circle"].get(column, {}).get(layers, 0.5)
        off = {("fidelity", 1, False): 0.1, ("weighted", 1, False): -0.1}.get(column, 0)
        run.save(table.cell_name(column, layers), test_accuracy=value + off * (layers == 3))
    table.train(config, run, accuracy=None)
    assert (run.path / "table.png").stat().st_size > 0
    numbers = table.compare(config, run)
    cells = numbers["published_cells"]
    assert numbers["cells_equal_within_statistics"] == cells - 2
    assert numbers["cells_better"] == numbers["cells_worse"] == 1
    assert numbers["weighted_2_entangled_4"] == 0.96


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": 0}, "Argument `layers` must be at least 1, but is 0"),
        ({"qubits": 3}, "Argument `qubits` must be one of 1, 2, 4, but is 3"),
        ({"problem": "disc"}, "Argument `problem` must be one of circle"),
        ({"cost": "mse"}, "Argument `cost` must be one of fidelity, weighted"),
        ({"entangled": True}, "Argument `entangled` must be False for one qubit"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Config(**settings)
