"""Observables: sums of Pauli strings, stored as bit masks and coefficients."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Scalar = int | float | complex | jax.Array | np.generic


class Word(NamedTuple):
    """A Pauli string as two bit masks, bit q for qubit q: X has x, Z has z, Y has both."""

    x: int
    z: int

    def times(self, other: Word) -> tuple[complex, Word]:
        """Product of two strings: a phase and a string."""
        product = Word(self.x ^ other.x, self.z ^ other.z)
        # A string is i**|x & z| X^x Z^z, and Z^z X^x' = (-1)**|z & x'| X^x' Z^z.
        power = _ones(self) + _ones(other) - _ones(product) + 2 * (self.z & other.x).bit_count()
        return (1, 1j, -1, -1j)[power % 4], product

    def letter(self, qubit: int) -> int:
        """What it is on a qubit: 0 for I, 1 for X, 2 for Z, 3 for Y."""
        return (self.x >> qubit & 1) + 2 * (self.z >> qubit & 1)

    @property
    def width(self) -> int:
        """One more than the highest qubit it acts on."""
        return (self.x | self.z).bit_length()

    def __str__(self) -> str:
        letters = []
        for q in range(self.width):
            kind = self.letter(q)
            if kind:
                letters.append(f"{' XZY'[kind]}({q})")
        return " @ ".join(letters) or "I()"

    def renamed(self, place: Callable[[int], int]) -> Word:
        """The same string on other qubits."""
        return Word(*(sum(1 << place(q) for q in bits(mask)) for mask in self))


def bits(mask: int) -> Iterator[int]:
    """The bits that a mask sets, from the lowest."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def seen_by(words: Iterable[Word]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Qubits that Pauli strings act on, and those on which some string is not I or Z."""
    x = z = 0
    for word in words:
        x, z = x | word.x, z | word.z
    return tuple(bits(x | z)), tuple(bits(x))


def _ones(word: Word) -> int:
    return (word.x & word.z).bit_count()


