"""A support vector machine over a quantum kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from qjax.estimators._kernel import QuantumKernelMixin
from qjax.estimators._parameters import check_above_zero


def _calibrated(estimator: QuantumKernelClassifier) -> bool:
    if not estimator.probability:
        raise AttributeError("`predict_proba` needs `probability=True`.")
    return True


class QuantumKernelClassifier(ClassifierMixin, QuantumKernelMixin):
    r"""Support vector machine whose kernel is computed by circuits.

    .. math:: f(x) = \sum_i \alpha_i y_i K(x_i, x) + b

    Features are angles in radians: scale them first, as ``make_pipeline(StandardScaler(),
    QuantumKernelClassifier(...))`` does. Feature i goes to qubit i; where there are more features
    than qubits, the next ones go to further layers on the same qubits, cyclically.

    Args:
        kernel: ``"fidelity"``, the overlap of two states, or ``"projected"``, a Gaussian kernel of
            the states of single qubits; see `fidelity_kernel` and `projected_kernel`.
        feature_map: ``"angle"`` (RY, then CZ around a ring), ``"iqp"``
            (`qjax.library.iqp_encoding`, all pairs joined), ``"zz"``
            (`qjax.library.zz_feature_map`, neighbours joined); or a function from a sample
            ``[features]`` to a `qjax.Circuit`, which can be saved if it is a function of a module.
        n_qubits: Number of qubits; as many as features, 8 at most, if None.
        reps: How often the feature map is repeated.
        bandwidth: Factor of all features. The smaller it is, the smoother is the kernel; the
            default suits features of deviation 1, and wide circuits need a smaller one.
        gamma: Of the projected kernel; ``"scale"`` for the inverse of the variance.
        C: Inverse of the strength of regularisation.
        probability: Whether probabilities are fitted, by Platt's method over five folds.

    Attributes:
        classes_: Labels.
        support_vectors_: Samples that the machine is made of, ``[support, features]``.
        n_features_in_: Number of features.

    References:
        Havlicek et al., Nature 567, 209 (2019), arXiv 1804.11326; Huang et al., Nature
        Communications 12, 2631 (2021), arXiv 2011.01938.

    Example:
        >>> from qjax.data import ad_hoc
        >>> from qjax.estimators import QuantumKernelClassifier
        >>> data = ad_hoc()
        >>> model = QuantumKernelClassifier(feature_map="zz", bandwidth=1.0)
        >>> model.fit(*data.train).score(*data.test)
        1.0
    """

    def __init__(
        self,
        kernel: str = "fidelity",
        *,
        feature_map: Any = "angle",
        n_qubits: int | None = None,
        reps: int = 2,
        bandwidth: float = 0.5,
        gamma: float | str = "scale",
        C: float = 1.0,
        probability: bool = False,
    ):
        self.kernel = kernel
        self.feature_map = feature_map
        self.n_qubits = n_qubits
        self.reps = reps
        self.bandwidth = bandwidth
        self.gamma = gamma
        self.C = C
        self.probability = probability

    def fit(self, X: Any, y: Any) -> QuantumKernelClassifier:
        """Fits the machine to samples ``[samples, features]`` and their labels ``[samples]``."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        check_above_zero(self, "C")
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("Argument `y` must have at least two classes, but has one class.")
        self._fit_kernel(X)
        matrix = self._matrix(X)
        machine = SVC(kernel="precomputed", C=self.C, break_ties=True)
        if self.probability:
            self._calibration = CalibratedClassifierCV(machine, ensemble=False).fit(matrix, y)
        self._machine = machine.fit(matrix, y)
        self.support_vectors_ = X[machine.support_]
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Distances from the margin: ``[samples]`` for two classes, else ``[samples, classes]``."""
        rows = self._rows(X)
        return self._machine.decision_function(rows)

    def predict(self, X: Any) -> np.ndarray:
        """Labels ``[samples]``."""
        rows = self._rows(X)
        return self._machine.predict(rows)

    @available_if(_calibrated)
    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities ``[samples, classes]``, in the order of `classes_`."""
        rows = self._rows(X)
        return self._calibration.predict_proba(rows)

    def _rows(self, X: Any) -> np.ndarray:
        """The kernel between samples and all training samples; only the support is needed."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        rows = np.zeros((len(X), self._machine.shape_fit_[0]), np.float32)
        rows[:, self._machine.support_] = self._matrix(X, self.support_vectors_)
        return rows
