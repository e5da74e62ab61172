"""How to run a circuit; one file is one complete engine."""

from qjax.engines._cost import Cost as Cost, predict as predict
from qjax.engines._statevector import Statevector as Statevector, device_memory as device_memory
