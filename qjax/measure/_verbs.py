"""The verbs: the one place where circuit, engine, gradient and observables meet."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, PauliSum, Word, errors
from qjax.engines import Statevector
from qjax.gradients import Adjoint, Backprop, ParameterShift

Engine = Statevector
Gradient = Adjoint | Backprop | ParameterShift


def statevector(
    circuit: Circuit, *, engine: Engine | None = None, gradient: Gradient | None = None
) -> jax.Array:
    r"""Final state of a circuit, :math:`U |0\dots0\rangle`.

    Args:
        circuit: The circuit, on n qubits.
        engine: How to run it; ``Statevector()`` by default.
        gradient: How to differentiate it; ``Adjoint()`` by default.

    Returns:
        Complex ``[2**n]``, qubit 0 the most significant bit of the index.

    Raises:
        TypeError: If an argument is of a wrong type.
        ValueError: If the state does not fit in memory, or the gradient does not support the verb.

    Example:
        >>> import qjax
        >>> qjax.statevector(qjax.Circuit(2).x(1)).real.tolist()
        [0.0, 1.0, 0.0, 0.0]
    """
    engine, gradient = checked("statevector", circuit, engine, gradient)
    engine.check_circuit(circuit)
    return _run(circuit, engine=engine, gradient=gradient, verb=_state)


def expectation(
    circuit: Circuit,
    observable: PauliSum | Sequence[PauliSum],
    *,
    engine: Engine | None = None,
    gradient: Gradient | None = None,
) -> jax.Array:
    r"""Expectation value :math:`\langle\psi|O|\psi\rangle` of one observable, or of each of a list.

    Args:
        circuit: The circuit that prepares the state.
        observable: A sum of Pauli strings with real coefficients, or a list of k of them.
        engine: How to run it; ``Statevector()`` by default.
        gradient: How to differentiate it; ``Adjoint()`` by default.

    Returns:
        A real scalar, or ``[k]`` for a list.

    Raises:
        TypeError: If the observable is none, as an empty sum is.
        ValueError: If it acts beyond the circuit, is not Hermitian, or the list is empty.

    Example:
        >>> import qjax
        >>> bell = qjax.Circuit(2).h(0).cx(0, 1)
        >>> qjax.expectation(bell, [qjax.Z(0), qjax.Z(0) @ qjax.Z(1)]).round(5).tolist()
        [0.0, 1.0]
    """
    engine, gradient = checked("expectation", circuit, engine, gradient)
    observables = checked_observables(observable, circuit.n_qubits)
    engine.check_circuit(circuit, *seen_by(word for each in observables for word in each.words))
    values = _run_observables(circuit, observables, engine=engine, gradient=gradient)
    return values[0] if isinstance(observable, PauliSum) else values


def probabilities(
    circuit: Circuit,
    qubits: Any = None,
    *,
    engine: Engine | None = None,
    gradient: Gradient | None = None,
) -> jax.Array:
    """Probabilities of measuring each bit string.

    Args:
        circuit: The circuit.
        qubits: Which qubits are measured, and in which order; all by default.
        engine: How to run it; ``Statevector()`` by default.
        gradient: How to differentiate it; ``Adjoint()`` by default.

    Returns:
        Real ``[2**k]`` for k qubits, the first one the most significant bit.

    Raises:
        ValueError: If a qubit is out of range or named twice.

    Example:
        >>> import qjax
        >>> qjax.probabilities(qjax.Circuit(2).x(1), qubits=[1, 0]).tolist()
        [0.0, 0.0, 1.0, 0.0]
    """
    engine, gradient = checked("probabilities", circuit, engine, gradient)
    kept = _kept(qubits, circuit.n_qubits)
    engine.check_circuit(circuit, kept, ())
    return _run_marginal(
        circuit, engine=engine, gradient=gradient, verb=_probabilities, qubits=kept, mixed=()
    )


def sample(
    circuit: Circuit,
    key: jax.Array,
    shots: int,
    qubits: Any = None,
    *,
    engine: Engine | None = None,
) -> jax.Array:
    """Measures the qubits ``shots`` times.

    Args:
        circuit: The circuit.
        key: Random key, as from ``jax.random.key``; it is consumed.
        shots: Number of measurements, at least 1.
        qubits: Which qubits are measured, and in which order; all by default.
        engine: How to run it; ``Statevector()`` by default.

    Returns:
        Integers 0 and 1, ``[shots, k]``.

    Raises:
        TypeError: If the key is none, or the number of shots is not an integer.
        ValueError: If the number of shots is below 1.

    Example:
        >>> import jax, qjax
        >>> qjax.sample(qjax.Circuit(2).x(1), jax.random.key(0), shots=2).tolist()
        [[0, 1], [0, 1]]
    """
    engine, gradient = checked("sample", circuit, engine, None)
    _check_key(key)
    shots = errors.positive(shots, "shots")
    kept = _kept(qubits, circuit.n_qubits)
    engine.check_circuit(circuit, kept, ())
    return _run_sample(circuit, key, engine=engine, gradient=gradient, shots=shots, qubits=kept)


def amplitude(
    circuit: Circuit,
    bits: Any,
    *,
    engine: Engine | None = None,
    gradient: Gradient | None = None,
) -> jax.Array:
    r"""Amplitude of one bit string, :math:`\langle b|\psi\rangle`.

    Args:
        circuit: The circuit, on n qubits.
        bits: A string such as ``"010"``, or n integers 0 and 1 (possibly traced), qubit 0 first.
        engine: How to run it; ``Statevector()`` by default.
        gradient: How to differentiate it; ``Adjoint()`` by default.

    Returns:
        A complex scalar.

    Raises:
        ValueError: If the bits are not n zeros and ones.

    Example:
        >>> import qjax
        >>> qjax.amplitude(qjax.Circuit(2).h(0).cx(0, 1), "11").real.round(4).tolist()
        0.7071
    """
    engine, gradient = checked("amplitude", circuit, engine, gradient)
    engine.check_circuit(circuit)
    index = _index(bits, circuit.n_qubits)
    return _run(circuit, engine=engine, gradient=gradient, verb=_state)[index]


def density_matrix(
    circuit: Circuit,
    qubits: Any = None,
    *,
    engine: Engine | None = None,
    gradient: Gradient | None = None,
) -> jax.Array:
    r"""Density matrix of some qubits, :math:`\mathrm{Tr}_{\text{rest}} |\psi\rangle\langle\psi|`.

    Args:
        circuit: The circuit.
        qubits: Which qubits are kept, and in which order; all by default.
        engine: How to run it; ``Statevector()`` by default.
        gradient: How to differentiate it; ``Adjoint()`` by default.

    Returns:
        Complex ``[2**k, 2**k]`` for k qubits.

    Raises:
        ValueError: If a qubit is out of range or named twice.

    Example:
        >>> import qjax
        >>> bell = qjax.Circuit(2).h(0).cx(0, 1)
        >>> qjax.density_matrix(bell, qubits=0).real.round(5).tolist()
        [[0.5, 0.0], [0.0, 0.5]]
    """
    engine, gradient = checked("density_matrix", circuit, engine, gradient)
    kept = _kept(qubits, circuit.n_qubits)
    engine.check_circuit(circuit, kept)
    engine.check(2 * len(kept))
    return _run_marginal(
        circuit, engine=engine, gradient=gradient, verb=_density_matrix, qubits=kept, mixed=kept
    )


def unitary(
    circuit: Circuit, *, engine: Engine | None = None, gradient: Gradient | None = None
) -> jax.Array:
    """The matrix of a circuit.

    Args:
        circuit: The circuit, on n qubits.
        engine: How to run it; ``Statevector()`` by default.
        gradient: How to differentiate it; ``Adjoint()`` by default.

    Returns:
        Complex ``[2**n, 2**n]``; column b is the image of basis state b.

    Raises:
        ValueError: If the matrix does not fit in memory.

    Example:
        >>> import qjax
        >>> qjax.unitary(qjax.Circuit(1).y(0)).imag.tolist()
        [[0.0, -1.0], [1.0, 0.0]]
    """
    engine, gradient = checked("unitary", circuit, engine, gradient)
    engine.check(2 * circuit.n_qubits)
    return _run(circuit, engine=engine, gradient=gradient, verb=_matrix)


# What runs: compiled once for each structure, engine and gradient.


@functools.partial(jax.jit, static_argnames=("engine", "gradient", "verb"))
def _run(circuit: Circuit, *, engine: Engine, gradient: Gradient, verb: Any) -> jax.Array:
    return gradient.evaluate(lambda circuit, evolve: verb(engine, circuit, evolve), circuit)


@functools.partial(jax.jit, static_argnames=("engine", "gradient"))
def _run_observables(
    circuit: Circuit, observables: tuple[PauliSum, ...], *, engine: Engine, gradient: Gradient
) -> jax.Array:
    index: dict[Any, int] = {}
    rows = [[index.setdefault(word, len(index)) for word in o.words] for o in observables]
    words = tuple(index)
    # Before the gradient: it need not spend anything on what is not seen.
    circuit, kept = engine.narrow(circuit, *seen_by(words))
    words = tuple(Word(*(_placed(mask, kept) for mask in word)) for word in words)
    values = gradient.evaluate(
        lambda circuit, evolve: engine.values(circuit, words, evolve), circuit
    )
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    weights = [jnp.asarray(o.coefficients).real.astype(values.dtype) for o in observables]
    weighted = jnp.concatenate(weights) * values[np.concatenate(rows)]
    return jax.ops.segment_sum(weighted, owner, num_segments=len(rows), indices_are_sorted=True)


@functools.partial(jax.jit, static_argnames=("engine", "gradient", "verb", "qubits", "mixed"))
def _run_marginal(
    circuit: Circuit, *, engine: Engine, gradient: Gradient, verb: Any, qubits: Any, mixed: Any
) -> jax.Array:
    circuit, kept = engine.narrow(circuit, qubits, mixed)
    places = tuple(kept.index(q) for q in qubits)
    return gradient.evaluate(lambda c, evolve: verb(engine, c, evolve, places), circuit)


def seen_by(words: Iterable[Word]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Qubits that Pauli strings act on, and those on which some string is not I or Z."""
    x = z = 0
    for word in words:
        x, z = x | word.x, z | word.z
    return tuple(_bits(x | z)), tuple(_bits(x))


