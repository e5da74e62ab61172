"""The one optimiser of the anchors: L-BFGS with exact gradients."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np


def minimum(
    function: Callable[[jax.Array], jax.Array], start: np.ndarray, steps: int = 4000
) -> tuple[float, np.ndarray]:
    """Returns the smallest value that is found from a start, and where; in double precision."""
    from scipy.optimize import minimize

    slope = jax.jit(jax.value_and_grad(function))

    def flat(x: np.ndarray) -> tuple[Any, np.ndarray]:
        value, gradient = slope(x.reshape(start.shape))
        return float(value), np.asarray(gradient, np.float64).reshape(-1)

    options = {"maxiter": steps, "maxfun": steps, "maxcor": 50, "ftol": 1e-15, "gtol": 1e-9}
    found = minimize(flat, start.reshape(-1), jac=True, method="L-BFGS-B", options=options)
    return float(found.fun), found.x.reshape(start.shape)
