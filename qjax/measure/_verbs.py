"""The verbs: the one place where circuit, engine, gradient and observables meet."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from qjax.circuit import Circuit, PauliSum, Word, errors
from qjax.engines import Statevector
from qjax.measure._bulk import in_bulk
from qjax.measure._checks import (
    Engine,
    Gradient,
    bit_row,
    check_is_circuit,
    check_key,
    check_spreads,
    checked,
    checked_observables,
    kept_qubits,
)
from qjax.measure._choice import Question
from qjax.measure._split import Split, split_over
from qjax.passes import cones
from qjax.sharding import Axes


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
    mesh: Mesh | None = None,
    axes: Axes | None = None,
) -> jax.Array:
    r"""Expectation value :math:`\langle\psi|O|\psi\rangle` of one observable, or of each of a list.

    Args:
        circuit: The circuit that prepares the state.
        observable: A sum of Pauli strings with real coefficients, or a list of k of them.
        engine: How to run it; by default what is predicted to be quickest.
        gradient: How to differentiate it; by default ``Adjoint()`` for a statevector, else
            ``Backprop()``.
        mesh: Devices that share the Pauli strings along its axis `terms`. Each runs the light cones
            of its own, or, where all strings are read from one state, its own are read there.
        axes: Which axis of the mesh is `terms`, if none has that name.

    Returns:
        A real scalar, or ``[k]`` for a list.

    Raises:
        TypeError: If the observable is none, as an empty sum is.
        ValueError: If it acts beyond the circuit, is not Hermitian, or the list is empty; or if the
            mesh has no such axis, or the engine does not support one.

    Example:
        >>> import qjax
        >>> bell = qjax.Circuit(2).h(0).cx(0, 1)
        >>> qjax.expectation(bell, [qjax.Z(0), qjax.Z(0) @ qjax.Z(1)]).round(5).tolist()
        [0.0, 1.0]
    """
    check_is_circuit(circuit)
    observables = checked_observables(observable, circuit.n_qubits)
    words = tuple(dict.fromkeys(word for each in observables for word in each.words))
    split = split_over(mesh, axes, "terms")
    engine, gradient = checked(Question("expectation", words), circuit, engine, gradient)
    if split is not None:
        check_spreads(engine)
    engine.check_words(circuit, words)
    values = _run_observables(circuit, observables, engine=engine, gradient=gradient, split=split)
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
    kept = kept_qubits(qubits, circuit.n_qubits)
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
    kept = kept_qubits(qubits, circuit.n_qubits)
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
    kept = kept_qubits(qubits, circuit.n_qubits)
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
    engine.check_circuit(circuit)
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


@functools.partial(jax.jit, static_argnames=("engine", "gradient", "split"))
def _run_observables(
    circuit: Circuit,
    observables: tuple[PauliSum, ...],
    *,
    engine: Engine,
    gradient: Gradient,
    split: Split | None,
) -> jax.Array:
    return sums(observables, lambda words: _word_values(engine, gradient, circuit, words, split))


def sums(
    observables: Sequence[PauliSum], measure: Callable[[tuple[Word, ...]], jax.Array]
) -> jax.Array:
    """The value of each observable, ``[k]``, from those of all distinct strings."""
    index: dict[Word, int] = {}
    rows = [[index.setdefault(word, len(index)) for word in o.words] for o in observables]
    values = measure(tuple(index))
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    weights = [jnp.asarray(o.coefficients).real.astype(values.dtype) for o in observables]
    weighted = jnp.concatenate(weights) * values[np.concatenate(rows)]
    return jax.ops.segment_sum(weighted, owner, num_segments=len(rows), indices_are_sorted=True)


def _word_values(
    engine: Engine,
    gradient: Gradient,
    circuit: Circuit,
    words: tuple[Word, ...],
    split: Split | None,
) -> jax.Array:
    """Expectation values of distinct Pauli strings, ``[strings]``."""
    ask: Any = engine.values

    def measured(circuit: Circuit, words: tuple[Word, ...], **spread: Any) -> jax.Array:
        return gradient.evaluate(lambda c, evolve: ask(c, words, evolve, **spread), circuit)

    groups = engine.cones(circuit, words)
    if groups is None and split is not None and not isinstance(engine, Statevector):
        groups = cones(circuit, words, circuit.n_qubits)
    if groups is None:
        # Before the gradient: it need not spend anything on what is not seen.
        circuit, seen = Question("expectation", words).narrow(engine, circuit)
        spread = {} if split is None else {"split": split}
        return measured(circuit, seen.words or (), **spread)
    parts = [
        in_bulk(functools.partial(measured, words=group.words), group, engine.at_once(group), split)
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
