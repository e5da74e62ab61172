"""scikit-learn's own checks of every estimator, without exception."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from qjax.estimators import (
    QuantumFeatureMap,
    QuantumKernelClassifier,
    QuantumKernelClustering,
    VQCClassifier,
    VQCRegressor,
)

# Few qubits and epochs: the checks fit hundreds of times.
ESTIMATORS = [
    QuantumFeatureMap(n_qubits=5),
    QuantumKernelClassifier(n_qubits=5),
    QuantumKernelClustering(n_qubits=5, n_init=2),
    VQCClassifier(n_qubits=5, layers=1, epochs=10, learning_rate=0.1),
    VQCRegressor(n_qubits=5, layers=1, epochs=10, learning_rate=0.1),
]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(ESTIMATORS)
def test_check(estimator, check):
    check(estimator)
