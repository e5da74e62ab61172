"""Variance of a derivative in deep random circuits, against its closed form."""

import functools
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import qjax
from benchmarks.tables._cache import source
from benchmarks.tables._frame import Cell, Outcome, standard_errors

SEED = 1803
WIDTHS = range(2, 21, 2)
# Wide circuits take minutes each: what is done of a cell is kept here until the cell is.
FOLDER = Path("tables/anchors/barren-plateau")
_QUICK = 8
_BEFORE, _BAND = 30, 32
_AT_ONCE = 2**20  # Amplitudes.


def cells() -> list[Cell]:
    """Returns a cell a width."""
    return [
        Cell(f"barren-plateau/{n}", variance(n), standard_errors(4), n <= _QUICK) for n in WIDTHS
    ]


def variance(n: int) -> float:
    r"""Returns the variance of the derivative by one angle where all around it is random enough.

    For a rotation exp(-i t P / 2) between two circuits that are 2-designs, and a Pauli string
    that is measured: d^2 / (2 (d^2 - 1) (d + 1)), d = 2^n.
    """
    d = 2**n
    return d**2 / (2 * (d**2 - 1) * (d + 1))


def run(cells: list[Cell]) -> Iterator[tuple[Cell, Outcome]]:
    """Yields the variances; the error is over circuits, each a mean over some of its angles."""
    for cell in cells:
        n = int(cell.key.rpartition("/")[2])
        path = FOLDER / f"{n}-{source(__package__)}.txt"
        found = kept_squares(n, *sizes(n), path)
        error = found[:, 0].std(ddof=1) / math.sqrt(len(found))
        yield cell, Outcome(found[:, 0].mean(), error, found[:, 1].sum())
        path.unlink()


def sizes(n: int) -> tuple[int, int]:
    """Returns the layers of a circuit and the number of circuits.

    Averaged over axes and angles, squared expectation values of Pauli strings follow a Markov chain
    on the strings, in which one that begins at an end of the chain spreads by a qubit in about 13
    layers. With so many layers its exact variance is within 2 % of the closed form.
    """
    return _BEFORE + _BAND + 40 + 10 * n, max(16, 1024 >> n // 2)


def kept_squares(n: int, layers: int, circuits: int, path: Path) -> np.ndarray:
    """Returns the mean squared derivative of each circuit and its seconds, `[circuits, 2]`.

    What the file holds is not computed again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        file.seek(0)
        text = file.read()
        # The last line may have been cut off.
        whole = text[: text.rfind("\n") + 1]
        file.truncate(len(whole))
        found = [[*map(float, line.split())] for line in whole.splitlines()]
        size = min(circuits, _AT_ONCE >> n)
        while len(found) < circuits:
            began = time.perf_counter()
            some = np.asarray(squares(*draw(n, layers, range(len(found), len(found) + size))))
            seconds = (time.perf_counter() - began) / size
            rows = [[square, seconds] for square in some.tolist()]
            np.savetxt(file, rows)
            file.flush()
            found += rows
    return np.array(found[:circuits])


def draw(n: int, layers: int, numbers: range) -> tuple[jax.Array, jax.Array]:
    """Returns random axes, 0 to 2 for X to Z, and angles, both `[len(numbers), layers, n]`."""
    keys = jax.vmap(jax.random.fold_in, (None, 0))(
        jax.random.key(SEED + n), jnp.arange(numbers.start, numbers.stop)
    )
    first, second = jnp.unstack(jax.vmap(jax.random.split)(keys), axis=1)
    axes = jax.vmap(lambda key: jax.random.randint(key, (layers, n), 0, 3))(first)
    turns = jax.vmap(lambda key: jax.random.uniform(key, (layers, n)))(second)
    return axes, 2 * jnp.pi * turns


def middle(layers: int) -> slice:
    """Returns the layers whose derivatives count: most follow, to spread over all qubits."""
    return slice(min(_BEFORE, layers // 3), min(_BEFORE, layers // 3) + _BAND)


def squares(axes: jax.Array, angles: jax.Array) -> jax.Array:
    """Returns the squared derivatives by the angles in the middle, their mean over each circuit.

    Args:
        axes: Of the rotations, `[circuits, layers, n]`.
        angles: Of the same shape.

    Returns:
        Real `[circuits]`.
    """
    circuits, _, n = axes.shape
    return _squares(axes, angles, at_once=max(1, min(circuits, 2**16 >> n)))


@functools.partial(jax.jit, static_argnames="at_once")
def _squares(axes: jax.Array, angles: jax.Array, at_once: int) -> jax.Array:
    def one(circuit: tuple[jax.Array, jax.Array]) -> jax.Array:
        slope = jax.grad(_expectation, argnums=1)(*circuit)
        return jnp.mean(slope[middle(len(slope))] ** 2)

    return jax.lax.map(one, (axes, angles), batch_size=at_once)


def _expectation(axes: jax.Array, angles: jax.Array) -> jax.Array:
    """<Z0 Z1> after a circuit of McClean et al., arXiv 1803.11173.

    RY(pi / 4) on every qubit, then in each layer a rotation about a random axis on every qubit and
    CZ on all neighbours. The axis is data, so that one program serves all circuits.
    """
    n = axes.shape[1]

    def layer(circuit: qjax.Circuit, turns: Any) -> qjax.Circuit:
        return circuit.u(*turns, range(n)).cz(range(n - 1), range(1, n))

    # U(t, -pi/2, pi/2) is RX(t), U(t, 0, 0) is RY(t), and U(0, 0, t) is RZ(t) up to its phase.
    tilt = jnp.where(axes < 2, angles, 0.0)
    quarter = jnp.where(axes == 0, jnp.pi / 2, 0.0)
    turns = (tilt, -quarter, jnp.where(axes < 2, quarter, angles))
    circuit = qjax.Circuit(n).ry(jnp.pi / 4, range(n)).repeat(layer, turns)
    return qjax.expectation(circuit, qjax.Z(0) @ qjax.Z(1), engine=qjax.Statevector())
