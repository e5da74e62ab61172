"""The tiny variant from end to end, and the model against a dense contraction."""

import json

import jax
import numpy as np
import pytest
from flax import nnx

from models.mps_classifier import VARIANTS, MPSClassifier
from models.mps_classifier.__main__ import main
from models.mps_classifier.model import CLASSES, ORDER

TINY = VARIANTS["tiny"]


def test_the_command_trains_tests_and_reports(tmp_path, capsys):
    assert main(["--variant", "tiny", "--run-dir", str(tmp_path / "run")]) == 0
    assert "test accuracy" in capsys.readouterr().out
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["parameters"] == 64 * 2 * 4**2 + 10 * 4**2
    assert 0.3 < results["test_accuracy"] < 1
    assert results["linear_test_accuracy"] > 0.9
    assert (tmp_path / "run" / "confusion.png").read_bytes().startswith(b"\x89PNG")


def test_bad_options(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        raise SystemExit(main(["--bond", "0", "--run-dir", str(tmp_path)]))
    assert caught.value.code == 2
    error = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "Argument `bond` must be at least 1, but is 0" in error


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
