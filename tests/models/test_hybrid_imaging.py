"""The tiny study from end to end, and its circuits against matrices in NumPy."""

import dataclasses
import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from rich.console import Console

from models.hybrid_imaging import VARIANTS, Config, circuits, evaluate, features, predict, train
from models.hybrid_imaging.layers import Quanvolution, dressed_circuit, patches_of, quanvolve
from models.hybrid_imaging.model import ARCHITECTURES, Shape, network
from models.hybrid_imaging.task import IMAGES
from qjax import statevector
from qjax.data import digits
from qjax.nn import count_parameters
from qjax.train import CheckpointError, Workspace
from tests import oracle

TINY = VARIANTS["tiny"]
DIGITS = Shape(8, 1, 10)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Returns the workspace of a tiny run, and what it printed."""
    log = io.StringIO()
    run = Workspace(tmp_path_factory.mktemp("run"), TINY, console=Console(file=log, width=100))
    train(TINY, run)
    return run, log.getvalue()


def test_a_run_leaves_a_network_and_numbers_for_each(finished):
    run, log = finished
    results = evaluate(TINY, run)
    assert (run.path / "accuracies.png").read_bytes().startswith(b"\x89PNG")
    labels = digits().test.labels
    for architecture in TINY.architectures:
        name = f"{architecture}_1"
        right = run.load(name)["test"].argmax(-1) == labels
        assert results[f"{name}_accuracy"] == right.mean() > 0.2
        assert f"{results[f'{name}_accuracy']:.4f}" in log
    assert results["test_accuracy"] == results["quanvolution_1_accuracy"]
    assert results["parameters"] == results["quanvolution_1_parameters"] == 296 + 330
    assert results["baseline_accuracy"] == results["cnn_1_accuracy"]
    # 3 x 3 weights and a bias for 4 channels, then for 8, then 2 x 2 x 8 features to 10 classes.
    assert results["baseline_parameters"] == 40 + 296 + 330


def test_predict_is_the_network_that_was_reported(finished):
    run, _ = finished
    test = digits().test
    columns = predict(TINY, run, test.inputs.reshape(-1, features(TINY)) * 16)
    accuracy = np.mean(columns["label"] == test.labels)
    assert accuracy == pytest.approx(evaluate(TINY, run)["test_accuracy"], abs=0.003)
    chances = np.stack([columns[f"p{i}"] for i in range(10)], 1)
    np.testing.assert_allclose(chances.sum(1), 1, atol=1e-5)
    np.testing.assert_array_equal(chances.argmax(1), columns["label"])


def test_a_finished_run_trains_nothing_again(finished, monkeypatch):
    run, _ = finished
    monkeypatch.setattr(run, "fit", None)
    train(TINY, run)


def test_an_empty_folder_cannot_be_evaluated(tmp_path):
    with pytest.raises(CheckpointError, match="train the run to its end"):
        evaluate(TINY, Workspace(tmp_path, TINY))


@pytest.mark.parametrize("patch", [2, 3])
@pytest.mark.parametrize("size", [1, 2])
def test_a_trained_filter_has_as_many_parameters_as_the_convolution(patch, size):
    config = Config(patch=patch)
    counts = {
        name: count_parameters(
            nnx.eval_shape(lambda name=name: network(config, name, size, DIGITS)).trained
        )
        for name in ARCHITECTURES
    }
    assert counts["trained_quanvolution"] == counts["cnn"]
    assert counts["quanvolution"] == counts["random_convolution"] < counts["cnn"]
    assert counts["hybrid_cnn"] != counts["cnn"]
    # Without its circuit, a dressed network is the perceptron.
    assert counts["dressed"] - counts["mlp"] == config.depth * (2 + 2 * size)


def test_quanvolution_is_a_circuit_on_each_patch():
    config = Config(layers=2)
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 1)).astype(np.float32)
    front = Quanvolution(config, 2, rngs=nnx.Rngs(3))
    values = np.asarray(nnx.jit(lambda front, images: front(images))(front, images))
    assert values.shape == (2, 4, 4, 8)
    angles = np.asarray(front.weights[...], float)
    for filter, image, row, column in ((0, 0, 0, 0), (1, 1, 2, 3)):
        patch = images[image, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2, 0].reshape(-1)
        program = [("ry", (np.pi * float(x),), (i,)) for i, x in enumerate(patch)]
        for layer in angles[filter]:
            program += [("ry", (a,), (i,)) for i, (a, _) in enumerate(layer)]
            program += [("rz", (b,), (i,)) for i, (_, b) in enumerate(layer)]
            program += [("cx", (), (i, (i + 1) % 4)) for i in range(4)]
        known = [oracle.expectation(4, program, [(1.0, {i: "Z"})]) for i in range(4)]
        mine = values[image, row, column, 4 * filter : 4 * filter + 4]
        np.testing.assert_allclose(mine, np.real(known), atol=1e-5)


def test_patches_cover_the_image():
    images = np.arange(2 * 64, dtype=np.float32).reshape(2, 8, 8, 1)
    small, large = patches_of(images, 2), np.asarray(patches_of(images, 3))
    known = images.reshape(2, 4, 2, 4, 2).transpose(0, 1, 3, 2, 4).reshape(2, 4, 4, 4)
    np.testing.assert_array_equal(small, known)
    np.testing.assert_array_equal(large[1, 1, 2].reshape(3, 3), images[1, 2:5, 4:7, 0])


def test_smaller_frozen_networks_have_the_first_filters_of_larger_ones():
    small, large = (Quanvolution(Config(), size, rngs=nnx.Rngs(0)) for size in (1, 3))
    np.testing.assert_array_equal(small.weights[...], large.weights[...][:1])


def test_the_angles_of_a_filter_are_trained():
    weights = np.random.default_rng(2).uniform(size=(1, 1, 4, 2)).astype(np.float32)
    patch = np.array([[0.1, 0.4, 0.6, 0.9]], np.float32)
    slopes = jax.jit(jax.grad(lambda w: quanvolve(w, patch)[0, 2]))(weights)

    def value(shift):
        """Returns <Z_2> with the first qubit's RY shifted."""
        program = [("ry", (np.pi * float(x),), (i,)) for i, x in enumerate(patch[0])]
        program += [
            ("ry", (float(a) + shift * (i == 0),), (i,)) for i, a in enumerate(weights[0, 0, :, 0])
        ]
        program += [("rz", (float(b),), (i,)) for i, b in enumerate(weights[0, 0, :, 1])]
        program += [("cx", (), (i, (i + 1) % 4)) for i in range(4)]
        return oracle.expectation(4, program, [(1.0, {2: "Z"})])

    known = (value(np.pi / 2) - value(-np.pi / 2)) / 2
    assert float(slopes[0, 0, 0, 0]) == pytest.approx(known, abs=1e-5)
    assert abs(known) > 0.01
    # Trained or not is all that tells the two kinds of quanvolution apart.
    kinds = {
        name: nnx.eval_shape(lambda name=name: network(Config(), name, 1, DIGITS))
        for name in ("quanvolution", "trained_quanvolution")
    }
    assert kinds["quanvolution"].trained is kinds["quanvolution"].back
    assert kinds["trained_quanvolution"].trained is kinds["trained_quanvolution"]


