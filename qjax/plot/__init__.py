"""Figures of training, as `matplotlib.figure.Figure` without pyplot's global state."""

from qjax.plot._confusion import confusion as confusion
from qjax.plot._curves import curves as curves
