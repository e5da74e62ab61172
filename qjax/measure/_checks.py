"""Checks of what a verb is given, before anything is traced."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qjax.circuit import Circuit, PauliSum, errors
from qjax.engines import MPS, Statevector, TensorNetwork
from qjax.gradients import Adjoint, Backprop, ParameterShift
from qjax.measure._choice import Question, choose

Engine = Statevector | TensorNetwork | MPS
Gradient = Adjoint | Backprop | ParameterShift

# How each engine is differentiated where nothing is said.
_GRADIENTS: dict[type, Gradient] = {
    Statevector: Adjoint(),
    TensorNetwork: Backprop(),
    MPS: Backprop(),
}

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


def check_spreads(engine: Engine) -> None:
    """Raises ValueError where an engine cannot spread Pauli strings over devices."""
    if isinstance(engine, MPS):
        raise ValueError(
            "Engine `MPS` does not support `mesh`: it reads all strings on its way along one "
            "chain. Consider `engine=Statevector()` or `TensorNetwork()` instead."
        )
    if isinstance(engine, Statevector) and engine.mesh is not None:
        raise ValueError(
            "Argument `mesh` must be left out where the engine has a mesh: each device then reads "
            "all strings from its part of the state."
        )


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


def kept_qubits(qubits: Any, n_qubits: int) -> tuple[int, ...]:
    """The qubits that are named, or all of them, checked."""
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
