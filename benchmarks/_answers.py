"""Whether two libraries computed the same thing."""

import math
from typing import Any

import numpy as np


def summary(value: Any, gradient: Any) -> dict[str, float | None]:
    """Returns what a row keeps of an answer.

    A norm does not see gradients that are permuted or have a wrong sign. The probe does: it is the
    gradient's product with a fixed random vector of unit length.
    """
    flat = np.asarray(gradient, np.float64).ravel()
    direction = np.random.default_rng(22).standard_normal(flat.size)
    return {
        "value": _finite(float(np.asarray(value))),
        "gradient_norm": _finite(float(np.linalg.norm(flat))),
        "gradient_probe": _finite(float(flat @ direction / np.linalg.norm(direction))),
    }


def difference(row: dict[str, Any], reference: dict[str, Any]) -> float:
    """Returns the largest relative difference of two rows' answers; infinite if one has none."""
    # The probe is a component of the gradient, so the gradient's length is its natural scale.
    scales = {
        "value": reference["value"],
        "gradient_norm": reference["gradient_norm"],
        "gradient_probe": reference["gradient_norm"],
    }
    if any(answer[key] is None for answer in (row, reference) for key in scales):
        return math.inf
    return max(
        0.0
        if row[key] == reference[key]
        else abs(row[key] - reference[key]) / max(abs(scale), 1e-30)
        for key, scale in scales.items()
    )


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
