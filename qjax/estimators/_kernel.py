"""The quantum kernel that estimators share: its parameters, and its matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from qjax.circuit import Circuit
from qjax.estimators._encoding import LAYERS, Encoding, Slots, qubits_for
from qjax.estimators._gram import fidelity_kernel, projected_features, projected_kernel
from qjax.estimators._parameters import check_above_zero, check_one_of, check_whole

KERNELS = ("fidelity", "projected")


class FeatureMapMixin(BaseEstimator):
    """What has the parameters ``feature_map``, ``n_qubits``, ``reps`` and ``bandwidth``."""

    feature_map: Any
    n_qubits: Any
    reps: Any
    bandwidth: Any

    def _fit_feature_map(self, features: int) -> None:
        """Sets `embedding_`, from angles to a circuit; raises where a parameter is wrong."""
        check_whole(self, "reps")
        check_above_zero(self, "bandwidth")
        self._slots = None
        self.embedding_: Callable[[Any], Circuit]
        if callable(self.feature_map):
            self.embedding_ = self.feature_map
            return
        check_one_of(self, "feature_map", LAYERS)
        self._slots = Slots(features, qubits_for(features, self.n_qubits))
        self.embedding_ = Encoding(
            self.feature_map, self._slots.qubits, self._slots.rows, self.reps
        )

    def _angles(self, x: np.ndarray) -> np.ndarray:
        angles = self.bandwidth * np.asarray(x, np.float64)
        return angles if self._slots is None else self._slots(angles)


class QuantumKernelMixin(FeatureMapMixin):
    """What has the parameters ``kernel`` and ``gamma`` too."""

    kernel: Any
    gamma: Any

    def _fit_kernel(self, x: np.ndarray) -> None:
        """Sets `embedding_` and `gamma_`; raises where a parameter is wrong."""
        self._fit_feature_map(x.shape[1])
        check_one_of(self, "kernel", KERNELS)
        self.gamma_ = 1.0
        if isinstance(self.gamma, str):
            check_one_of(self, "gamma", ["scale"])
            if self.kernel == "projected":
                values = projected_features(self.embedding_, self._angles(x))
                # Then the kernel is scikit-learn's RBF kernel of these numbers at its own "scale".
                self.gamma_ = 2.0 / (values.shape[1] * max(float(values.var()), 1e-6))
        else:
            check_above_zero(self, "gamma")
            self.gamma_ = float(self.gamma)

    def _matrix(self, x: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
        """The kernel matrix, float32 ``[len(x), len(y)]``."""
        first = self._angles(x)
        second = None if y is None else self._angles(y)
        if self.kernel == "fidelity":
            return fidelity_kernel(self.embedding_, first, second)
        return projected_kernel(self.embedding_, first, second, gamma=self.gamma_)
