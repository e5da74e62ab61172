"""The rows of the conformance matrix. A new gate, engine, gradient or transform is a new row."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qjax


class Engine(NamedTuple):
    """An engine, what it needs of JAX, and how near the oracle it must come."""

    name: str
    value: Any
    x64: bool
    tolerance: float

    @contextlib.contextmanager
    def precision(self) -> Iterator[None]:
        """Turns JAX's own switch for double precision, the only one there is."""
        with jax.enable_x64(self.x64):
            yield

    def check(self, actual: Any, expected: Any) -> None:
        """Holds a tree of results against the oracle's."""
        for got, want in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(np.asarray(got), want, rtol=0, atol=self.tolerance)


ENGINES = [
    Engine("complex64", qjax.Statevector(dtype=jnp.complex64), x64=False, tolerance=1e-5),
    Engine("complex128", qjax.Statevector(dtype=jnp.complex128), x64=True, tolerance=1e-12),
]


class Gradient(NamedTuple):
    """A gradient, and what it must do: what it must not, it may also refuse by name.

    Attributes:
        name: Shown in the test's id.
        value: Passed to the verb.
        matrices: Whether it differentiates matrices that are given.
        hessian: Whether forward over reverse gives second derivatives.
        forward: Whether it works in forward mode.
    """

    name: str
    value: Any
    matrices: bool
    hessian: bool
    forward: bool


GRADIENTS = [
    Gradient("adjoint", qjax.Adjoint(), matrices=True, hessian=True, forward=False),
    Gradient("backprop", qjax.Backprop(), matrices=True, hessian=True, forward=True),
    Gradient(
        "parameter-shift", qjax.ParameterShift(), matrices=False, hessian=False, forward=False
    ),
]

Transform = Callable[[Callable, list], list]


def _each(transform: Callable[[Callable], Callable]) -> Transform:
    def run(function: Callable, points: list) -> list:
        transformed = transform(function)
        return [transformed(point) for point in points]

    return run


def _batched(transform: Callable[[Callable], Callable]) -> Transform:
    def run(function: Callable, points: list) -> list:
        results = transform(function)(jax.tree.map(lambda *leaves: jnp.stack(leaves), *points))
        return [jax.tree.map(lambda leaf: leaf[i], results) for i in range(len(points))]  # noqa: B023

    return run


# Each runs a function at several points, in its own way.
TRANSFORMS: dict[str, Transform] = {
    "plain": _each(lambda function: function),
    "jit": _each(jax.jit),
    "vmap": _batched(jax.vmap),
    "jit-vmap": _batched(lambda function: jax.jit(jax.vmap(function))),
}


def over(rows: list, argument: str) -> pytest.MarkDecorator:
    """Parametrizes a test over a table."""
    return pytest.mark.parametrize(argument, rows, ids=lambda row: getattr(row, "name", row))
