"""How to run a circuit; one file or folder is one complete engine."""

from qjax.engines._cost import Cost as Cost, predict as predict
from qjax.engines._memory import bytes_text as bytes_text, device_memory as device_memory
from qjax.engines._mps import MPS as MPS, pauli_strings as pauli_strings
from qjax.engines._statevector import Stages as Stages, Statevector as Statevector
from qjax.engines.network import (
    NetworkCost as NetworkCost,
    TensorNetwork as TensorNetwork,
)
