"""Quantum neurons: circuits against closed forms and NumPy, learning, a network, bad settings."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax
from models.quantum_perceptron import (
    METRIC,
    VARIANTS,
    Config,
    circuits,
    evaluate,
    features,
    predict,
    rus,
    train,
)
from models.quantum_perceptron.model import activations, correct, neuron
from qjax.data import CROSS, every_image, image_signs
from qjax.train import Workspace

TINY = VARIANTS["tiny"]


def test_all_images_in_one_call_have_the_activation_of_the_closed_form():
    images, weights = every_image(), image_signs(CROSS)
    found = np.asarray(activations(jnp.asarray(images), jnp.asarray(weights)))
    np.testing.assert_allclose(found, (images @ weights / 16) ** 2, atol=1e-5)
    assert np.sum(found > 0.5) == 274


def test_a_neuron_of_known_signs_is_hadamards_and_controlled_gates():
    circuit = neuron(image_signs(CROSS), image_signs("0" * 16))
    assert set(circuit.count_ops()) <= {"h", "x", "z", "cz", "ccz", "cccz", "ccccx"}
    overlap = image_signs(CROSS).sum() / 16
    assert float(qjax.probabilities(circuit, 4)[1]) == pytest.approx(overlap**2, abs=1e-5)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_rule_flips_half_of_what_should_be_flipped(sign):
    config = Config()
    target = image_signs(CROSS)
    keys = jax.random.split(jax.random.key(0), 5)
    step = jax.jit(lambda w, i, y, k: correct(config, w, i, y, k))
    near, far = target.copy(), target.copy()
    near[:2] *= -1
    far[[1, 4, 6, 9, 11]] *= -1
    for key in keys:
        # Right answers change nothing.
        np.testing.assert_array_equal(step(target, sign * near, 1, key), target)
        np.testing.assert_array_equal(step(target, sign * far, 0, key), target)
        # A miss: 3 of the 5 signs that differ. A false alarm: 7 of the 14 that agree.
        after = np.asarray(step(target, sign * far, 1, key))
        assert np.sum(after != target) == 3 and np.sum(after != far) == 2
        after = np.asarray(step(target, sign * near, 0, key))
        assert np.sum(after != target) == 7 and np.sum(after != near) == 9
    different = {tuple(np.asarray(step(target, far, 1, key))) for key in keys}
    assert len(different) > 1


@pytest.mark.parametrize("order", [1, 2])
def test_a_repeat_until_success_neuron_is_the_closed_form(order):
    angles = jnp.asarray([0.1, 0.6, np.pi / 4, 1.1, 1.5])

    def output(angle):
        return rus.postselect(rus.single(angle, order), 1)

    states, success = jax.jit(jax.vmap(output))(angles)
    phi = np.asarray(angles, float)
    known = np.arctan(np.tan(phi) ** (2**order))
    np.testing.assert_allclose(rus.squash(angles, order), known, atol=1e-4)
    np.testing.assert_allclose(states, np.stack([np.cos(known), np.sin(known)], 1), atol=1e-4)
    expected = np.cos(phi) ** 4 + np.sin(phi) ** 4
    if order == 2:
        inner = np.arctan(np.tan(phi) ** 2)
        expected = expected**2 * (np.cos(inner) ** 4 + np.sin(inner) ** 4)
    np.testing.assert_allclose(success, expected, atol=1e-5)


def test_a_failure_turns_the_output_by_a_known_angle_so_that_it_can_be_repeated():
    before = qjax.Circuit(2).ry(0.7, 0)

    def rotate(circuit, qubit, sign):
        return circuit.ry(sign * 2 * 0.5, qubit)

    circuit = rus.fire(before, rotate, 0, [1])
    failed = np.asarray(qjax.statevector(circuit)).reshape(2, 2)[:, 1]
    probability = np.sum(np.abs(failed) ** 2)
    assert probability == pytest.approx(np.sin(2 * 0.5) ** 2 / 2, abs=1e-5)
    # RY(pi / 2) brings back the state that the neuron was given.
    cos = np.sqrt(0.5)
    restored = np.array([[cos, -cos], [cos, cos]]) @ failed / np.sqrt(probability)
    known = [np.cos(0.35), np.sin(0.35)]
    assert abs(np.vdot(known, restored)) == pytest.approx(1, abs=1e-5)


def test_the_derivative_through_the_measurement():
    slope = jax.jit(jax.grad(lambda a: jnp.abs(rus.postselect(rus.single(a), 1)[0][1]) ** 2))
    for phi in (0.3, 0.9):
        tangent = np.tan(phi)
        # sin(arctan(t^2))^2 = t^4 / (1 + t^4)
        known = 4 * tangent**3 / (1 + tangent**4) ** 2 / np.cos(phi) ** 2
        assert float(slope(phi)) == pytest.approx(known, rel=1e-4)


def _network(params, bits):
    """The output by conditional probabilities, one bit string of the hidden neurons at a time."""

    def angle(row, signs):
        row = row / max(1, np.abs(row).sum())
        return np.pi / 4 * (1 + row[-1] + row[:-1] @ signs)

    def turned(phi):
        return np.arctan(np.tan(phi) ** 2), np.cos(phi) ** 4 + np.sin(phi) ** 4

    hidden = [turned(angle(row, 2 * bits - 1)) for row in params["hidden"]]
    fires = total = 0.0
    for outcome in np.ndindex(*(2,) * len(hidden)):
        outcome = np.array(outcome)
        weight = 1.0
        for bit, (q, success) in zip(outcome, hidden, strict=True):
            weight *= success * (np.sin(q) ** 2 if bit else np.cos(q) ** 2)
        q, success = turned(angle(params["output"][0], 2 * outcome - 1))
        total += weight * success
        fires += weight * success * np.sin(q) ** 2
    return fires / total, total


def test_a_network_is_its_neurons_and_a_superposition_is_the_mean_over_inputs():
    at = rus.wires(2, 2, 1)
    assert (at.total, at.kept) == (9, 6)
    params = rus.initial(jax.random.key(3), 2, 2)
    numbers = {name: np.asarray(value, float) for name, value in params.items()}
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    known = np.array([_network(numbers, bits) for bits in inputs])
    respond = jax.jit(jax.vmap(lambda bits: rus.response(params, at, bits)))
    fires, success = respond(inputs)
    np.testing.assert_allclose(fires, known[:, 0], atol=1e-5)
    np.testing.assert_allclose(success, known[:, 1], atol=1e-5)
    agreement, overall = jax.jit(lambda params: rus.agreement(params, at))(params)
    assert float(overall) == pytest.approx(known[:, 1].mean(), abs=1e-5)
    signs = np.where(inputs.sum(1) % 2, -1, 1)
    weighted = (signs * (1 - 2 * known[:, 0]) * known[:, 1]).mean() / known[:, 1].mean()
    assert float(agreement) == pytest.approx(weighted, abs=1e-5)


def test_a_small_run(tmp_path):
    run = Workspace(tmp_path / "run", TINY)
    train(TINY, run)
    results = evaluate(TINY, run)
    saved = run.load("neuron")
    assert saved["course"].shape == (8, 351) and saved["last"].shape == (8, 16)
    target = image_signs(CROSS)
    np.testing.assert_allclose(saved["course"][:, -1], (saved["last"] @ target / 16) ** 2)
    np.testing.assert_allclose(saved["course"][:, 0], (saved["first"] @ target / 16) ** 2)
    assert results[METRIC] == pytest.approx(saved["course"][:, -1].mean())
    assert results[METRIC] > saved["course"][:, 0].mean() + 0.2
    assert results["activation_error"] < 1e-4 and results["firing_error"] < 1e-3
    assert results["parameters"] == 16 and results["baseline_parameters"] == 17
    assert results["network_parameters"] == 9 and results["network_success"] > 1 / 8
    history = run.load("training")["history"]
    assert history.shape == (4, 60) and np.all(history[:, -1] < history[:, 0])
    for name in ("pattern", "neuron", "network"):
        assert (run.path / f"{name}.png").stat().st_size > 0

    pixels = np.array([[int(digit) for digit in CROSS], [0] * 16], np.float32)
    columns = predict(TINY, run, pixels)
    overlaps = np.array([target, np.ones(16)]) @ saved["last"][0] / 16
    np.testing.assert_allclose(columns["activation"], overlaps**2, atol=1e-5)
    assert columns["label"].tolist() == (overlaps**2 > 0.5).astype(int).tolist()
    assert features(TINY) == 16
    shown = circuits(TINY)
    assert set(shown) == {"neuron", "repeat_until_success", "network"}
    assert float(qjax.expectation(*shown["neuron"])) == pytest.approx(-1, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "01"}, "Argument `target` must be 16 digits"),
        ({"passes": 0}, "Argument `passes` must be at least 1, but is 0"),
        ({"positive_rate": 1.5}, "Argument `positive_rate` must be at most 1, but is 1.5"),
        ({"threshold": 1.0}, "Argument `threshold` must be below 1"),
        ({"inputs": 8, "hidden": 8, "order": 2}, "Arguments `inputs`, `hidden`, `order`"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TINY, **settings)
