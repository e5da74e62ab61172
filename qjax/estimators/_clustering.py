"""Clusters in the feature space of a quantum kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClusterMixin
from sklearn.cluster import SpectralClustering
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from qjax.estimators._kernel import QuantumKernelMixin
from qjax.estimators._kmeans import distances, kernel_kmeans
from qjax.estimators._parameters import check_one_of, check_whole

METHODS = ("spectral", "kmeans")


def _has_means(estimator: QuantumKernelClustering) -> bool:
    if estimator.method != "kmeans":
        raise AttributeError("`predict` needs `method='kmeans'`: spectral clusters have no means.")
    return True


class QuantumKernelClustering(ClusterMixin, QuantumKernelMixin):
    r"""Spectral clustering, or k-means, with a kernel that is computed by circuits.

    Spectral clustering cuts the graph whose weights are the kernel; k-means minimises

    .. math:: \sum_i \lVert \phi(x_i) - \mu_{c(i)} \rVert^2, \qquad
              \langle \phi(x), \phi(y) \rangle = K(x, y)

    Args:
        n_clusters: Number of clusters.
        method: ``"spectral"`` or ``"kmeans"``.
        kernel: As in `QuantumKernelClassifier`; so are the next five.
        feature_map: ``"angle"``, ``"iqp"``, ``"zz"``, or a function from a sample to a circuit.
        n_qubits: Number of qubits; as many as features, 8 at most, if None.
        reps: How often the feature map is repeated.
        bandwidth: Factor of all features.
        gamma: Of the projected kernel; ``"scale"`` for the inverse of the variance.
        n_init: Random starts, the best of which is taken.
        random_state: Seed of the starts.

    Attributes:
        labels_: Clusters of the samples, from 0.
        n_features_in_: Number of features.

    References:
        Havlicek et al., Nature 567, 209 (2019), arXiv 1804.11326; Dhillon, Guan and Kulis, "Kernel
        k-means, spectral clustering and normalized cuts", KDD 2004.

    Example:
        >>> from qjax.estimators import QuantumKernelClustering
        >>> x = [[0.0, 0.1], [0.1, 0.0], [1.5, 1.6], [1.6, 1.5]]
        >>> labels = QuantumKernelClustering(random_state=0).fit_predict(x)
        >>> bool(labels[0] == labels[1] != labels[2] == labels[3])
        True
    """

    def __init__(
        self,
        n_clusters: int = 2,
        *,
        method: str = "spectral",
        kernel: str = "fidelity",
        feature_map: Any = "angle",
        n_qubits: int | None = None,
        reps: int = 2,
        bandwidth: float = 0.5,
        gamma: float | str = "scale",
        n_init: int = 10,
        random_state: Any = None,
    ):
        self.n_clusters = n_clusters
        self.method = method
        self.kernel = kernel
        self.feature_map = feature_map
        self.n_qubits = n_qubits
        self.reps = reps
        self.bandwidth = bandwidth
        self.gamma = gamma
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> QuantumKernelClustering:
        """Finds clusters of samples ``[samples, features]``."""
        X = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        check_whole(self, "n_clusters", "n_init")
        check_one_of(self, "method", METHODS)
        if self.n_clusters > len(X):
            raise ValueError(
                f"Argument `n_clusters` must be at most n_samples = {len(X)}, but is "
                f"{self.n_clusters}."
            )
        self._fit_kernel(X)
        matrix = self._matrix(X).astype(np.float64)
        rng = check_random_state(self.random_state)
        if self.method == "kmeans":
            labels, self.inertia_ = kernel_kmeans(
                matrix, self.n_clusters, rng, starts=self.n_init, rounds=100
            )
            self._members, self._member_kernel = X, matrix
        else:
            cut = SpectralClustering(
                self.n_clusters, affinity="precomputed", n_init=self.n_init, random_state=rng
            )
            labels = cut.fit_predict(matrix)
        self.labels_ = labels.astype(np.int64)
        return self

    @available_if(_has_means)
    def predict(self, X: Any) -> np.ndarray:
        """The cluster ``[samples]`` whose mean is the nearest, for ``method="kmeans"``."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        cross = self._matrix(X, self._members).astype(np.float64)
        return distances(self._member_kernel, cross, self.labels_).argmin(1)
