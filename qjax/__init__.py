"""Quantum circuits as JAX functions: compiled, batched, differentiable."""

import importlib
from typing import Any

from qjax._version import __version__ as __version__
from qjax.circuit import (
    GATES as GATES,
    Circuit as Circuit,
    Gate as Gate,
    I as I,
    PauliSum as PauliSum,
    X as X,
    Y as Y,
    Z as Z,
)
from qjax.engines import MPS as MPS, Statevector as Statevector, TensorNetwork as TensorNetwork
from qjax.gradients import (
    Adjoint as Adjoint,
    Backprop as Backprop,
    ParameterShift as ParameterShift,
)
from qjax.measure import (
    MatrixProductState as MatrixProductState,
    amplitude as amplitude,
    chunked_vmap as chunked_vmap,
    density_matrix as density_matrix,
    expectation as expectation,
    explain as explain,
    hessian_vector_product as hessian_vector_product,
    matrix_product_state as matrix_product_state,
    metric_operator as metric_operator,
    metric_tensor as metric_tensor,
    plan as plan,
    plan_chunks as plan_chunks,
    probabilities as probabilities,
    quantum_fisher as quantum_fisher,
    sample as sample,
    statevector as statevector,
    unitary as unitary,
)

# Reached as `qjax.nn` without an import statement, and loaded only then: most of them import Flax,
# Optax, scikit-learn or matplotlib, and no circuit needs any of them.
_LEAVES = (
    "chemistry",
    "data",
    "estimators",
    "interop",
    "library",
    "nn",
    "optimize",
    "plot",
    "train",
)


def __getattr__(name: str) -> Any:
    if name in _LEAVES:
        return importlib.import_module(f"qjax.{name}")
    raise AttributeError(f"module 'qjax' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LEAVES])
