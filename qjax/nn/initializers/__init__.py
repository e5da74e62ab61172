"""Initialisers of angles, in the form of `jax.nn.initializers`."""

from ._angles import small_angle as small_angle, uniform_angle as uniform_angle
