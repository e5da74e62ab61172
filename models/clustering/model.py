"""The feature maps, and every method of the comparison."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from sklearn.base import ClusterMixin
from sklearn.cluster import KMeans, SpectralClustering

import qjax
from qjax.estimators import QuantumKernelClustering
from qjax.library import angle_encoding, zz_feature_map

from .config import Config


def _zz(reps: int, x: Any) -> qjax.Circuit:
    """The feature map of Havlicek et al., neighbours joined."""
    return zz_feature_map(qjax.Circuit(x.shape[0]), x, reps, "linear")


def _angle(reps: int, x: Any) -> qjax.Circuit:
    """RY of each feature, then CZ on neighbours, `reps` times."""
    n = x.shape[0]

    def layer(circuit: qjax.Circuit, _: Any) -> qjax.Circuit:
        return angle_encoding(circuit, x).cz(range(n - 1), range(1, n))

    return qjax.Circuit(n).repeat(layer, length=reps)


FEATURE_MAPS = {"angle": _angle, "zz": _zz}


@functools.cache  # One function for each, so that it is compiled once.
def feature_map(name: str, reps: int) -> Callable[[Any], qjax.Circuit]:
    """Returns the feature map of a run, from a scaled sample to a circuit."""
    return functools.partial(FEATURE_MAPS[name], reps)


def quantum(config: Config, clusters: int, method: str, kernel: str) -> QuantumKernelClustering:
    """Returns an estimator with the feature map of the run."""
    return QuantumKernelClustering(
        clusters,
        method=method,
        kernel=kernel,
        feature_map=feature_map(config.feature_map, config.reps),
        bandwidth=config.bandwidth,
        n_init=config.starts,
        random_state=config.seed,
    )


def methods(config: Config, clusters: int) -> dict[str, ClusterMixin]:
    """Returns every method by name, the two classical ones last."""
    options: dict[str, Any] = {"n_init": config.starts, "random_state": config.seed}
    return {
        "spectral": quantum(config, clusters, "spectral", "fidelity"),
        "kmeans": quantum(config, clusters, "kmeans", "fidelity"),
        "projected_spectral": quantum(config, clusters, "spectral", "projected"),
        "projected_kmeans": quantum(config, clusters, "kmeans", "projected"),
        "rbf_spectral": SpectralClustering(clusters, **options),
        "classical_kmeans": KMeans(clusters, **options),
    }