@jax.tree_util.register_pytree_node_class
class PauliSum:
    """A weighted sum of Pauli strings, made from ``qjax.X Y Z I`` with ``@ + - *`` or from lists.

    The strings are static; the coefficients are leaves. Coefficients that are Python numbers share
    one leaf, so a sum of thousands of terms is one array.

    Example:
        >>> import qjax
        >>> h = -1.0 * qjax.Z(0) @ qjax.Z(1) - 0.5 * (qjax.X(0) + qjax.X(1))
        >>> len(h), h.n_qubits
        (3, 2)
        >>> float(qjax.expectation(qjax.Circuit(2).h(range(2)), h))
        -1.0
    """

    __slots__ = ("_chunks",)

    def __init__(self, chunks: tuple[tuple[tuple[Word, ...], Any], ...]):
        # A chunk is some words with their coefficients: a tuple of numbers, or one array.
        self._chunks = chunks

    @classmethod
    def from_words(cls, coefficients: Any, words: Sequence[str]) -> PauliSum:
        """A sum from an array of coefficients and words such as ``"ZZI"``, qubit 0 first.

        Args:
            coefficients: Real ``[terms]``, possibly traced.
            words: One letter of I, X, Y, Z a qubit.

        Raises:
            ValueError: If the lengths differ, there are no terms, or a letter is unknown.
        """
        terms = tuple(_parse(word) for word in words)
        if not isinstance(coefficients, jax.Array):
            coefficients = np.asarray(coefficients)
        if not terms or coefficients.shape != (len(terms),):
            raise ValueError(
                f"Argument `coefficients` must have shape ({max(len(terms), 1)},), but has shape "
                f"{coefficients.shape}."
            )
        if isinstance(coefficients, np.ndarray):
            return cls(((terms, tuple(coefficients.tolist())),))
        return cls(((terms, coefficients),))

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[tuple[Word, ...], ...]]:
        """Coefficient arrays and words."""
        leaves = tuple(np.asarray(c) if isinstance(c, tuple) else c for _, c in self._chunks)
        return leaves, tuple(words for words, _ in self._chunks)

    @classmethod
    def tree_unflatten(cls, words: tuple[tuple[Word, ...], ...], leaves: Sequence[Any]) -> PauliSum:
        """Rebuilds the sum."""
        return cls(tuple(zip(words, leaves, strict=True)))

    @property
    def words(self) -> tuple[Word, ...]:
        """All strings, in order."""
        return tuple(word for words, _ in self._chunks for word in words)

    @property
    def coefficients(self) -> Any:
        """All coefficients ``[terms]``, in order."""
        parts = [np.asarray(c) if isinstance(c, tuple) else c for _, c in self._chunks]
        if len(parts) == 1:
            return parts[0]
        traced = next((p for p in parts if isinstance(p, jax.Array)), None)
        if traced is None:
            return np.concatenate(parts)
        return jnp.concatenate([_array_like(p, traced) for p in parts])

    @property
    def n_qubits(self) -> int:
        """One more than the highest qubit that it acts on."""
        return max((word.width for word in self.words), default=0)

    def __len__(self) -> int:
        """Number of terms."""
        return sum(len(words) for words, _ in self._chunks)

    def check_hermitian(self) -> None:
        """Raises ValueError where a coefficient is complex, once equal strings are added up."""
        parts = [np.asarray(c) if isinstance(c, tuple) else c for _, c in self._chunks]
        if not any(jnp.issubdtype(c.dtype, jnp.complexfloating) for c in parts):
            return
        if all(isinstance(c, np.ndarray) for c in parts):
            total = self.simplify()
            bad = [(w, c) for w, c in total._terms() if abs(complex(c).imag) > 1e-9 * abs(c)]
            if not bad:
                return
            raise ValueError(
                "Argument `observable` must be Hermitian, but the coefficient of "
                f"{bad[0][0]} is {bad[0][1]}."
            )
        raise ValueError("Argument `observable` must have real coefficients, but some are complex.")

    def simplify(self) -> PauliSum:
        """Adds up terms with the same string; drops those whose coefficient is known to be 0."""
        index: dict[Word, int] = {}
        places = np.array([index.setdefault(word, len(index)) for word in self.words])
        if all(isinstance(c, tuple) for _, c in self._chunks):
            total = np.zeros(len(index), np.asarray(self.coefficients).dtype)
            np.add.at(total, places, self.coefficients)
            kept = [i for i in range(len(index)) if total[i] != 0] or [0]
            words = list(index)
            return PauliSum(((tuple(words[i] for i in kept), tuple(total[kept].tolist())),))
        coefficients = jnp.asarray(self.coefficients)
        summed = jnp.zeros(len(index), coefficients.dtype).at[places].add(coefficients)
        return PauliSum(((tuple(index), summed),))

    def __add__(self, other: Any) -> PauliSum:
        """Sum; a number stands for that number times the identity."""
        if isinstance(other, int | float) and other == 0:  # So that `sum` works.
            return self
        other = _as_sum(other)
        if other is None:
            return NotImplemented
        left, right = self._chunks[-1], other._chunks[0]
        if isinstance(left[1], tuple) and isinstance(right[1], tuple):
            joined = (left[0] + right[0], left[1] + right[1])
            return PauliSum((*self._chunks[:-1], joined, *other._chunks[1:]))
        return PauliSum(self._chunks + other._chunks)

    __radd__ = __add__

    def __mul__(self, scalar: Any) -> PauliSum:
        """Scaling by a number or a scalar array, possibly traced."""
        if isinstance(scalar, PauliSum):
            raise TypeError("Observables are multiplied with `@`; `*` scales by a number.")
        if not _is_scalar(scalar):
            return NotImplemented
        return PauliSum(tuple((words, _scaled(c, scalar)) for words, c in self._chunks))

    __rmul__ = __mul__
    # NumPy scalars and JAX arrays would otherwise try to multiply elementwise.
    __array_priority__ = 1000

    def __neg__(self) -> PauliSum:
        return self * -1

    def __sub__(self, other: Any) -> PauliSum:
        other = _as_sum(other)
        return NotImplemented if other is None else self + (-other)

    def __rsub__(self, other: Any) -> PauliSum:
        return -self + other

    def __truediv__(self, scalar: Any) -> PauliSum:
        return self * (1 / scalar)

    def __matmul__(self, other: Any) -> PauliSum:
        """Operator product."""
        if not isinstance(other, PauliSum):
            return NotImplemented
        chunks = []
        for left, a in self._chunks:
            for right, b in other._chunks:
                pairs = [u.times(v) for u in left for v in right]
                phases = tuple(phase for phase, _ in pairs)
                chunks.append((tuple(w for _, w in pairs), _outer(a, b, phases)))
        total = PauliSum((chunks[0],))
        for chunk in chunks[1:]:
            total = total + PauliSum((chunk,))
        return total

    def __repr__(self) -> str:
        """The terms, at most eight of them."""
        shown = [f"{_show(c)} {word}" for word, c in list(self._terms())[:8]]
        more = f" + ... ({len(self)} terms)" if len(self) > 8 else ""
        return " + ".join(shown) + more

    def _terms(self) -> Iterable[tuple[Word, Any]]:
        for words, c in self._chunks:
            known = isinstance(c, tuple) or isinstance(c, np.ndarray)
            for i, word in enumerate(words):
                yield word, c[i] if known else None


def _pauli(letter: str, qubit: Any) -> PauliSum:
    try:
        q = operator.index(qubit) if not isinstance(qubit, bool) else -1
    except TypeError:
        raise TypeError(f"Argument `qubit` must be an integer, but is {qubit!r}.") from None
    if q < 0:
        raise ValueError(f"Argument `qubit` must be at least 0, but is {qubit}.")
    word = Word((letter in "XY") << q, (letter in "YZ") << q)
    return PauliSum((((word,), (1.0,)),))


