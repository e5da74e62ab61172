"""Figures of training, as `matplotlib.figure.Figure` without pyplot's global state."""

from qjax.plot._confusion import confusion as confusion
from qjax.plot._curves import curves as curves
from qjax.plot._decisions import decision_regions as decision_regions
from qjax.plot._distributions import distributions as distributions
from qjax.plot._images import images as images
from qjax.plot._kernels import kernel_matrices as kernel_matrices
from qjax.plot._roc import roc as roc
