"""The task: cluster without labels, then compare with the classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

import qjax
from qjax import data
from qjax.data import Examples
from qjax.estimators import fidelity_kernel
from qjax.plot import kernel_matrices
from qjax.train import Workspace

from .config import Config
from .figures import clusters as draw_clusters
from .model import feature_map, methods, quantum

PAPER = "Havlicek et al. 2019, arXiv 1804.11326"
METRIC = "nmi"
AXES = {
    "ad_hoc": ("$x_1$ (rad)", "$x_2$ (rad)"),
    "iris": ("sepal length (deviations)", "sepal width (deviations)"),
}


def load(config: Config) -> tuple[Examples, np.ndarray, np.ndarray]:
    """Returns all samples, and the shift and the factor that made them of a user's rows."""
    if config.dataset == "iris":
        split = data.iris()
        parts = zip(split.train, split.valid, split.test, strict=True)
        inputs, labels = (np.concatenate(part) for part in parts)
        scaler = data.Scaler.of(inputs)
        return Examples(scaler(inputs), labels), scaler.mean, scaler.deviation
    # The published set is the second one of its stream: the first was drawn to classify.
    stream = np.random.default_rng(config.draw)
    data.ad_hoc(20, 5, gap=0.3, seed=stream)
    drawn = data.ad_hoc(config.points, 0, gap=config.gap, seed=stream)
    return drawn.train, np.zeros(2, np.float32), np.ones(2, np.float32)


def train(config: Config, run: Workspace) -> None:
    """Runs every method, saves what it says, and draws it."""
    examples, mean, deviation = load(config)
    count = int(examples.labels.max()) + 1
    found = {
        name: method.fit_predict(examples.inputs) for name, method in methods(config, count).items()
    }
    embed = feature_map(config.feature_map, config.reps)
    kernel = fidelity_kernel(embed, config.bandwidth * examples.inputs)
    run.save("samples", inputs=examples.inputs, mean=mean, deviation=deviation)
    run.save("clusters", **found)
    run.figure("kernel", kernel_matrices({"fidelity": kernel}, examples.labels))
    run.figure("clusters", draw_clusters(examples, found, AXES[config.dataset]))


def evaluate(config: Config, run: Workspace) -> dict[str, float | int]:
    """Returns the mutual information of clusters and classes, and the adjusted Rand index."""
    truth, found = load(config)[0].labels, run.load("clusters")
    numbers: dict[str, float | int] = {"parameters": 0}
    scores: dict[str, Callable[..., float]] = {
        "nmi": normalized_mutual_info_score,
        "rand": adjusted_rand_score,
    }
    for key, score in scores.items():
        for name, labels in found.items():
            column = key if name == "spectral" else f"{name}_{key}"
            numbers[column] = float(score(truth, labels))
    numbers["baseline_nmi"] = max(numbers["rbf_spectral_nmi"], numbers["classical_kmeans_nmi"])
    return numbers


def predict(config: Config, run: Workspace, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the nearest mean, in the kernel's feature space, of rows `[n, features]`."""
    saved = run.load("samples")
    members, labels = saved["inputs"], run.load("clusters")["kmeans"]
    rows = ((inputs - saved["mean"]) / saved["deviation"]).astype(np.float32)
    model = quantum(config, int(labels.max()) + 1, "kmeans", "fidelity").fit(members)
    return {"cluster": model.predict(rows)}


def features(config: Config) -> int:
    """Returns the number of columns of a user's file."""
    return load(config)[0].inputs.shape[1]


def circuits(config: Config) -> dict[str, tuple[qjax.Circuit, Any]]:
    """Returns the feature map of the first sample."""
    sample = config.bandwidth * load(config)[0].inputs[0]
    return {"feature map": (feature_map(config.feature_map, config.reps)(sample), None)}
