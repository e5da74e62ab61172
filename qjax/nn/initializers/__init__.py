"""Initialisers of angles, in the form of `jax.nn.initializers`."""

from qjax.nn.initializers._angles import (
    gaussian as gaussian,
    small_angle as small_angle,
    uniform_angle as uniform_angle,
)
from qjax.nn.initializers._blocks import identity_block as identity_block
