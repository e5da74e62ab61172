"""The tiny variant from end to end, and the model against a dense contraction."""

import jax
import numpy as np
from flax import nnx
from sklearn.datasets import load_digits

from models.mps_classifier import VARIANTS, MPSClassifier, evaluate, predict, train
from models.mps_classifier.model import CLASSES, ORDER
from qjax.train import Workspace

TINY = VARIANTS["tiny"]


def test_tiny_learns(tmp_path):
    run = Workspace(tmp_path, TINY)
    train(TINY, run)
    found = evaluate(TINY, run)
    assert found["parameters"] == 64 * 2 * 4**2 + 10 * 4**2
    assert 0.3 < found["test_accuracy"] < 1
    assert found["linear_test_accuracy"] > 0.9
    images, labels = load_digits(return_X_y=True)
    columns = predict(TINY, run, images.astype(np.float32))
    assert abs(np.mean(columns["label"] == labels) - found["test_accuracy"]) < 0.1
    assert (columns["probability"] > 0.1).all()


def test_logits_are_the_overlap_up_to_a_factor_of_each_image():
    model = MPSClassifier(TINY, rngs=nnx.Rngs(params=1))
    images = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype(np.float32)
    tensors, label = np.asarray(model.tensors[...], float), np.asarray(model.label[...], float)
    logits = np.asarray(jax.jit(lambda images: model(images))(images))
    assert sorted(ORDER.reshape(-1)) == list(range(64))
    for image, mine in zip(images.reshape(3, 64), logits, strict=True):
        pixels = image[ORDER.reshape(-1)] * np.pi / 2
        matrices = [
            np.cos(x) * tensor[:, 0] + np.sin(x) * tensor[:, 1]
            for x, tensor in zip(pixels, tensors, strict=True)
        ]
        left = np.linalg.multi_dot([np.ones(4), *matrices[:32]])
        right = np.linalg.multi_dot([*matrices[32:], np.ones(4)])
        known = np.einsum("a,alb,b->l", left, label, right)
        scale = 4 / np.linalg.norm(left) / np.linalg.norm(right)
        np.testing.assert_allclose(mine, scale * known, rtol=1e-3, atol=1e-4)
    assert logits.shape == (3, CLASSES)
