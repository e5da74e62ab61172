"""Ordinary automatic differentiation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from qjax.kernels import Evolve, run


@dataclasses.dataclass(frozen=True)
class Backprop:
    """JAX's own differentiation, forward and reverse, to any order.

    Reverse mode keeps every intermediate state: memory grows with depth. Use it for forward-mode
    derivatives, for derivatives of third order and more, and for circuits that are not reversible.

    Example:
        >>> import jax, qjax
        >>> def value(angle):
        ...     circuit = qjax.Circuit(1).ry(angle, 0)
        ...     return qjax.expectation(circuit, qjax.Z(0), gradient=qjax.Backprop())
        >>> round(float(jax.jvp(value, (0.5,), (1.0,))[1]), 4)  # forward mode
        -0.4794
    """

    verbs: ClassVar[frozenset[str] | None] = None

    def evaluate(self, function: Callable[[Any, Evolve], Any], circuit: Any) -> Any:
        """Evaluates a function of a circuit and of the way to run a program."""
        return function(circuit, run)
