"""The verbs: the one place where circuit, engine, gradient and observables meet."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, PauliSum, Word, errors, seen_by
from qjax.engines import MPS, Statevector, TensorNetwork
from qjax.gradients import Adjoint, Backprop, ParameterShift
from qjax.measure._bulk import in_bulk
from qjax.measure._choice import Question, choose

Engine = Statevector | TensorNetwork | MPS
Gradient = Adjoint | Backprop | ParameterShift

# How each engine is differentiated where nothing is said.
_GRADIENTS: dict[type, Gradient] = {
    Statevector: Adjoint(),
    TensorNetwork: Backprop(),
    MPS: Backprop(),
}


def statevector(
    circuit: Circuit, *, engine: Engine | None = None, gradient: Gradient | None = None
) -> jax.Array:
    r"""Final state of a circuit, :math:`U |0\dots0\rangle`.

    Args:
        circuit: The circuit, on n qubits.
        engine: How to run it; by default what is predicted to be quickest.
        gradient: How to differentiate it; by default ``Adjoint()`` for a statevector, else
            ``Backprop()``.

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
    engine, gradient = checked(Question("statevector"), circuit, engine, gradient)
    engine.check_circuit(circuit)
    return _run(circuit, engine=engine, gradient=gradient, verb="state")


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
        engine: How to run it; by default what is predicted to be quickest.
        gradient: How to differentiate it; by default ``Adjoint()`` for a statevector, else
            ``Backprop()``.

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
    check_is_circuit(circuit)
    observables = checked_observables(observable, circuit.n_qubits)
    words = tuple(dict.fromkeys(word for each in observables for word in each.words))
    engine, gradient = checked(Question("expectation", words), circuit, engine, gradient)
    engine.check_words(circuit, words)
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
        engine: How to run it; by default what is predicted to be quickest.
        gradient: How to differentiate it; by default ``Adjoint()`` for a statevector, else
            ``Backprop()``.

    Returns:
        Real ``[2**k]`` for k qubits, the first one the most significant bit.

    Raises:
        ValueError: If a qubit is out of range or named twice.

    Example:
        >>> import qjax
        >>> qjax.probabilities(qjax.Circuit(2).x(1), qubits=[1, 0]).tolist()
        [0.0, 0.0, 1.0, 0.0]
    """
    check_is_circuit(circuit)
    kept = _kept(qubits, circuit.n_qubits)
    question = Question("probabilities", qubits=kept, mixed=())
    engine, gradient = checked(question, circuit, engine, gradient)
    engine.check_circuit(circuit, kept, ())
    return _run_marginal(
        circuit, engine=engine, gradient=gradient, verb="probabilities", qubits=kept, mixed=()
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
        engine: How to run it; by default what is predicted to be quickest.

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
    check_is_circuit(circuit)
    check_key(key)
    shots = errors.positive(shots, "shots")
    kept = _kept(qubits, circuit.n_qubits)
    engine, _ = checked(Question("sample", qubits=kept, mixed=()), circuit, engine, None)
    engine.check_circuit(circuit, kept, ())
    return _run_sample(circuit, key, engine=engine, shots=shots, qubits=kept)


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
        engine: How to run it; by default what is predicted to be quickest.
        gradient: How to differentiate it; by default ``Adjoint()`` for a statevector, else
            ``Backprop()``.

    Returns:
        A complex scalar.

    Raises:
        ValueError: If the bits are not n zeros and ones.

    Example:
        >>> import qjax
        >>> qjax.amplitude(qjax.Circuit(2).h(0).cx(0, 1), "11").real.round(4).tolist()
        0.7071
    """
    engine, gradient = checked(Question("amplitude"), circuit, engine, gradient)
    engine.check_circuit(circuit)
    row = bit_row(bits, circuit.n_qubits)
    return _run_amplitude(circuit, row, engine=engine, gradient=gradient)


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
        engine: How to run it; by default what is predicted to be quickest.
        gradient: How to differentiate it; by default ``Adjoint()`` for a statevector, else
            ``Backprop()``.

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
    check_is_circuit(circuit)
    kept = _kept(qubits, circuit.n_qubits)
    engine, gradient = checked(Question("density_matrix", qubits=kept), circuit, engine, gradient)
    engine.check_circuit(circuit, kept)
    return _run_marginal(
        circuit, engine=engine, gradient=gradient, verb="density_matrix", qubits=kept, mixed=kept
    )


