"""Expectations of a circuit as features."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from qjax.estimators._gram import projected_features
from qjax.estimators._kernel import FeatureMapMixin
from qjax.estimators._parameters import check_one_of

# Which of X, Y and Z of each qubit are returned.
_OBSERVABLES = {"xyz": slice(None), "z": slice(2, None, 3)}


class QuantumFeatureMap(ClassNamePrefixFeaturesOutMixin, TransformerMixin, FeatureMapMixin):
    r"""Takes samples to expectations of the state of a circuit, for any model that follows.

    .. math:: x \mapsto \bigl(\langle X_q \rangle, \langle Y_q \rangle, \langle Z_q \rangle\bigr)_q

    An RBF kernel of these features is the projected quantum kernel.

    Args:
        feature_map: As in `QuantumKernelClassifier`; so are the next three.
        n_qubits: Number of qubits; as many as features, 8 at most, if None.
        reps: How often the feature map is repeated.
        bandwidth: Factor of all features.
        observables: ``"xyz"`` for three expectations a qubit, ``"z"`` for one.

    Attributes:
        n_features_in_: Number of features.

    References:
        Huang et al., Nature Communications 12, 2631 (2021), arXiv 2011.01938.

    Example:
        >>> from qjax.estimators import QuantumFeatureMap
        >>> QuantumFeatureMap(observables="z").fit_transform([[0.0, 0.0]]).tolist()
        [[1.0, 1.0]]
    """

    def __init__(
        self,
        feature_map: Any = "angle",
        *,
        n_qubits: int | None = None,
        reps: int = 2,
        bandwidth: float = 0.5,
        observables: str = "xyz",
    ):
        self.feature_map = feature_map
        self.n_qubits = n_qubits
        self.reps = reps
        self.bandwidth = bandwidth
        self.observables = observables

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(self, X: Any, y: Any = None) -> QuantumFeatureMap:
        """Takes note of the number of features; nothing is learnt."""
        X = validate_data(self, X, dtype=[np.float64, np.float32])
        check_one_of(self, "observables", _OBSERVABLES)
        self._fit_feature_map(X.shape[1])
        self._n_features_out = self._values(X[:1]).shape[1]  # For `get_feature_names_out`.
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Expectations ``[samples, 3 qubits]`` or ``[samples, qubits]``, in the dtype of `X`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return self._values(X).astype(X.dtype)

    def _values(self, X: np.ndarray) -> np.ndarray:
        values = projected_features(self.embedding_, self._angles(X))
        return values[:, _OBSERVABLES[self.observables]]
