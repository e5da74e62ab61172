"""Flax NNX modules made of circuits."""

from qjax.nn import initializers as initializers
from qjax.nn._count import count_parameters as count_parameters
from qjax.nn._layer import QuantumLayer as QuantumLayer
