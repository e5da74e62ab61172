"""How to differentiate a circuit; a gradient receives the engine's run."""

from qjax.gradients._adjoint import Adjoint as Adjoint
from qjax.gradients._backprop import Backprop as Backprop
from qjax.gradients._shift import ParameterShift as ParameterShift, shift_rule as shift_rule