def _bits(mask: int) -> Iterator[int]:
    return (q for q in range(mask.bit_length()) if mask >> q & 1)


def _placed(mask: int, kept: tuple[int, ...]) -> int:
    """A mask over qubits as one over the places of the kept ones."""
    return sum(1 << kept.index(q) for q in _bits(mask))


@functools.partial(jax.jit, static_argnames=("engine", "gradient", "shots", "qubits"))
def _run_sample(
    circuit: Circuit, key: jax.Array, *, engine: Engine, gradient: Gradient, shots: int, qubits: Any
) -> jax.Array:
    p = _run_marginal(
        circuit, engine=engine, gradient=gradient, verb=_probabilities, qubits=qubits, mixed=()
    )
    p = jax.lax.stop_gradient(p)
    total = jnp.cumsum(p)
    draws = jax.random.uniform(key, (shots,), p.dtype) * total[-1]
    index = jnp.searchsorted(total, draws, side="right")
    # Rounding may push a draw past the end: the last outcome that can happen takes it.
    last = p.shape[0] - 1 - jnp.argmax(p[::-1] > 0).astype(index.dtype)
    index = jnp.minimum(index, last)
    places = np.arange(len(qubits) - 1, -1, -1)
    return (index[:, None] >> jnp.asarray(places, index.dtype)[None, :]) & 1


