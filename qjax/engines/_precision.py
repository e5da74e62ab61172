"""The precision that every engine has as an argument."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def checked_dtype(dtype: Any) -> np.dtype:
    """The dtype, which must be complex64 or complex128."""
    found = np.dtype(dtype)
    if found not in (np.complex64, np.complex128):
        raise ValueError(f"Argument `dtype` must be complex64 or complex128, but is {found.name}.")
    return found


def check_precision(dtype: np.dtype) -> None:
    """Raises ValueError where JAX would silently make single precision of it."""
    if dtype == jnp.complex128 and not jax.config.read("jax_enable_x64"):
        raise ValueError(
            "Argument `dtype` must be complex64 while JAX's 64-bit mode is off. Switch it on "
            "with `jax.config.update('jax_enable_x64', True)` to use complex128."
        )