def unitary(
    circuit: Circuit, *, engine: Engine | None = None, gradient: Gradient | None = None
) -> jax.Array:
    """The matrix of a circuit.

    Args:
        circuit: The circuit, on n qubits.
        engine: How to run it; by default what is predicted to be quickest.
        gradient: How to differentiate it; by default ``Adjoint()`` for a statevector, else
            ``Backprop()``.

    Returns:
        Complex ``[2**n, 2**n]``; column b is the image of basis state b.

    Raises:
        ValueError: If the matrix does not fit in memory.

    Example:
        >>> import qjax
        >>> qjax.unitary(qjax.Circuit(1).y(0)).imag.tolist()
        [[0.0, -1.0], [1.0, 0.0]]
    """
    engine, gradient = checked(Question("unitary"), circuit, engine, gradient)
    return _run(circuit, engine=engine, gradient=gradient, verb="unitary")


# What runs: compiled once for each structure, engine and gradient.


@functools.partial(jax.jit, static_argnames=("engine", "gradient", "verb"))
def _run(circuit: Circuit, *, engine: Engine, gradient: Gradient, verb: str) -> jax.Array:
    return gradient.evaluate(getattr(engine, verb), circuit)


@functools.partial(jax.jit, static_argnames=("engine", "gradient"))
def _run_amplitude(
    circuit: Circuit, row: jax.Array, *, engine: Engine, gradient: Gradient
) -> jax.Array:
    def amplitude(circuit: Circuit, evolve: Any) -> jax.Array:
        return engine.amplitudes(circuit, row[None], evolve)[0]

    return gradient.evaluate(amplitude, circuit)


@functools.partial(jax.jit, static_argnames=("engine", "gradient"))
def _run_observables(
    circuit: Circuit, observables: tuple[PauliSum, ...], *, engine: Engine, gradient: Gradient
) -> jax.Array:
    index: dict[Word, int] = {}
    rows = [[index.setdefault(word, len(index)) for word in o.words] for o in observables]
    values = _word_values(engine, gradient, circuit, tuple(index))
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    weights = [jnp.asarray(o.coefficients).real.astype(values.dtype) for o in observables]
    weighted = jnp.concatenate(weights) * values[np.concatenate(rows)]
    return jax.ops.segment_sum(weighted, owner, num_segments=len(rows), indices_are_sorted=True)


def _word_values(
    engine: Engine, gradient: Gradient, circuit: Circuit, words: tuple[Word, ...]
) -> jax.Array:
    """Expectation values of distinct Pauli strings, ``[strings]``."""

    def measured(circuit: Circuit, words: tuple[Word, ...]) -> jax.Array:
        return gradient.evaluate(lambda c, evolve: engine.values(c, words, evolve), circuit)

    groups = engine.cones(circuit, words)
    if groups is None:
        # Before the gradient: it need not spend anything on what is not seen.
        circuit, kept = engine.narrow(circuit, *seen_by(words))
        return measured(circuit, tuple(word.renamed(kept.index) for word in words))
    parts = [
        in_bulk(functools.partial(measured, words=group.words), group, engine.at_once(group))
        for group in groups
    ]
    places = np.concatenate([group.places.reshape(-1) for group in groups])
    first = np.unique(places, return_index=True)[1]
    return jnp.concatenate([part.reshape(-1) for part in parts])[first]


