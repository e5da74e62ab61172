"""What is computed, told without any library: gates, observables, sizes, NumPy inputs.

A workload is a frozen value. Its circuit is data: `first`, then `layer` for every layer, then
`last`, each a tuple of `Op`. Every adapter reads the same data; none computes its own.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray


class Op(NamedTuple):
    """A gate by Qiskit's name; its angle is the product of a weight and a datum of the sample.

    `weight` counts within the weights of its part of the circuit. An absent factor is 1; a gate
    with neither has no angle.
    """

    gate: str
    qubits: tuple[int, ...]
    weight: int | None = None
    datum: int | None = None

    @property
    def turns(self) -> bool:
        """Whether it has an angle."""
        return self.weight is not None or self.datum is not None

    def angle(self, weights: Any, x: Any) -> Any:
        """Returns the angle; x is [..., features], arrays of any library."""
        if self.datum is None:
            return weights[self.weight]
        datum = x[..., self.datum]
        return datum if self.weight is None else weights[self.weight] * datum


class Term(NamedTuple):
    """A Pauli string, times a number, times a datum of the sample (an absent one is 1)."""

    word: str
    qubits: tuple[int, ...]
    coefficient: float = 1.0
    datum: int | None = None


@dataclasses.dataclass(frozen=True)
class Workload:
    """A circuit, what is asked of it, and the numbers to ask it with.

    Attributes:
        name: Its family and sizes.
        qubits: Number of qubits.
        first: Gates before the layers.
        layer: Gates of one layer.
        layers: How often the layer comes, each time with the next weights.
        last: Gates after the layers.
        terms: The observable; without any, the value is the probability of all zeros.
        make: Takes a random generator to `(weights [P],)`; to `(weights, x [batch, features])`,
            whose value is the mean over the samples; or to `(weights, x, y [batch])`, whose value
            is the mean of (expectation - y)^2.
        answer: "gradient" (value and gradient in the weights), "value" (the value and each
            sample's expectation), "fisher" or "hessian" (the trace and the matrix).
        seed: Of the inputs.
        tolerance: Relative error up to which two answers count as the same, in single precision.
    """

    name: str
    qubits: int
    first: tuple[Op, ...]
    layer: tuple[Op, ...]
    layers: int
    last: tuple[Op, ...]
    terms: tuple[Term, ...]
    make: Callable[[np.random.Generator], tuple[Array, ...]]
    answer: str = "gradient"
    seed: int = 20
    tolerance: float = 1e-5

    def inputs(self) -> tuple[Array, ...]:
        """Returns the arguments of the computation in single precision, the weights first."""
        return tuple(a.astype(np.float32) for a in self.make(np.random.default_rng(self.seed)))

    @property
    def widths(self) -> tuple[int, int, int]:
        """Number of weights of the first part, of one layer, and of the last part."""
        first, layer, last = (_width(part) for part in (self.first, self.layer, self.last))
        return first, layer, last

    def split(self, weights: Any) -> tuple[Any, Any, Any]:
        """Returns the weights of the parts: [first], [layers, layer], [last]."""
        first, layer, _ = self.widths
        stop = first + self.layers * layer
        return weights[:first], weights[first:stop].reshape(self.layers, layer), weights[stop:]

    @functools.cached_property
    def ops(self) -> tuple[Op, ...]:
        """The whole circuit, gate after gate; its weights count from the first of all."""
        first, layer, _ = self.widths
        starts = [first + k * layer for k in range(self.layers + 1)]
        parts = [(self.first, 0), *((self.layer, s) for s in starts[:-1]), (self.last, starts[-1])]
        return tuple(
            op if op.weight is None else op._replace(weight=op.weight + start)
            for part, start in parts
            for op in part
        )


def _width(ops: tuple[Op, ...]) -> int:
    return max((op.weight + 1 for op in ops if op.weight is not None), default=0)
