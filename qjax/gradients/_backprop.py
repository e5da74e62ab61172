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
    """

    verbs: ClassVar[frozenset[str] | None] = None

    def evaluate(self, function: Callable[[Any, Evolve], Any], circuit: Any) -> Any:
        """Evaluates a function of a circuit and of the way to run a program."""
        return function(circuit, run)
