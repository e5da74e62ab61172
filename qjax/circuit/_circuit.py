"""The circuit: an immutable value, its structure static and its parameters leaves."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import errors
from qjax.circuit._arguments import as_real, check_matrix, columns, common_length, store
from qjax.circuit._draw_mpl import draw_mpl
from qjax.circuit._draw_text import draw_text
from qjax.circuit._gate import Gate, data_gate, pauli_rotation
from qjax.circuit._rewrite import inverse, moved
from qjax.circuit._structure import Operation, Repeat, Structure
from qjax.circuit._table import GATES


@jax.tree_util.register_pytree_node_class
class Circuit:
    r"""A quantum circuit on ``n_qubits`` qubits, starting from :math:`|0\dots0\rangle`.

    It is immutable: every method returns a new circuit. It is a pytree: its structure is static,
    and its angles and matrices are the leaves, one a call. Angles that are Python numbers share
    one leaf, so that a circuit of thousands of literal gates stays cheap to pass to ``jit``.
    It may be built inside or outside ``jit``, and passed through ``jit``, ``vmap`` and ``grad``.

    Gates have Qiskit's names and argument order. A qubit argument is an int or a sequence; a
    sequence applies the gate to each in order, with the angles broadcast to its length. Qubit 0
    is the most significant bit of a basis index.

    Args:
        n_qubits: Number of qubits, at least 1.

    Raises:
        TypeError: If ``n_qubits`` is not an integer.
        ValueError: If it is below 1.

    Example:
        >>> import qjax
        >>> bell = qjax.Circuit(2).h(0).cx(0, 1)
        >>> qjax.probabilities(bell).round(3).tolist()
        [0.5, 0.0, 0.0, 0.5]
    """

    __slots__ = ("__dict__", "_leaves", "_structure")

    def __init__(self, n_qubits: int):
        n_qubits = errors.positive(n_qubits, "n_qubits")
        self._structure = Structure(n_qubits, (), 0)
        self._leaves: tuple[Any, ...] = ()

    @classmethod
    def from_parts(cls, structure: Structure, leaves: Sequence[Any]) -> Circuit:
        """A circuit from its structure and leaves, as passes and converters build it."""
        circuit = object.__new__(cls)
        circuit._structure = structure
        circuit._leaves = tuple(leaves)
        return circuit

    # The pytree.

    def tree_flatten(self) -> tuple[tuple[Any, ...], Structure]:
        """Leaves and structure."""
        return self.leaves, self._structure

    @classmethod
    def tree_unflatten(cls, structure: Structure, leaves: Sequence[Any]) -> Circuit:
        """Rebuilds the circuit; the leaves may have any shape, as under ``vmap``."""
        return cls.from_parts(structure, leaves)

    @functools.cached_property
    def leaves(self) -> tuple[Any, ...]:
        """Parameters, one array a call; literal numbers are gathered in one array."""
        return tuple(
            np.asarray(leaf, np.float64) if type(leaf) is tuple else leaf for leaf in self._leaves
        )

    # What a circuit is asked.

    @property
    def structure(self) -> Structure:
        """The static part: gates, qubits, and where parameters are."""
        return self._structure

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        return self._structure.n_qubits

    def __len__(self) -> int:
        """Number of operations; a broadcast call is one, and so is a repeat."""
        return len(self._structure.items)

    def depth(self) -> int:
        """Number of gate layers, repeats counted in full.

        Example:
            >>> import qjax
            >>> qjax.Circuit(3).h(range(3)).cx([0, 1], [1, 2]).depth()
            3
        """
        return self._structure.depth()

    def count_ops(self) -> dict[str, int]:
        """Number of gates by name, broadcast calls and repeats counted in full.

        Example:
            >>> import qjax
            >>> qjax.Circuit(3).h(range(3)).cx(0, 1).count_ops()
            {'h': 3, 'cx': 1}
        """
        return dict(self._structure.count())

    def draw(self, output: str = "text", **options: Any) -> Any:
        """Draws the circuit.

        Args:
            output: ``"text"`` for a string, ``"mpl"`` for a matplotlib figure.
            **options: Passed to the drawer: ``max_width`` in characters for text, ``title`` and
                ``columns`` (gates a row) for matplotlib.

        Raises:
            ValueError: If ``output`` is unknown.
        """
        drawers: dict[str, Callable[..., Any]] = {"text": draw_text, "mpl": draw_mpl}
        if output not in drawers:
            raise ValueError(
                f"Argument `output` must be one of {sorted(drawers)}, but is {output!r}."
            )
        return drawers[output](self, **options)

    def __repr__(self) -> str:
        """Qubits, operations and parameters, without their values."""
        return (
            f"Circuit({self.n_qubits} qubits, {len(self)} operations, {len(self._leaves)} leaves)"
        )

    def __str__(self) -> str:
        """The drawing as text."""
        return self.draw()

    # What a circuit is built from.

    def apply(self, gate: Gate, *arguments: Any) -> Circuit:
        """Appends a gate: its angles first, then its qubits.

        Args:
            gate: A gate of the table, or one of your own.
            *arguments: One angle a parameter, shape ``()`` or ``[uses]``, then one int or
                sequence a qubit.

        Raises:
            TypeError: If arguments are missing, or qubits are not integers.
            ValueError: If an angle has a wrong shape, or qubits are out of range or repeated.
        """
        return _append(self, gate, arguments)

    def unitary(self, matrix: Any, qubits: Any) -> Circuit:
        """Appends a unitary given by its matrix.

        Args:
            matrix: ``[2**k, 2**k]``. One whose values are known is checked; one that is traced
                yields nan where it is not unitary.
            qubits: The k qubits, or a sequence of such tuples. A 2 x 2 matrix goes to each qubit.

        Raises:
            ValueError: If the matrix is not square, not finite or not unitary, or does not match
                the qubits.
        """
        matrix = matrix if isinstance(matrix, jax.Array) else np.asarray(matrix)
        dim = matrix.shape[-1] if matrix.ndim else 0
        k = int(dim).bit_length() - 1
        if matrix.ndim not in (2, 3) or matrix.shape[-2:] != (2**k, 2**k) or k < 1:
            raise ValueError(
                "Argument `matrix` must have shape (2**k, 2**k), k >= 1, but has shape "
                f"{matrix.shape}."
            )
        check_matrix(matrix)
        gate = data_gate("unitary", "matrix", k)
        return _append(self, gate, (matrix, *columns(qubits, k, self.n_qubits)))

    def diagonal(self, phases: Any, qubits: Any) -> Circuit:
        """Appends diag(exp(i phases)).

        Args:
            phases: Real, radians, ``[2**k]``.
            qubits: The k qubits, or a sequence of such tuples.

        Raises:
            ValueError: If the phases are not real, not finite, or do not match the qubits.
        """
        phases = as_real(phases, "phases")
        dim = phases.shape[-1] if phases.ndim else 0
        k = int(dim).bit_length() - 1
        if dim != 2 ** max(k, 1):
            raise ValueError(
                f"Argument `phases` must have shape (2**k,), k >= 1, but has shape {phases.shape}."
            )
        gate = data_gate("diagonal", "phases", k)
        return _append(self, gate, (phases, *columns(qubits, k, self.n_qubits)))

    def pauli_rotation(self, theta: Any, word: str, qubits: Any) -> Circuit:
        """Appends exp(-i theta P / 2) for a Pauli word P such as "XYZ".

        Args:
            theta: Angle in radians.
            word: One letter of I, X, Y, Z a qubit.
            qubits: As many qubits as the word has letters, or a sequence of such tuples.

        Raises:
            ValueError: If the word has other letters or another length than the qubits.
        """
        if not isinstance(word, str):
            raise TypeError(f"Argument `word` must be a string such as 'XYZ', but is {word!r}.")
        gate = pauli_rotation(word.upper())
        return _append(self, gate, (theta, *columns(qubits, len(word), self.n_qubits)))

    def repeat(
        self, body: Callable[[Circuit, Any], Circuit], xs: Any = None, length: int | None = None
    ) -> Circuit:
        """Appends ``body(circuit, x)`` for each leading slice ``x`` of ``xs``, compiled once.

        Args:
            body: Receives an empty circuit on the same qubits and one slice, and returns the
                circuit with its gates appended. It is traced once, as by ``jax.lax.scan``.
            xs: Pytree of arrays with a common leading length; or None, with ``length`` given.
            length: Number of rounds; needed only where ``xs`` has no arrays.

        Raises:
            TypeError: If the body returns something else than a circuit.
            ValueError: If the leading lengths differ or are missing, or the body changes the
                number of qubits.

        Example:
            >>> import jax.numpy as jnp, qjax
            >>> layers = qjax.Circuit(2).repeat(
            ...     lambda c, w: c.rx(w, [0, 1]).cx(0, 1), jnp.ones((9, 2)))
            >>> len(layers), layers.count_ops()
            (1, {'rx': 18, 'cx': 9})
        """
        length = common_length(xs, length)

        def round_of(x: Any, _: Any) -> Circuit:
            circuit = body(Circuit(self.n_qubits), x)
            if not isinstance(circuit, Circuit):
                raise TypeError(
                    f"Argument `body` must return a circuit, but returns {type(circuit).__name__}."
                )
            if circuit.n_qubits != self.n_qubits:
                raise ValueError(
                    f"Argument `body` must return a circuit on {self.n_qubits} qubits, but returns "
                    f"one on {circuit.n_qubits}."
                )
            return circuit

        rounds = jax.vmap(round_of)(xs, jnp.zeros(length))
        item = Repeat(rounds.structure, length, len(self._leaves))
        return self._extended((item,), rounds.leaves)

    def __add__(self, other: Circuit) -> Circuit:
        """This circuit followed by another on as many qubits."""
        if not isinstance(other, Circuit):
            return NotImplemented
        if other.n_qubits != self.n_qubits:
            raise ValueError(
                "Circuits that are added must have as many qubits, but have "
                f"{self.n_qubits} and {other.n_qubits}."
            )
        start = len(self._leaves)
        return self._extended((moved(i, start) for i in other.structure.items), other._leaves)

    def inverse(self) -> Circuit:
        """The circuit that undoes this one; it shares its leaves.

        Example:
            >>> import qjax
            >>> c = qjax.Circuit(2).h(0).rx(0.3, 1).s(1).cx(0, 1)
            >>> qjax.probabilities(c + c.inverse()).round(5).tolist()
            [1.0, 0.0, 0.0, 0.0]
        """
        return Circuit.from_parts(inverse(self._structure), self._leaves)

    def _extended(self, items: Any, leaves: Any) -> Circuit:
        structure = self._structure
        leaves = self._leaves + tuple(leaves)
        items = structure.items + tuple(items)
        return Circuit.from_parts(Structure(structure.n_qubits, items, len(leaves)), leaves)

    if TYPE_CHECKING:  # The gates of the table are methods, added below.

        def __getattr__(self, name: str) -> Callable[..., Circuit]: ...


def _append(circuit: Circuit, gate: Gate, arguments: tuple[Any, ...]) -> Circuit:
    n_parameters, n_names = len(gate.parameters), len(gate.parameters) + gate.n_qubits
    if len(arguments) != n_names:
        names = ", ".join((*gate.parameters, *_qubit_names(gate)))
        raise TypeError(
            f"Gate `{gate.name}` takes {n_names} arguments ({names}), but got {len(arguments)}."
        )
    qubit_names = _qubit_names(gate)
    qubits = errors.align_qubits(
        [
            errors.as_qubits(a, circuit.n_qubits, name)
            for a, name in zip(arguments[n_parameters:], qubit_names, strict=True)
        ],
        qubit_names,
        gate.name,
    )
    leaves, slots = circuit._leaves, []
    for value, name in zip(arguments[:n_parameters], gate.parameters, strict=True):
        leaves, slot = store(leaves, value, name, gate, len(qubits))
        slots.append(slot)
    structure = circuit._structure
    items = (*structure.items, Operation(gate, qubits, tuple(slots)))
    return Circuit.from_parts(Structure(structure.n_qubits, items, len(leaves)), leaves)


def _qubit_names(gate: Gate) -> tuple[str, ...]:
    if len(gate.qubit_names) == gate.n_qubits:
        return gate.qubit_names
    return tuple(f"qubits{i + 1}" for i in range(gate.n_qubits))


def _gate_method(gate: Gate) -> Callable[..., Circuit]:
    names = (*gate.parameters, *_qubit_names(gate))
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(n, kind) for n in ("self", *names)])

    def method(self: Circuit, *arguments: Any, **named: Any) -> Circuit:
        if named:
            arguments = signature.bind(self, *arguments, **named).args[1:]
        return _append(self, gate, arguments)

    method.__name__ = gate.name
    method.__qualname__ = f"Circuit.{gate.name}"
    method.__signature__ = signature  # type: ignore[attr-defined]
    method.__doc__ = f"Appends the gate `{gate.name}`; see `qjax.GATES`."
    return method


for _gate in GATES.values():
    setattr(Circuit, _gate.name, _gate_method(_gate))
