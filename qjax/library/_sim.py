"""The 19 circuits of Sim, Johnson and Aspuru-Guzik: a circuit is a row of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qjax.circuit import GATES, Circuit, errors
from qjax.library._checks import check_circuit, layers_of
from qjax.library._layers import layered

Places = list[tuple[int, ...]]
Part = tuple[str, Callable[[int], Places]]


def _each(n: int) -> Places:
    return [(q,) for q in range(n)]


def _inner(n: int) -> Places:
    return [(q,) for q in range(1, n - 1)]


def _upwards(n: int) -> Places:
    return [(q, q - 1) for q in range(n - 1, 0, -1)]


def _ring(n: int) -> Places:
    return _upwards(n) + ([(n - 1, 0)] if n > 2 else [])


def _all(n: int) -> Places:
    return [(a, b) for a in reversed(range(n)) for b in reversed(range(n)) if a != b]


def _even(n: int) -> Places:
    return [(q + 1, q) for q in range(0, n - 1, 2)]


def _odd(n: int) -> Places:
    return [(q + 1, q) for q in range(1, n - 1, 2)]


def _to_next(n: int) -> Places:
    return [(q, (q + 1) % n) for q in reversed(range(n)) if n > 1]


def _to_previous(n: int) -> Places:
    return [(q, (q - 1) % n) for q in (n - 1, *range(n - 1)) if n > 1]


_X_Z: tuple[Part, ...] = (("rx", _each), ("rz", _each))
_Y_Z: tuple[Part, ...] = (("ry", _each), ("rz", _each))
_INNER_Y_Z: tuple[Part, ...] = (("ry", _inner), ("rz", _inner))
_Y: Part = ("ry", _each)


def _rings(gate: str) -> tuple[Part, ...]:
    return (_Y, (gate, _to_next), _Y, (gate, _to_previous))


_CIRCUITS: dict[int, tuple[Part, ...]] = {
    1: _X_Z,
    2: (*_X_Z, ("cx", _upwards)),
    3: (*_X_Z, ("crz", _upwards)),
    4: (*_X_Z, ("crx", _upwards)),
    5: (*_X_Z, ("crz", _all), *_X_Z),
    6: (*_X_Z, ("crx", _all), *_X_Z),
    7: (*_X_Z, ("crz", _even), *_X_Z, ("crz", _odd)),
    8: (*_X_Z, ("crx", _even), *_X_Z, ("crx", _odd)),
    9: (("h", _each), ("cz", _upwards), ("rx", _each)),
    10: (_Y, ("cz", _ring), _Y),
    11: (*_Y_Z, ("cx", _even), *_INNER_Y_Z, ("cx", _odd)),
    12: (*_Y_Z, ("cz", _even), *_INNER_Y_Z, ("cz", _odd)),
    13: _rings("crz"),
    14: _rings("crx"),
    15: _rings("cx"),
    16: (*_X_Z, ("crz", _even), ("crz", _odd)),
    17: (*_X_Z, ("crx", _even), ("crx", _odd)),
    18: (*_X_Z, ("crz", _to_next)),
    19: (*_X_Z, ("crx", _to_next)),
}


def sim_circuit(circuit: Circuit, weights: Any, number: int) -> Circuit:
    """Appends layers of one of the 19 ansaetze that Sim et al. compare.

    The paper draws them on four qubits; on more their pattern goes on, the last qubit's neighbour
    being the first one where it is a ring.

    Args:
        circuit: A circuit on n qubits.
        weights: Real ``[layers, k]``, radians; see `sim_circuit_shape`. The angles of a layer are
            in the order of its gates, those of one column of equal gates by qubit.
        number: Which one, from 1 to 19.

    Returns:
        The circuit with the layers appended; several are one ``repeat``.

    Raises:
        TypeError: If the weights are not real.
        ValueError: If they have another shape or are not finite, or there is no such circuit.

    References:
        Sim, Johnson and Aspuru-Guzik, Adv. Quantum Technol. 2, 1900070 (2019), arXiv 1905.10876,
        figure 2.

    Example:
        >>> import jax.numpy as jnp, qjax
        >>> from qjax.library import sim_circuit, sim_circuit_shape
        >>> weights = jnp.zeros(sim_circuit_shape(2, 3, 4))
        >>> sim_circuit(qjax.Circuit(4), weights, 2).count_ops()
        {'rx': 12, 'rz': 12, 'cx': 9}
    """
    check_circuit(circuit)
    n = circuit.n_qubits
    parts = _parts(number, n)
    weights = layers_of(weights, "weights", _angles(parts))

    def layer(circuit: Circuit, w: Any) -> Circuit:
        start = 0
        for gate, places in parts:
            stop = start + len(places) * len(GATES[gate].parameters)
            angles = [w[start:stop]] if stop > start else []
            circuit = circuit.apply(GATES[gate], *angles, *zip(*places, strict=True))
            start = stop
        return circuit

    return layered(circuit, layer, weights)


def sim_circuit_shape(number: int, layers: int, n: int) -> tuple[int, int]:
    """Shape of the weights of `sim_circuit` on n qubits.

    Args:
        number: Of the circuit, 1 to 19.
        layers: Number of layers.
        n: Number of qubits.

    Returns:
        ``(layers, angles of a layer)``.

    Raises:
        TypeError: If `layers` or `n` is not an integer.
        ValueError: If one is below 1, or there is no such circuit.

    Example:
        >>> from qjax.library import sim_circuit_shape
        >>> sim_circuit_shape(6, layers=3, n=4)
        (3, 28)
    """
    return errors.positive(layers, "layers"), _angles(_parts(number, errors.positive(n, "n")))


def _parts(number: Any, n: int) -> list[tuple[str, Places]]:
    """The gates of a layer, each with the qubits of every use."""
    if number not in _CIRCUITS:
        raise ValueError(f"Argument `number` must be from 1 to 19, but is {number!r}.")
    parts = [(gate, places(n)) for gate, places in _CIRCUITS[number]]
    return [(gate, places) for gate, places in parts if places]


def _angles(parts: list[tuple[str, Places]]) -> int:
    return sum(len(places) * len(GATES[gate].parameters) for gate, places in parts)
