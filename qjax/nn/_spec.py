"""The fixed part of a layer, comparable by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np


class Spec:
    """What a layer runs: hashable, so that NNX takes it as structure and not as state.

    Two layers built alike have equal specs, and share what `nnx.jit` compiled for one of them.
    """

    def __init__(
        self, build: Callable[..., Any], observables: Sequence[Any], engine: Any, gradient: Any
    ):
        self.build = build
        self.observables = list(observables)
        self.engine = engine
        self.gradient = gradient
        leaves, structure = jax.tree.flatten(self.observables)
        self._key = (build, engine, gradient, structure, tuple(map(_value, leaves)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        name = getattr(self.build, "__name__", repr(self.build))
        return (
            f"Spec(build={name}, observables={self.observables}, engine={self.engine}, "
            f"gradient={self.gradient})"
        )


def _value(leaf: Any) -> Any:
    if isinstance(leaf, jax.core.Tracer):
        raise TypeError(
            "Argument `observables` must hold known values, but has traced coefficients. "
            "Make the layer outside jit, or call qjax.expectation for trained coefficients."
        )
    if hasattr(leaf, "dtype"):
        array = np.asarray(leaf)
        return array.shape, str(array.dtype), array.tobytes()
    return leaf
