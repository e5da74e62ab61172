"""Figures of training, as `matplotlib.figure.Figure` without pyplot's global state."""

from ._confusion import confusion as confusion
from ._curves import curves as curves
