"""Quantum kernels, and estimators in the form of scikit-learn.

The estimators pass its `check_estimator` without exception.
"""

from qjax.estimators._alignment import kernel_alignment as kernel_alignment
from qjax.estimators._clustering import QuantumKernelClustering as QuantumKernelClustering
from qjax.estimators._feature_map import QuantumFeatureMap as QuantumFeatureMap
from qjax.estimators._gram import (
    fidelity_gram as fidelity_gram,
    fidelity_kernel as fidelity_kernel,
    projected_features as projected_features,
    projected_gram as projected_gram,
    projected_kernel as projected_kernel,
)
from qjax.estimators._kernel_classifier import QuantumKernelClassifier as QuantumKernelClassifier
from qjax.estimators._variational import (
    VQCClassifier as VQCClassifier,
    VQCRegressor as VQCRegressor,
)
