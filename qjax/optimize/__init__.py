"""Optax transformations that know the circuit."""

from qjax.optimize._natural import quantum_natural_gradient as quantum_natural_gradient