def _state(engine: Engine, circuit: Circuit, evolve: Any) -> jax.Array:
    return engine.state(circuit, evolve)


def _matrix(engine: Engine, circuit: Circuit, evolve: Any) -> jax.Array:
    return engine.unitary(circuit, evolve)


def _probabilities(engine: Engine, circuit: Circuit, evolve: Any, qubits: Any) -> jax.Array:
    n = circuit.n_qubits
    p = engine.probabilities(circuit, evolve).reshape((2,) * n)
    rest = tuple(q for q in range(n) if q not in qubits)
    kept = [q for q in range(n) if q in qubits]
    return p.sum(rest).transpose([kept.index(q) for q in qubits]).reshape(-1)


def _density_matrix(engine: Engine, circuit: Circuit, evolve: Any, qubits: Any) -> jax.Array:
    n = circuit.n_qubits
    rest = [q for q in range(n) if q not in qubits]
    state = engine.state(circuit, evolve).reshape((2,) * n).transpose(*qubits, *rest)
    rows = state.reshape(2 ** len(qubits), -1)
    return jnp.matmul(rows, rows.conj().T, precision=jax.lax.Precision.HIGHEST)


# Checks, before anything is traced.


def checked(
    verb: str, circuit: Circuit, engine: Engine | None, gradient: Gradient | None
) -> tuple[Engine, Gradient]:
    """The engine and the gradient that are given, or the defaults, checked."""
    if not isinstance(circuit, Circuit):
        raise TypeError(f"Argument `circuit` must be a `qjax.Circuit`, but is {circuit!r}.")
    engine = Statevector() if engine is None else engine
    gradient = Adjoint() if gradient is None else gradient
    if not isinstance(engine, Engine):
        raise TypeError(
            f"Argument `engine` must be such as `qjax.Statevector()`, but is {engine!r}."
        )
    if not isinstance(gradient, Gradient):
        raise TypeError(
            f"Argument `gradient` must be such as `qjax.Adjoint()`, but is {gradient!r}."
        )
    if gradient.verbs is not None and verb not in gradient.verbs:
        raise ValueError(
            f"Gradient `{type(gradient).__name__}` does not support `{verb}`, which is not linear "
            f"in the density matrix; it supports {sorted(gradient.verbs)}. Consider "
            "`gradient=Adjoint()` instead."
        )
    return engine, gradient


