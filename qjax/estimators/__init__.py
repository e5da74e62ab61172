"""Quantum kernels, and estimators in the form of scikit-learn.

The general ones pass its `check_estimator` without exception; those of the study of Bowles, Ahmed
and Schuld (2024) follow the same conventions, the trained ones for two classes.
"""

from qjax.estimators._alignment import kernel_alignment as kernel_alignment
from qjax.estimators._amplitude_classifiers import (
    CircuitCentricClassifier as CircuitCentricClassifier,
    TreeTensorClassifier as TreeTensorClassifier,
)
from qjax.estimators._boltzmann import QuantumBoltzmannMachine as QuantumBoltzmannMachine
from qjax.estimators._clustering import QuantumKernelClustering as QuantumKernelClustering
from qjax.estimators._convolutional import (
    ConvolutionalNeuralNetwork as ConvolutionalNeuralNetwork,
)
from qjax.estimators._dressed import (
    DressedQuantumCircuitClassifier as DressedQuantumCircuitClassifier,
)
from qjax.estimators._feature_map import QuantumFeatureMap as QuantumFeatureMap
from qjax.estimators._gram import (
    fidelity_gram as fidelity_gram,
    fidelity_kernel as fidelity_kernel,
    projected_features as projected_features,
    projected_gram as projected_gram,
    projected_kernel as projected_kernel,
)
from qjax.estimators._grid import GridFits as GridFits, fit_grid as fit_grid
from qjax.estimators._iqp_variational import (
    IQPVariationalClassifier as IQPVariationalClassifier,
)
from qjax.estimators._kernel_classifier import QuantumKernelClassifier as QuantumKernelClassifier
from qjax.estimators._metric_learner import QuantumMetricLearner as QuantumMetricLearner
from qjax.estimators._quanvolutional import (
    QuanvolutionalNeuralNetwork as QuanvolutionalNeuralNetwork,
)
from qjax.estimators._reuploading import DataReuploadingClassifier as DataReuploadingClassifier
from qjax.estimators._separable_variational import (
    SeparableVariationalClassifier as SeparableVariationalClassifier,
)
from qjax.estimators._study_kernels import (
    IQPKernelClassifier as IQPKernelClassifier,
    ProjectedQuantumKernel as ProjectedQuantumKernel,
    SeparableKernelClassifier as SeparableKernelClassifier,
)
from qjax.estimators._variational import (
    VQCClassifier as VQCClassifier,
    VQCRegressor as VQCRegressor,
)
from qjax.estimators._weinet import WeiNet as WeiNet