@functools.partial(jax.jit, static_argnames=("engine", "gradient", "verb", "qubits", "mixed"))
def _run_marginal(
    circuit: Circuit, *, engine: Engine, gradient: Gradient, verb: str, qubits: Any, mixed: Any
) -> jax.Array:
    circuit, kept = engine.narrow(circuit, qubits, mixed)
    places = tuple(kept.index(q) for q in qubits)
    ask = getattr(engine, verb)
    return gradient.evaluate(lambda c, evolve: ask(c, places, evolve), circuit)


@functools.partial(jax.jit, static_argnames=("engine", "shots", "qubits"))
def _run_sample(
    circuit: Circuit, key: jax.Array, *, engine: Engine, shots: int, qubits: Any
) -> jax.Array:
    circuit, kept = engine.narrow(circuit, qubits, ())
    circuit = jax.lax.stop_gradient(circuit)
    return engine.sample(circuit, key, shots, tuple(kept.index(q) for q in qubits))


# Checks, before anything is traced.

# What each verb asks of an engine.
_METHODS = {
    "statevector": "state",
    "expectation": "values",
    "probabilities": "probabilities",
    "sample": "sample",
    "amplitude": "amplitudes",
    "density_matrix": "density_matrix",
    "unitary": "unitary",
}


def check_is_circuit(circuit: Any) -> None:
    """Raises TypeError where it is none."""
    if not isinstance(circuit, Circuit):
        raise TypeError(f"Argument `circuit` must be a `qjax.Circuit`, but is {circuit!r}.")


def checked(
    question: Question, circuit: Circuit, engine: Engine | None, gradient: Gradient | None
) -> tuple[Engine, Gradient]:
    """The engine and the gradient that are given, or what is chosen, checked."""
    check_is_circuit(circuit)
    verb = question.verb
    if engine is None:
        # Only a statevector has what the reversible gradient undoes.
        engine = Statevector() if isinstance(gradient, Adjoint) else choose(circuit, question)
    gradient = _GRADIENTS.get(type(engine)) if gradient is None else gradient
    if not isinstance(engine, Engine):
        raise TypeError(
            f"Argument `engine` must be such as `qjax.Statevector()`, but is {engine!r}."
        )
    if not hasattr(engine, _METHODS.get(verb, "check_circuit")):
        able = sorted(v for v, method in _METHODS.items() if hasattr(engine, method))
        raise ValueError(
            f"Engine `{type(engine).__name__}` does not support `{verb}`; it supports {able}. "
            "Consider `engine=Statevector()` instead."
        )
    if not isinstance(gradient, Gradient):
        raise TypeError(
            f"Argument `gradient` must be such as `qjax.Adjoint()`, but is {gradient!r}."
        )
    if isinstance(gradient, Adjoint) and not isinstance(engine, Statevector):
        raise ValueError(
            f"Gradient `Adjoint` does not support engine `{type(engine).__name__}`, which runs no "
            "steps that could be undone. Consider `gradient=Backprop()` or `ParameterShift()`, or "
            "`engine=Statevector()`."
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


def bit_row(bits: Any, n_qubits: int) -> jax.Array:
    """A bit string as integers ``[n]``, checked."""
    if isinstance(bits, jax.core.Tracer):
        errors.check_shape(bits.shape, [(n_qubits,)], "bits")
        return bits.astype(jnp.int32)
    known = [str(b) for b in (bits if isinstance(bits, str) else np.asarray(bits).tolist())]
    if len(known) != n_qubits or set(known) - {"0", "1"}:
        raise ValueError(
            f"Argument `bits` must be {n_qubits} zeros and ones, qubit 0 first, but is {bits!r}."
        )
    return jnp.asarray([int(b) for b in known], jnp.int32)


def check_key(key: Any) -> None:
    """Raises TypeError where it is no random key."""
    if not isinstance(key, jax.Array):
        raise TypeError(
            f"Argument `key` must be a random key such as `jax.random.key(0)`, but is {key!r}."
        )
