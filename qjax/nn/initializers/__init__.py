"""Initialisers of angles, in the form of `jax.nn.initializers`."""

from qjax.nn.initializers._angles import small_angle as small_angle, uniform_angle as uniform_angle