def test_validation_picks_the_hybrid_and_its_size_the_cnn(tmp_path):
    config = Config(architectures=("cnn", "dressed", "mlp"), sizes=(1, 2))
    run, data = Workspace(tmp_path, config), digits()
    # Right for so many of the validation images, and of the test images.
    shares = {
        "cnn_1": (300, 310, 660),
        "cnn_2": (350, 355, 1900),
        "dressed_1": (340, 300, 330),
        "dressed_2": (330, 350, 1300),
        "mlp_1": (355, 360, 310),
        "mlp_2": (356, 360, 460),
    }
    for name, (valid, test, parameters) in shares.items():
        logits = {}
        for part, right in (("valid", valid), ("test", test)):
            guesses = getattr(data, part).labels.copy()
            guesses[right:] = (guesses[right:] + 1) % 10
            logits[part] = np.eye(10)[guesses]
        run.save(name, parameters=parameters, **logits)
    results = evaluate(config, run)
    assert (results["test_accuracy"], results["parameters"]) == (300 / 360, 330)
    assert (results["baseline_accuracy"], results["baseline_parameters"]) == (310 / 360, 660)
    assert results["mlp_2_valid_accuracy"] == 356 / 360


def test_the_dressed_circuit():
    weights, x = np.random.default_rng(1).normal(size=(2, 4)), np.array([0.3, -0.5, 0.7, 1.1])
    program = [("h", (), (i,)) for i in range(4)] + [("ry", (a,), (i,)) for i, a in enumerate(x)]
    for layer in weights:
        program += [("cx", (), pair) for pair in ((0, 1), (2, 3), (1, 2))]
        program += [("ry", (w,), (i,)) for i, w in enumerate(layer)]
    circuit = dressed_circuit(jnp.asarray(weights, jnp.float32), jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(statevector(circuit), oracle.statevector(4, program), atol=1e-6)


def test_the_circuits_that_explain_shows():
    shown = circuits(Config(sizes=(2,)))
    assert {name: circuit.n_qubits for name, (circuit, _) in shown.items()} == {
        "quanvolution": 4,
        "dressed": 6,
    }


def test_lesions_go_through_the_same_networks():
    images = IMAGES["lesions"]
    data = images.load(images=40)

    def outputs():
        model = network(Config(data="lesions"), "hybrid_cnn", 1, images.shape)
        return model(jnp.asarray(data.test.inputs))

    assert nnx.eval_shape(outputs).shape == (8, 2)
    assert features(Config(data="lesions")) == 256


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data": "cats"}, "Argument `data` must be one of digits, lesions, but is cats"),
        ({"sizes": ()}, "Argument `sizes` must have at least one entry and none twice"),
        ({"sizes": (1, 1)}, "Argument `sizes` must have at least one entry and none twice"),
        ({"sizes": (0,)}, "Argument `sizes` must be at least 1, but has 0"),
        ({"architectures": ("cnn", "rnn")}, "Argument `architectures` must be among .* has rnn"),
        ({"learning_rate": 0.0}, "Argument `learning_rate` must be above 0"),
        ({"epochs": 0}, "Argument `epochs` must be at least 1, but is 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **settings)
