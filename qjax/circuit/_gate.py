"""What a gate is.

A gate is defined by exactly one of

* ``matrix``: a constant matrix, or a function of the angles that returns one;
* ``generator``: a Hermitian G, the gate being exp(-i theta G);
* ``factors``: other gates whose product it is, the first acting first;
* ``pauli``: a Pauli word P, the gate being exp(-i theta P / 2);
* ``data``: its matrix, or its phases, are given with each use.

Everything else about it (matrix, inverse, spectrum, diagonal and permutation flags, controlled
form) is derived from that.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit._matrices import (
    check_hermitian,
    check_unitary,
    direct_sum,
    pauli_matrix,
    qubits_of,
)

_TOLERANCE = 1e-9


@dataclasses.dataclass(frozen=True, eq=False)
class Gate:
    r"""A gate: a frozen value that a circuit applies to qubits.

    A gate of your own is one call; nothing is registered anywhere. Apply it with
    :meth:`qjax.Circuit.apply`.

    Args:
        name: Name shown in drawings and errors.
        matrix: Unitary ``[2**k, 2**k]``, or a function of the angles that returns one.
        generator: Hermitian ``[2**k, 2**k]`` G of the gate :math:`e^{-i\theta G}`.
        factors: Pairs ``(gate, angles)`` whose product the gate is, the first acting first;
            ``angles`` are indices into ``parameters``. All act on the same qubits.
        pauli: Word such as ``"XYZ"`` of the rotation :math:`e^{-i\theta P/2}`.
        data: ``"matrix"`` or ``"phases"`` for a gate whose matrix comes with each use.
        parameters: Names of the angles.
        n_qubits: Number of qubits; needed only with ``data``.
        qubit_names: Names of the qubit arguments.
        qasm: Name in OpenQASM, where it has one.

    Raises:
        ValueError: If the definition is missing, ambiguous, of a wrong shape, not unitary or
            not Hermitian.

    Example:
        >>> import numpy as np, qjax
        >>> givens = qjax.Gate("givens", generator=np.array(
        ...     [[0, 0, 0, 0], [0, 0, -0.5j, 0], [0, 0.5j, 0, 0], [0, 0, 0, 0]]))
        >>> circuit = qjax.Circuit(2).x(0).apply(givens, np.pi, 0, 1)
        >>> qjax.probabilities(circuit).round(5).tolist()
        [0.0, 1.0, 0.0, 0.0]
    """

    name: str
    _: dataclasses.KW_ONLY
    matrix: np.ndarray | Callable[..., Any] | None = None
    generator: np.ndarray | None = None
    factors: tuple[tuple[Gate, tuple[int, ...]], ...] = ()
    pauli: str = ""
    data: Literal["", "matrix", "phases"] = ""
    parameters: tuple[str, ...] = ()
    n_qubits: int = 0
    qubit_names: tuple[str, ...] = ()
    qasm: str | None = None
    n_controls: int = 0
    base: Gate | None = None

    def __post_init__(self) -> None:
        """Checks the definition and fills in what follows from it."""
        given = [k for k in ("matrix", "generator", "factors", "pauli", "data") if _given(self, k)]
        if len(given) != 1:
            raise ValueError(
                f"Gate `{self.name}` must be defined by exactly one of `matrix`, `generator`, "
                f"`factors`, `pauli` and `data`, but got {given or 'none'}."
            )
        if self.generator is not None or self.pauli:
            object.__setattr__(self, "parameters", self.parameters or ("theta",))
        if self.data:
            object.__setattr__(self, "parameters", (self.data,))
        for field in ("matrix", "generator"):
            value = getattr(self, field)
            if value is not None and not callable(value):
                check = check_unitary if field == "matrix" else check_hermitian
                object.__setattr__(self, field, check(value, self.name, field))
        object.__setattr__(self, "n_qubits", self._count_qubits())
        if not self.qubit_names:
            names: tuple[str, ...] = ("qubits",)
            if self.n_qubits > 1:
                names = tuple(f"qubits{i + 1}" for i in range(self.n_qubits))
            object.__setattr__(self, "qubit_names", names)

    def _count_qubits(self) -> int:
        if self.data:
            return self.n_qubits
        if self.pauli:
            if not self.pauli or set(self.pauli) - set("IXYZ"):
                raise ValueError(
                    f"Argument `pauli` must be a word over I, X, Y, Z, but is {self.pauli!r}."
                )
            return len(self.pauli)
        if self.factors:
            return self.factors[0][0].n_qubits
        if callable(self.matrix):
            shape = jax.eval_shape(self.matrix, *(0.0 for _ in self.parameters)).shape
        else:
            shape = (self.matrix if self.generator is None else self.generator).shape  # type: ignore[union-attr]
        return qubits_of(shape, self.name, "matrix" if self.generator is None else "generator")

    # What is derived.

    @property
    def dim(self) -> int:
        """Dimension of the space it acts on, ``2**n_qubits``."""
        return 2**self.n_qubits

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one parameter of one use: an angle is a scalar."""
        return {"": (), "matrix": (self.dim, self.dim), "phases": (self.dim,)}[self.data]

    @property
    def is_fixed(self) -> bool:
        """Whether it has no parameters."""
        return not self.parameters

    @functools.cached_property
    def generators(self) -> tuple[np.ndarray, ...] | None:
        """Generator of each angle, or None where some angle has none that is known."""
        if self.generator is not None:
            return (self.generator,)
        if self.pauli:
            return (pauli_matrix(self.pauli) / 2,)
        if self.factors:
            found: dict[int, np.ndarray] = {}
            for gate, angles in self.factors:
                if gate.generators is None or any(i in found for i in angles):
                    return None
                found.update(zip(angles, gate.generators, strict=True))
            return tuple(found[i] for i in range(len(self.parameters)))
        return () if self.is_fixed else None

    @functools.cached_property
    def frequencies(self) -> tuple[tuple[float, ...], ...] | None:
        """For each parameter, the distinct positive gaps of its generator's spectrum."""
        if self.data == "phases":
            return ((1.0,),)
        if self.generators is None:
            return None
        return tuple(_gaps(np.linalg.eigvalsh(g)) for g in self.generators)

    @functools.cached_property
    def is_diagonal(self) -> bool:
        """Whether its matrix is diagonal whatever the angles."""
        if self.data or callable(self.matrix):
            return self.data == "phases"
        if self.factors:
            return all(gate.is_diagonal for gate, _ in self.factors)
        if self.pauli:
            return not set(self.pauli) - set("IZ")
        dense = self.matrix if self.generator is None else self.generator
        return bool(np.all(np.abs(dense - np.diag(np.diag(dense))) < _TOLERANCE))  # type: ignore[operator,arg-type]

    @functools.cached_property
    def is_real(self) -> bool:
        """Whether its matrix is real whatever the angles; with data, that depends on the data."""
        if self.factors:
            return all(gate.is_real for gate, _ in self.factors)
        if self.data:
            return False
        if callable(self.matrix):
            angles = (0.0 for _ in self.parameters)
            return not jnp.issubdtype(
                jax.eval_shape(self.matrix, *angles).dtype, jnp.complexfloating
            )
        if self.pauli:
            return self.pauli.count("Y") % 2 == 1
        dense = self.matrix if self.generator is None else 1j * self.generator
        return bool(np.all(np.abs(np.imag(dense)) < _TOLERANCE))  # type: ignore[arg-type]

    @functools.cached_property
    def real_factors(self) -> tuple[tuple[Gate, tuple[int, ...]], ...]:
        """Diagonal and real gates whose product it is, the first acting first; itself if none.

        A gate on the X axis is one on the Y axis, which is real, between S gates: so are RX, Y,
        their controlled forms, and U.
        """
        angles = tuple(range(len(self.parameters)))
        known = self.is_real or self.is_diagonal or self.data or callable(self.matrix)
        if known or (self.n_qubits > 3 and not self.factors):  # A wide word is one step as it is.
            return ((self, angles),)
        if self.factors:
            return tuple(
                (inner, tuple(outer[i] for i in places))
                for gate, outer in self.factors
                for inner, places in gate.real_factors
            )
        dense, field = self.matrix, "matrix"
        if dense is None:
            dense, field = (self.generators or (None,))[0], "generator"
        for frame in _frames(self.n_qubits):
            turned = frame.conj()[:, None] * dense * frame[None, :]
            inner = Gate(f"real {self.name}", **{field: turned}, parameters=self.parameters)
            if inner.is_real:
                first, last = (Gate("s", matrix=np.diag(d)) for d in (frame.conj(), frame))
                return (first, ()), (inner, angles), (last, ())
        return ((self, angles),)

    @functools.cached_property
    def index_map(self) -> tuple[tuple[int, ...], int] | None:
        """Columns and offset of b -> A b + c over GF(2), where the gate is such a permutation.

        Bit 0 is the least significant bit of a local basis index; column j is the image of bit j.
        """
        if not self.is_fixed or callable(self.matrix) or self.matrix is None:
            return None
        dense = self.matrix
        if not np.all(np.isclose(dense, 0) | np.isclose(dense, 1)):
            return None
        image = np.argmax(dense.real, axis=0)  # |b> -> |image[b]>
        offset = int(image[0])
        columns = tuple(int(image[1 << j]) ^ offset for j in range(self.n_qubits))
        for b in range(self.dim):
            linear = functools.reduce(
                lambda a, j: a ^ (columns[j] if b >> j & 1 else 0),  # noqa: B023
                range(self.n_qubits),
                offset,
            )
            if linear != image[b]:
                return None
        return columns, offset

    @functools.cached_property
    def is_self_inverse(self) -> bool:
        """Whether the gate undoes itself."""
        return isinstance(self.matrix, np.ndarray) and np.allclose(
            self.matrix @ self.matrix, np.eye(self.dim)
        )

    @functools.cached_property
    def _harmonics(self) -> tuple[np.ndarray, list[tuple[float, np.ndarray, np.ndarray]]]:
        """exp(-i theta G) = C + sum_f cos(f theta) A_f + sin(f theta) B_f, f > 0."""
        assert self.generators
        values, vectors = np.linalg.eigh(self.generators[0])
        constant = np.zeros((self.dim, self.dim), complex)
        waves: dict[float, tuple[np.ndarray, np.ndarray]] = {}
        for value, vector in zip(values, vectors.T, strict=True):
            projector = np.outer(vector, vector.conj())
            f = round(abs(float(value)), 9)
            if f == 0:
                constant += projector
                continue
            a, b = waves.get(f, (0, 0))
            waves[f] = (a + projector, b - 1j * np.sign(value) * projector)
        return constant, [(f, a, b) for f, (a, b) in sorted(waves.items())]

    def matrices(self, *parameters: Any, dtype: Any) -> jax.Array:
        """Matrices of many uses of the gate.

        Args:
            *parameters: Arrays ``[uses, *event_shape]``, one a parameter.
            dtype: Dtype of the result: complex, or real for a gate that is real.

        Returns:
            Matrices ``[uses, 2**k, 2**k]``; for a gate without parameters ``[1, 2**k, 2**k]``.
        """
        real = jnp.finfo(dtype).dtype
        if self.data == "matrix":
            return parameters[0].astype(dtype)
        if self.data == "phases":
            return (
                jnp.eye(self.dim, dtype=dtype)[None] * _cis(parameters[0].astype(real))[:, None, :]
            )
        if self.factors:
            parts = [
                gate.matrices(*(parameters[i] for i in angles), dtype=dtype)
                for gate, angles in self.factors
            ]
            return functools.reduce(lambda total, part: part @ total, parts)
        if callable(self.matrix):
            return jax.vmap(lambda *p: jnp.asarray(self.matrix(*p), dtype))(*parameters)  # type: ignore[misc,operator]
        known = functools.partial(_cast, dtype=dtype)
        if self.matrix is not None:
            return known(self.matrix)
        constant, waves = self._harmonics
        theta = parameters[0].astype(real)[:, None, None]
        total = known(constant)
        for f, a, b in waves:
            c, s = (trig(theta * f).astype(dtype) for trig in (jnp.cos, jnp.sin))
            total = total + c * known(a) + s * known(b)
        return total

    def phases(self, *parameters: Any, dtype: Any) -> jax.Array:
        """Angles of the diagonal entries of many uses of a diagonal gate, ``[uses, 2**k]``."""
        real = jnp.finfo(dtype).dtype
        if self.data == "phases":
            return parameters[0].astype(real)
        if self.factors:
            return sum(  # type: ignore[return-value]
                gate.phases(*(parameters[i] for i in angles), dtype=dtype)
                for gate, angles in self.factors
            )
        if self.generators:
            diagonal = jnp.asarray(np.diag(self.generators[0]).real[None], real)
            return -parameters[0].astype(real)[:, None] * diagonal
        assert isinstance(self.matrix, np.ndarray)
        return jnp.asarray(np.angle(np.diag(self.matrix))[None], real)

    def controlled(self, name: str | None = None, *, qasm: str | None = None) -> Gate:
        """The gate with one more control qubit, placed first.

        Example:
            >>> import qjax
            >>> ccz = qjax.GATES["cz"].controlled()
            >>> ccz.name, ccz.n_qubits
            ('ccz', 3)
        """
        options: dict[str, Any] = {"parameters": self.parameters}
        pad = np.zeros((self.dim, self.dim))
        if isinstance(self.matrix, np.ndarray):
            options["matrix"] = direct_sum(np.eye(self.dim), self.matrix)
        elif callable(self.matrix):
            function = self.matrix
            options["matrix"] = lambda *p: jax.scipy.linalg.block_diag(
                jnp.eye(self.dim), function(*p)
            )
        elif self.factors:
            options["factors"] = tuple((g.controlled(), angles) for g, angles in self.factors)
        elif self.generators:
            options["generator"] = direct_sum(pad, self.generators[0])
        else:
            raise ValueError(f"Gate `{self.name}` takes its {self.data} with each use: control it.")
        n_controls = self.n_controls + 1
        names = ("controls", "targets") if self.n_qubits == 1 else ()
        return Gate(
            name or "c" + self.name,
            **options,
            qubit_names=names,
            qasm=qasm,
            n_controls=n_controls,
            base=self.base or self,
        )

    def __repr__(self) -> str:
        """A short form; the definition is in the table."""
        return f"Gate({self.name!r}, n_qubits={self.n_qubits})"


