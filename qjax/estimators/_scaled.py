"""What the classifiers of published studies share: features scaled to angles, and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data


class ScaledClassifier(ClassifierMixin, BaseEstimator):
    """Takes each feature to the range of angles that it had in training, times `scaling`."""

    scaling: Any

    def _new_scaler(self) -> Any:
        return MinMaxScaler((-np.pi / 2, np.pi / 2))

    def _fit_data(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Sets `classes_` and the scaler; returns the scaled features and the labels from 0."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("Argument `y` must have at least two classes, but has one class.")
        self._scaler = self._new_scaler().fit(X)
        return self._scaled(X), labels

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self._scaler.transform(X) * self.scaling, np.float64)

    def _new_data(self, X: Any) -> np.ndarray:
        """The scaled features of samples that are asked about."""
        check_is_fitted(self)
        return self._scaled(validate_data(self, X, dtype=[np.float64, np.float32], reset=False))
