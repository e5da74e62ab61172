"""Every verb of the contract that returns numbers, and what the oracle says it returns."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import qjax
from tests import oracle, programs
from tests.programs import Program


class Verb(NamedTuple):
    """A verb, and the oracle's answer, as functions of a circuit or program of n qubits."""

    name: str
    run: Callable[[qjax.Circuit, int, Any], Any]
    expected: Callable[[Program], Any]


def _terms(n: int, count: int) -> list:
    return programs.random_terms(np.random.default_rng(n), n, count)


def _qubits(n: int) -> list[int]:
    """Returns about half of the qubits, out of order."""
    return np.random.default_rng(n).permutation(n)[: (n + 1) // 2].tolist()


def _bits(n: int) -> list[int]:
    return np.random.default_rng(n).integers(0, 2, n).tolist()


def _index(bits: list[int]) -> int:
    return int("".join(map(str, bits)), 2)


VERBS = [
    Verb(
        "statevector",
        lambda circuit, n, engine: qjax.statevector(circuit, engine=engine),
        lambda program: oracle.statevector(*program),
    ),
    Verb(
        "expectation",
        lambda circuit, n, engine: qjax.expectation(
            circuit, programs.to_observable(_terms(n, 1)), engine=engine
        ),
        lambda program: oracle.expectation(*program, _terms(program.n, 1)),
    ),
    Verb(
        "expectation of a list",
        lambda circuit, n, engine: qjax.expectation(
            circuit,
            [programs.to_observable([term]) for term in _terms(n, 3)],
            engine=engine,
        ),
        lambda program: np.array(
            [oracle.expectation(*program, [term]) for term in _terms(program.n, 3)]
        ),
    ),
    Verb(
        "expectation of a big sum",
        lambda circuit, n, engine: qjax.expectation(
            circuit, programs.to_observable(_terms(n, 60)), engine=engine
        ),
        lambda program: oracle.expectation(*program, _terms(program.n, 60)),
    ),
    Verb(
        "probabilities",
        lambda circuit, n, engine: qjax.probabilities(circuit, engine=engine),
        lambda program: oracle.probabilities(*program),
    ),
    Verb(
        "probabilities of some qubits",
        lambda circuit, n, engine: qjax.probabilities(circuit, _qubits(n), engine=engine),
        lambda program: oracle.probabilities(*program, _qubits(program.n)),
    ),
    Verb(
        "amplitude",
        lambda circuit, n, engine: qjax.amplitude(circuit, _bits(n), engine=engine),
        lambda program: oracle.statevector(*program)[_index(_bits(program.n))],
    ),
    Verb(
        "density matrix of some qubits",
        lambda circuit, n, engine: qjax.density_matrix(circuit, _qubits(n), engine=engine),
        lambda program: oracle.density_matrix(*program, _qubits(program.n)),
    ),
    Verb(
        "density matrix",
        lambda circuit, n, engine: qjax.density_matrix(circuit, engine=engine),
        lambda program: oracle.density_matrix(*program),
    ),
    Verb(
        "unitary",
        lambda circuit, n, engine: qjax.unitary(circuit, engine=engine),
        lambda program: oracle.unitary(*program),
    ),
]
