"""scikit-learn's own checks: all of them for some estimators, those that are quick for the rest."""

import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from qjax.estimators import (
    CircuitCentricClassifier,
    ConvolutionalNeuralNetwork,
    DataReuploadingClassifier,
    DressedQuantumCircuitClassifier,
    IQPKernelClassifier,
    IQPVariationalClassifier,
    ProjectedQuantumKernel,
    QuantumBoltzmannMachine,
    QuantumFeatureMap,
    QuantumKernelClassifier,
    QuantumKernelClustering,
    QuantumMetricLearner,
    QuanvolutionalNeuralNetwork,
    SeparableKernelClassifier,
    SeparableVariationalClassifier,
    TreeTensorClassifier,
    VQCClassifier,
    VQCRegressor,
    WeiNet,
)

# Few qubits and epochs: the checks fit hundreds of times.
ESTIMATORS = [
    QuantumFeatureMap(n_qubits=5),
    QuantumKernelClassifier(n_qubits=5),
    QuantumKernelClustering(n_qubits=5, n_init=2),
    VQCClassifier(n_qubits=5, layers=1, epochs=10, learning_rate=0.1),
    VQCRegressor(n_qubits=5, layers=1, epochs=10, learning_rate=0.1),
    SeparableKernelClassifier(),
]
# Each fit of another shape is a program of its own, so these have the checks that do not fit, and
# one of a kind some of those that do.
OF_THE_STUDY = [
    CircuitCentricClassifier,
    ConvolutionalNeuralNetwork,
    DataReuploadingClassifier,
    DressedQuantumCircuitClassifier,
    IQPKernelClassifier,
    IQPVariationalClassifier,
    ProjectedQuantumKernel,
    QuantumBoltzmannMachine,
    QuantumMetricLearner,
    QuanvolutionalNeuralNetwork,
    SeparableVariationalClassifier,
    TreeTensorClassifier,
    WeiNet,
]


OF_A_KIND = [
    IQPKernelClassifier(repeats=1),
    ProjectedQuantumKernel(trotter_steps=1),
    TreeTensorClassifier(max_steps=3),
]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(ESTIMATORS)
def test_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", OF_THE_STUDY, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "check",
    [
        "check_estimators_unfitted",
        "check_get_params_invariance",
        "check_set_params",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_estimator_repr",
    ],
)
def test_check_without_a_fit(estimator, check):
    getattr(estimator_checks, check)(estimator.__name__, estimator())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("estimator", OF_A_KIND, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    "check",
    [
        "check_estimators_pickle",
        "check_estimators_nan_inf",
        "check_n_features_in",
        "check_dict_unchanged",
    ],
)
def test_check_with_a_fit(estimator, check):
    getattr(estimator_checks, check)(type(estimator).__name__, estimator)