def X(qubit: int) -> PauliSum:  # noqa: N802
    r"""Pauli X on a qubit, an observable.

    .. math:: X |0\rangle = |1\rangle, \qquad X |1\rangle = |0\rangle

    Args:
        qubit: The qubit, from 0; 0 is the most significant bit.

    Returns:
        A sum of one string, to be added, scaled and multiplied (``@``) with others.

    Raises:
        TypeError: If the qubit is not an integer.
        ValueError: If it is negative.

    Example:
        >>> import qjax
        >>> round(float(qjax.expectation(qjax.Circuit(1).h(0), qjax.X(0))), 4)
        1.0
    """
    return _pauli("X", qubit)


def Y(qubit: int) -> PauliSum:  # noqa: N802
    r"""Pauli Y on a qubit, an observable.

    .. math:: Y |0\rangle = i |1\rangle, \qquad Y |1\rangle = -i |0\rangle

    Args:
        qubit: The qubit, from 0; 0 is the most significant bit.

    Returns:
        A sum of one string, to be added, scaled and multiplied (``@``) with others.

    Raises:
        TypeError: If the qubit is not an integer.
        ValueError: If it is negative.

    Example:
        >>> import qjax
        >>> round(float(qjax.expectation(qjax.Circuit(1).h(0).s(0), qjax.Y(0))), 4)
        1.0
    """
    return _pauli("Y", qubit)


def Z(qubit: int) -> PauliSum:  # noqa: N802
    r"""Pauli Z on a qubit, an observable.

    .. math:: Z |b\rangle = (-1)^b |b\rangle

    Args:
        qubit: The qubit, from 0; 0 is the most significant bit.

    Returns:
        A sum of one string, to be added, scaled and multiplied (``@``) with others.

    Raises:
        TypeError: If the qubit is not an integer.
        ValueError: If it is negative.

    Example:
        >>> import qjax
        >>> round(float(qjax.expectation(qjax.Circuit(1).x(0), qjax.Z(0))), 4)
        -1.0
    """
    return _pauli("Z", qubit)


def I() -> PauliSum:  # noqa: N802, E743
    r"""The identity, an observable: :math:`\langle I \rangle = 1` in every state.

    Returns:
        A sum of one string, for a constant in an observable.

    Example:
        >>> import qjax
        >>> float(qjax.expectation(qjax.Circuit(1).x(0), 2.0 * qjax.I() + qjax.Z(0)))
        1.0
    """
    return PauliSum((((Word(0, 0),), (1.0,)),))


def _as_sum(value: Any) -> PauliSum | None:
    if isinstance(value, PauliSum):
        return value
    return I() * value if _is_scalar(value) else None


def _is_scalar(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float | complex | np.number):
        return True
    return isinstance(value, jax.Array | np.ndarray) and value.ndim == 0


def _scaled(coefficients: Any, scalar: Any) -> Any:
    if isinstance(coefficients, tuple) and not isinstance(scalar, jax.Array):
        scalar = scalar.item() if isinstance(scalar, np.ndarray | np.generic) else scalar
        return tuple(c * scalar for c in coefficients)
    return _array_like(coefficients, scalar) * _array_like(scalar, coefficients)


def _array_like(value: Any, other: Any) -> jax.Array:
    """An array in the dtype of the other one where this one is made of literals."""
    if isinstance(value, jax.Array):
        return value
    value = np.asarray(value)
    dtype = other.dtype
    if value.dtype.kind == "c":
        dtype = jnp.promote_types(dtype, jnp.complex64)
    return jnp.asarray(value, dtype)


def _outer(a: Any, b: Any, phases: tuple[complex, ...]) -> Any:
    if isinstance(a, tuple) and isinstance(b, tuple):
        products = (u * v for u in a for v in b)
        return tuple(_real(p * phase) for p, phase in zip(products, phases, strict=True))
    left, right = _array_like(a, b), _array_like(b, a)
    product = (left[:, None] * right[None, :]).reshape(-1)
    signs = np.asarray(phases)
    if not np.any(signs.imag):
        return product * jnp.asarray(signs.real, product.dtype)
    return product * jnp.asarray(signs, jnp.promote_types(product.dtype, jnp.complex64))


def _real(value: complex) -> complex | float:
    return value.real if isinstance(value, complex) and value.imag == 0 else value


def _parse(word: str) -> Word:
    if not isinstance(word, str) or set(word) - set("IXYZ"):
        raise ValueError(f"Argument `words` must be words over I, X, Y, Z, but holds {word!r}.")
    x = sum(1 << q for q, letter in enumerate(word) if letter in "XY")
    z = sum(1 << q for q, letter in enumerate(word) if letter in "YZ")
    return Word(x, z)


def _show(coefficient: Any) -> str:
    return "?" if coefficient is None else f"{coefficient:g}"