def _given(gate: Gate, field: str) -> bool:
    value = getattr(gate, field)
    return value is not None and (not isinstance(value, str | tuple) or len(value) > 0)


@functools.cache
def _frames(n_qubits: int) -> list[np.ndarray]:
    """Diagonals of S on some of the qubits."""
    index = np.arange(2**n_qubits)
    return [1j ** np.bitwise_count(index & mask) for mask in range(1, 2**n_qubits)]


def _gaps(values: np.ndarray) -> tuple[float, ...]:
    gaps = np.round(np.abs(values[:, None] - values[None, :]), 9).ravel()
    return tuple(float(g) for g in np.unique(gaps) if g > 0)


def _cast(matrix: Any, dtype: Any) -> jax.Array:
    """A constant matrix as a stack of one; of a real gate its real part."""
    real = jnp.issubdtype(dtype, jnp.floating)
    return jnp.asarray(np.real(matrix) if real else matrix, dtype)[None]


def _cis(angle: jax.Array) -> jax.Array:
    return jax.lax.complex(jnp.cos(angle), jnp.sin(angle))


@functools.cache
def pauli_rotation(word: str) -> Gate:
    """The gate exp(-i theta P / 2) of a Pauli word P."""
    return Gate("pauli_rotation", pauli=word)


@functools.cache
def data_gate(name: str, data: Literal["matrix", "phases"], n_qubits: int) -> Gate:
    """The gate on ``n_qubits`` whose matrix or phases come with each use."""
    return Gate(name, data=data, n_qubits=n_qubits)
