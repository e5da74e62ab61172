"""What drawings write in their boxes: the names of gates, and their angles."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from qjax.circuit._gate import Gate
from qjax.circuit._structure import Operation, Repeat, Slot, Structure
from qjax.circuit._table import GATES

if TYPE_CHECKING:
    from qjax.circuit._circuit import Circuit

_NAMES = {"sdg": "S†", "tdg": "T†", "sx": "√X", "sxdg": "√X†", "iswap": "iSWAP"}
_NAMES |= {"unitary": "Unitary", "diagonal": "Diagonal"}
_GREEK = {"theta": "θ", "phi": "φ", "lam": "λ", "alpha": "α", "beta": "β", "gamma": "γ"}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# How far a number may be from a multiple of pi and still be called one, by bytes of its dtype.
_TOLERANCES = {8: 1e-9, 4: 5e-7}
_LONGEST_NAME = 20
_LONGEST_WORD = 6


class Label(NamedTuple):
    """What is written in a box: a name, and its angles where it has any."""

    name: str
    angles: str = ""

    def __str__(self) -> str:
        """One line, as in ``RX(0.3)``."""
        return f"{self.name}({self.angles})" if self.angles else self.name


class _Leaf(NamedTuple):
    """How the angles of one leaf are written.

    Attributes:
        values: One number a place; None where they are not known, or differ between rounds.
        tolerance: Relative error of the numbers.
        letter: Symbol that stands for unknown values.
        number: Which of the leaves with that letter it is.
        axes: Names of the leading axes: of a batch, and of the repeats around.
        places: Size of the last axis; 0 where all uses share one angle.
    """

    values: np.ndarray | None
    tolerance: float
    letter: str
    number: int
    axes: tuple[str, ...]
    places: int


class Labels:
    """Writes labels of the operations of one circuit.

    Angles that are known are numbers. Those that are traced, or differ from round to round of a
    repeat, are symbols, numbered where several leaves have the same letter.
    """

    def __init__(self, circuit: Circuit):
        self._leaves: dict[int, _Leaf] = {}
        self._numbers: dict[str, dict[int, int]] = {}
        for operation, start, depth in _operations(circuit.structure, 0, 0):
            if not operation.gate.data:
                for slot, name in zip(operation.slots, operation.gate.parameters, strict=True):
                    index = start + slot.leaf
                    if index not in self._leaves:
                        uses = 0 if slot.entry is not None else len(operation.qubits)
                        self._leaves[index] = self._read(circuit.leaves[index], name, uses, depth)

    def label(self, operation: Operation, use: int, start: int) -> Label:
        """The label of one use of an operation.

        Args:
            operation: What is applied.
            use: Position of the use in the parameters.
            start: First leaf of the structure that holds the operation.
        """
        gate = operation.gate
        base = gate.base or gate
        flips = operation.adjoint and (gate.generator is not None or bool(gate.pauli))
        name = _name(base) + ("†" if operation.adjoint and not flips else "")
        if gate.data:
            return Label(name)
        angles = (self._angle(slot, use, start, flips) for slot in operation.slots)
        return Label(name, ", ".join(angles))

    def _read(self, leaf: Any, name: str, uses: int, depth: int) -> _Leaf:
        shape = tuple(getattr(leaf, "shape", ()))
        # Literals are entries of the last axis, which `uses == 0` says; else it is one angle a use.
        own = len(shape) > depth and (uses in (0, shape[-1]))
        places = shape[-1] if own else 0
        n_axes = len(shape) - own
        batch = [f"b{i}" if n_axes - depth > 1 else "b" for i in range(n_axes - depth)]
        axes = (*batch, *("ijklmn"[d] if d < 6 else f"i{d}" for d in range(depth)))
        values, tolerance = _constant(leaf, places or 1)
        letter, number = _GREEK.get(name, name), 0
        if values is None:
            same = self._numbers.setdefault(letter, {})
            number = same.setdefault(id(leaf), len(same))
        return _Leaf(values, tolerance, letter, number, axes, places)

    def _angle(self, slot: Slot, use: int, start: int, negative: bool) -> str:
        leaf = self._leaves[start + slot.leaf]
        place = 0
        if leaf.places:
            place = use if slot.entry is None else slot.entry
        if leaf.values is not None:
            value = float(leaf.values[place])
            return number(-value if negative else value, leaf.tolerance)
        several = len(self._numbers[leaf.letter]) > 1
        symbol = leaf.letter + (str(leaf.number).translate(_SUBSCRIPTS) if several else "")
        index = ",".join((*leaf.axes, *([str(place)] if leaf.places > 1 else [])))
        return ("-" if negative else "") + symbol + (f"[{index}]" if index else "")


def _operations(
    structure: Structure, start: int, depth: int
) -> Iterator[tuple[Operation, int, int]]:
    """The operations as written, each with its first leaf and the number of repeats around it."""
    for item in structure.items:
        if isinstance(item, Repeat):
            yield from _operations(item.body, start + item.start, depth + 1)
        elif isinstance(item, Operation):
            yield item, start, depth


def _constant(leaf: Any, places: int) -> tuple[np.ndarray | None, float]:
    """The values ``[places]`` if known and the same along all leading axes, and their error."""
    if isinstance(leaf, int | float | np.generic):
        leaf = np.asarray(leaf)
    if isinstance(leaf, jax.core.Tracer) or not isinstance(leaf, np.ndarray | jax.Array):
        return None, 0.0
    if isinstance(leaf, jax.Array) and (leaf.is_deleted() or not leaf.is_fully_addressable):
        return None, 0.0
    rows = np.asarray(leaf).astype(np.float64).reshape(-1, places)
    if not len(rows) or np.any(rows != rows[0]):
        return None, 0.0
    return rows[0], _TOLERANCES.get(leaf.dtype.itemsize, 0.0)


def _name(gate: Gate) -> str:
    if gate.pauli:
        return f"R{gate.pauli if len(gate.pauli) <= _LONGEST_WORD else 'Pauli'}"
    if gate.name in _NAMES:
        return _NAMES[gate.name]
    if GATES.get(gate.name) is gate:
        return gate.name.upper()
    name = " ".join(gate.name.split())
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


@functools.lru_cache(maxsize=4096)
def number(value: float, tolerance: float = 1e-9) -> str:
    """An angle as a multiple of pi where it is one, or else with three significant digits.

    Args:
        value: Angle in radians.
        tolerance: Relative error within which it counts as a multiple of pi.

    Example:
        >>> number(0.12345), number(-0.75 * math.pi), number(math.pi / 1024)
        ('0.123', '-3π/4', 'π/1024')
    """
    if not math.isfinite(value):
        return str(value)
    ratio = value / math.pi
    nearest = [Fraction(ratio).limit_denominator(16)]
    if 2.0**-20 <= abs(ratio) < 1 / 16:  # As in a Fourier transform.
        nearest.append(Fraction(round(math.copysign(1, ratio)), 2 ** round(-math.log2(abs(ratio)))))
    for fraction in nearest:
        n, d = abs(fraction.numerator), fraction.denominator
        if 0 < n <= 32 and abs(float(fraction) - ratio) <= tolerance * abs(ratio):
            sign, times, over = (
                "-" if value < 0 else "",
                n if n > 1 else "",
                f"/{d}" if d > 1 else "",
            )
            return f"{sign}{times}π{over}"
    return f"{value + 0.0:.3g}"  # The sum takes the sign off a zero.
