"""Models of images of the study: against plain loops in NumPy and the simulator."""

import jax
import numpy as np
import pytest

from qjax.data import noisy_bars_and_stripes
from qjax.estimators import ConvolutionalNeuralNetwork, QuanvolutionalNeuralNetwork, WeiNet
from qjax.estimators._quanvolutional import filter_table, random_layout
from qjax.estimators._weinet import _Correlations
from tests import oracle


def convolved(x, kernel, bias):
    """A convolution that keeps the size, one pixel at a time; one more pixel before than after."""
    k, n = len(kernel), len(x)
    padded = np.pad(x, [((k - 1) // 2, k // 2)] * 2 + [(0, 0)])
    out = np.empty((n, n, kernel.shape[-1]))
    for i in range(n):
        for j in range(n):
            out[i, j] = np.tensordot(padded[i : i + k, j : j + k], kernel, 3) + bias
    return out


def pooled(x, keep_odd):
    n = -(-len(x) // 2) if keep_odd else len(x) // 2
    return np.array(
        [[x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max((0, 1)) for j in range(n)] for i in range(n)]
    )


def network(layers, image, keep_odd):
    """The logit of one image ``[side, side, channels]``."""
    for name in ("Conv_0", "Conv_1"):
        image = pooled(convolved(image, layers[name]["kernel"], layers[name]["bias"]), keep_odd)
    first, last = layers["Dense_0"], layers["Dense_1"]
    hidden = np.maximum(image.reshape(-1) @ first["kernel"] + first["bias"], 0)
    return (hidden @ last["kernel"] + last["bias"])[0]


def started(estimator, features):
    """The model and its first parameters, biases included, as NumPy."""
    model, keys = estimator._model(features), iter(jax.random.split(jax.random.key(5), 5))
    params = model.initial(lambda: next(keys))
    rng = np.random.default_rng(5)
    params = jax.tree.map(
        lambda leaf: leaf if leaf.any() else rng.normal(size=leaf.shape).astype(leaf.dtype), params
    )
    return model, jax.device_get(params)


def check(model, params, x, y, expected):
    decisions, loss = jax.jit(lambda *a: (model.decision(*a[:2]), model.loss(*a)))(params, x, y)
    np.testing.assert_allclose(decisions, expected, rtol=1e-4, atol=2e-5)
    np.testing.assert_allclose(loss, np.log1p(np.exp(-y * expected)).mean(), rtol=1e-4)


@pytest.fixture(scope="module")
def images():
    x, y = noisy_bars_and_stripes(5, 5, samples=3, seed=2)
    return x.reshape(3, -1).astype(np.float32), 2 * y.astype(np.float32) - 1


def test_a_convolutional_network(images):
    x, y = images
    model, params = started(ConvolutionalNeuralNetwork(2, output_channels=(3, 2)), 25)
    expected = [network(params["params"], image.reshape(5, 5, 1), False) for image in x]
    check(model, params, x, y, np.array(expected))


def test_the_layout_is_that_of_pennylane():
    # The circuit in the documentation of `RandomLayers`, two qubits and three rotations.
    assert random_layout(2, 1, 3) == [("ry", (0,)), ("rx", (1,)), ("cx", (0, 1)), ("rz", (1,))]
    assert {place for _, place in random_layout(1, 3, 2)} == {(0,)}


@pytest.fixture(scope="module")
def quanvolution():
    filters = {"n_qchannels": 2, "rand_depth": 2, "rand_rot": 5}
    estimator = QuanvolutionalNeuralNetwork(2, kernel_shape=3, output_channels=(3, 2), **filters)
    return started(estimator, 25)


def test_a_filter_counts_the_ones_of_the_likeliest_outcome():
    angles = np.random.default_rng(1).uniform(0, 2 * np.pi, (2, 2, 5)).astype(np.float32)
    table = filter_table(angles, 4, None)
    for channel in range(2):
        left = iter(angles[channel].reshape(-1).astype(float))
        gates = [(g, () if g == "cx" else (next(left),), q) for g, q in random_layout(4, 2, 5)]
        # Its column is the state that comes of a pattern.
        likeliest = (np.abs(oracle.unitary(4, gates)) ** 2).argmax(0)
        assert table[channel].tolist() == [int(i).bit_count() for i in likeliest]
    assert len(np.unique(table)) > 2


def test_a_network_behind_filters(images, quanvolution):
    x, y = images
    model, params = quanvolution
    expected = []
    for image in x.reshape(-1, 5, 5):
        seen = np.empty((4, 4, 2))
        for i in range(4):
            for j in range(4):
                bits = (image[i : i + 2, j : j + 2] > 0).reshape(-1)
                seen[j, i] = params["filters"][:, int(bits @ [8, 4, 2, 1])]
        expected.append(network(params["network"]["params"], seen, True))
    check(model, params, x, y, np.array(expected))
    gradient = jax.jit(jax.grad(model.loss))(params, x, y)
    assert not gradient["filters"].any() and gradient["network"]["params"]["Conv_0"]["kernel"].any()


def test_correlations_of_shifted_images(images):
    x, y = images
    measured = _Correlations(WeiNet()._shifts(), None).fit(x).transform(x).astype(np.float32)
    index = np.arange(64)
    z = {q: 1 - 2 * (index >> 5 - q & 1) for q in (0, 1, 3, 4)}
    observed = [z[0], z[0] * z[1], z[0] * z[3], z[0] * z[4], z[1], z[1] * z[3], z[1] * z[4]]
    observed += [z[3], z[3] * z[4], z[4], np.ones(64)]
    squares = np.pad(x.reshape(-1, 5, 5), [(0, 0), (0, 3), (0, 3)]).astype(float) ** 2
    squares /= squares.sum((1, 2), keepdims=True)
    # What nine circuits that are all the last one measure is the last part of what nine do.
    for estimator, parts in ((WeiNet(), measured), (WeiNet(shared_shift=True), measured[:, -11:])):
        assert measured.shape[1] == 9 * 11 and estimator._shifts()[-1] == (1, 1)
        model, params = started(estimator, parts.shape[1])
        likely = np.exp(params["s"]) / np.exp(params["s"]).sum()
        expected = 0
        for k, chance in enumerate(likely):
            down, right = (1, 1) if estimator.shared_shift else (k // 3 - 1, k % 3 - 1)
            moved = np.roll(squares, (-down, -right), (1, 2)).reshape(-1, 64)
            expected += chance * moved @ np.transpose(observed) @ params["weights"]
        check(model, params, parts, y, expected)


def test_images_are_learnt():
    x, y = noisy_bars_and_stripes(4, 4, noise=0.1, samples=60, seed=3)
    x, names = x.reshape(60, -1), np.array(["bar", "stripe"])[y]
    model = ConvolutionalNeuralNetwork(
        2, output_channels=(3, 2), learning_rate=0.03, convergence_interval=20
    )
    zero, one = model.fit_seeds(x, names, [0, 1])
    assert zero.score(x, names) > 0.9 and one.converged_
    assert (zero.loss_curve_[0] != one.loss_curve_[0]) and zero.params_["params"]["Conv_0"]


@pytest.mark.parametrize(
    ("model", "features", "message"),
    [
        (ConvolutionalNeuralNetwork(), 9, "square image as features, at least 16, but has 9"),
        (ConvolutionalNeuralNetwork(output_channels=(3,)), 16, "`output_channels` must be two"),
        (QuanvolutionalNeuralNetwork(), 5, "square image as features, at least 4, but has 5"),
        (QuanvolutionalNeuralNetwork(5), 64, "`qkernel_shape` must be at most 4, but is 5"),
        (WeiNet(), 4, "square image as features, at least 9, but has 4"),
        (WeiNet(), 16, "must have no row of zeros only"),
    ],
)
def test_wrong_arguments(model, features, message):
    x = np.arange(2 * features).reshape(2, -1) % features * np.array([[0.0], [1.0]])
    with pytest.raises(ValueError, match=message):
        model.fit(x, [0, 1])
