"""Flax NNX modules made of circuits."""

from . import initializers as initializers
from ._layer import QuantumLayer as QuantumLayer
