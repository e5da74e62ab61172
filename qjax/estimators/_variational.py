"""Variational circuits as a classifier and a regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from qjax.estimators._encoding import Slots, qubits_for
from qjax.estimators._parameters import check_above_zero, check_whole
from qjax.estimators._training import Ansatz, outputs, train


class VariationalMixin(BaseEstimator):
    """What both estimators share: parameters, training, and the outputs of the circuit."""

    def __init__(
        self,
        n_qubits: int | None = None,
        *,
        layers: int = 3,
        bandwidth: float = 1.0,
        epochs: int = 50,
        batch_size: int = 32,
        learning_rate: float = 0.05,
        random_state: Any = None,
    ):
        self.n_qubits = n_qubits
        self.layers = layers
        self.bandwidth = bandwidth
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _train(self, x: np.ndarray, target: np.ndarray, width: int, loss: str) -> None:
        check_whole(self, "layers", "epochs", "batch_size")
        check_above_zero(self, "bandwidth", "learning_rate")
        features = x.shape[1]
        self._slots = Slots(features, qubits_for(features, self.n_qubits))
        self._ansatz = Ansatz(self._slots.qubits, self._slots.rows, self.layers, width, loss)
        self.params_, self.loss_curve_ = train(
            self._ansatz,
            self._angles(x),
            target,
            check_random_state(self.random_state),
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
        )

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        x = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return outputs(self._ansatz, self.params_, self._angles(x)).astype(np.float64)

    def _angles(self, x: np.ndarray) -> np.ndarray:
        return self._slots((self.bandwidth * x).astype(np.float32))


class VQCClassifier(ClassifierMixin, VariationalMixin):
    r"""Variational circuit that takes in its sample again in every layer, as a classifier.

    .. math:: p(y | x) = \mathrm{softmax}\bigl(W \langle Z \rangle_{\theta, x} + b\bigr)_y

    Each layer turns every qubit by RY(scale · x + shift) and RZ(turn) and entangles the ring by CX;
    all of these and the readout W, b are trained by Adam. Features are angles in radians: scale
    them first, as ``make_pipeline(StandardScaler(), VQCClassifier())`` does. Feature i goes to
    qubit i; where there are more features than qubits, a layer has several rounds, cyclically.

    Args:
        n_qubits: Number of qubits; as many as features, 8 at most, if None.
        layers: How often a sample is taken in.
        bandwidth: Factor of all features.
        epochs: Passes over the samples.
        batch_size: Samples in a step; the last batch of an epoch begins the same order again.
        learning_rate: Of the first epoch; it falls as a cosine.
        random_state: Seed of the initial angles and of the order of samples.

    Attributes:
        classes_: Labels.
        params_: Trained arrays by name.
        loss_curve_: Mean loss of each epoch.
        n_features_in_: Number of features.

    References:
        Schuld et al., arXiv 1804.00633; Pérez-Salinas et al., Quantum 4, 226 (2020), arXiv
        1907.02085.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from qjax.estimators import VQCClassifier
        >>> model = make_pipeline(StandardScaler(), VQCClassifier(epochs=20, random_state=0))
        >>> bool(model.fit(*load_iris(return_X_y=True)).score(*load_iris(return_X_y=True)) > 0.9)
        True
    """

    def fit(self, X: Any, y: Any) -> VQCClassifier:
        """Fits the circuit to samples ``[samples, features]`` and their labels ``[samples]``."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("Argument `y` must have at least two classes, but has one class.")
        self._train(X, labels.astype(np.int32), len(self.classes_), "cross_entropy")
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities ``[samples, classes]``, in the order of `classes_`."""
        return softmax(self._outputs(X), axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """Labels ``[samples]``."""
        best = self._outputs(X).argmax(1)
        return self.classes_[best]


class VQCRegressor(RegressorMixin, VariationalMixin):
    r"""Variational circuit that takes in its sample again in every layer, as a regressor.

    .. math:: f(x) = \mu + \sigma \bigl(w \cdot \langle Z \rangle_{\theta, x} + b\bigr)

    where mu and sigma are mean and deviation of the targets. A function of this kind is a Fourier
    series of each feature with frequencies up to the sum of its scales, so it is periodic: keep the
    features within a turn. The circuit, its training and its parameters are those of
    `VQCClassifier`; the loss is the mean square.

    Args:
        n_qubits: Number of qubits; as many as features, 8 at most, if None.
        layers: How often a sample is taken in.
        bandwidth: Factor of all features.
        epochs: Passes over the samples.
        batch_size: Samples in a step; the last batch of an epoch begins the same order again.
        learning_rate: Of the first epoch; it falls as a cosine.
        random_state: Seed of the initial angles and of the order of samples.

    Attributes:
        params_: Trained arrays by name.
        loss_curve_: Mean loss of each epoch, of targets scaled to deviation 1.
        n_features_in_: Number of features.

    References:
        Schuld, Sweke and Meyer, Phys. Rev. A 103, 032430 (2021), arXiv 2008.08605.

    Example:
        >>> import numpy as np
        >>> from qjax.estimators import VQCRegressor
        >>> x = np.linspace(-2, 2, 64)[:, None]
        >>> model = VQCRegressor(2, epochs=100, random_state=0).fit(x, np.sin(2 * x[:, 0]))
        >>> bool(model.score(x, np.sin(2 * x[:, 0])) > 0.9)
        True
    """

    def fit(self, X: Any, y: Any) -> VQCRegressor:
        """Fits the circuit to samples ``[samples, features]`` and targets ``[samples]``."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], y_numeric=True)
        y = np.asarray(y, np.float64)
        self._mean, self._deviation = float(y.mean()), float(y.std()) or 1.0
        scaled = ((y - self._mean) / self._deviation).astype(np.float32)
        self._train(X, scaled, 1, "squares")
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Targets ``[samples]``."""
        return self._outputs(X)[:, 0] * self._deviation + self._mean
