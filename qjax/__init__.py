"""Quantum circuits as JAX functions: compiled, batched, differentiable."""

import importlib
from typing import Any

from qjax.circuit import GATES as GATES
from qjax.circuit import Circuit as Circuit
from qjax.circuit import Gate as Gate
from qjax.circuit import I as I
from qjax.circuit import PauliSum as PauliSum
from qjax.circuit import X as X
from qjax.circuit import Y as Y
from qjax.circuit import Z as Z
from qjax.engines import Statevector as Statevector
from qjax.gradients import Adjoint as Adjoint
from qjax.gradients import Backprop as Backprop
from qjax.gradients import ParameterShift as ParameterShift
from qjax.measure import amplitude as amplitude
from qjax.measure import density_matrix as density_matrix
from qjax.measure import expectation as expectation
from qjax.measure import probabilities as probabilities
from qjax.measure import sample as sample
from qjax.measure import statevector as statevector
from qjax.measure import unitary as unitary

__version__ = "0.1.0"

# Reached as `qjax.nn` without an import statement, and loaded only then: they import Flax,
# Optax or matplotlib.
_LEAVES = ("data", "library", "nn", "plot", "train")


def __getattr__(name: str) -> Any:
    if name in _LEAVES:
        return importlib.import_module(f"qjax.{name}")
    raise AttributeError(f"module 'qjax' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LEAVES])