def checked_observables(observable: Any, n_qubits: int) -> tuple[PauliSum, ...]:
    """The observables that one or a list of them holds, checked."""
    observables = (observable,) if isinstance(observable, PauliSum) else observable
    if not isinstance(observables, list | tuple) or not observables:
        raise TypeError(
            "Argument `observable` must be an observable such as `qjax.Z(0)`, or a list of them, "
            f"but is {observable!r}. A sum over nothing is no observable."
        )
    for each in observables:
        _check_observable(each, n_qubits)
    return tuple(observables)


def _check_observable(observable: Any, n_qubits: int) -> None:
    if not isinstance(observable, PauliSum):
        raise TypeError(
            "Argument `observable` must be an observable such as `qjax.Z(0)`, but is "
            f"{observable!r}. A sum over nothing is no observable."
        )
    if observable.n_qubits > n_qubits:
        raise ValueError(
            f"Argument `observable` must act on qubits 0 to {n_qubits - 1}, but acts on qubit "
            f"{observable.n_qubits - 1}."
        )
    observable.check_hermitian()


def _kept(qubits: Any, n_qubits: int) -> tuple[int, ...]:
    if qubits is None:
        return tuple(range(n_qubits))
    kept = errors.as_qubits(qubits, n_qubits)
    kept = (kept,) if isinstance(kept, int) else kept
    errors.check_distinct(kept, "qubits")
    return kept


def _index(bits: Any, n_qubits: int) -> Any:
    if isinstance(bits, jax.core.Tracer):
        errors.check_shape(bits.shape, [(n_qubits,)], "bits")
        weights = 2 ** np.arange(n_qubits - 1, -1, -1)
        return jnp.sum(bits.astype(jnp.int32) * jnp.asarray(weights, jnp.int32))
    known = [str(b) for b in (bits if isinstance(bits, str) else np.asarray(bits).tolist())]
    if len(known) != n_qubits or set(known) - {"0", "1"}:
        raise ValueError(
            f"Argument `bits` must be {n_qubits} zeros and ones, qubit 0 first, but is {bits!r}."
        )
    return int("".join(known), 2)


def _check_key(key: Any) -> None:
    if not isinstance(key, jax.Array):
        raise TypeError(
            f"Argument `key` must be a random key such as `jax.random.key(0)`, but is {key!r}."
        )
