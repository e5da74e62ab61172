"""QAOA on the ring of disagrees: (2p + 1) / (2p + 2) of the edges, with the best angles."""

import time
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

import qjax
from benchmarks.tables._frame import Cell, Outcome, within
from benchmarks.tables.anchors._optimize import minimum
from qjax.library import maxcut, qaoa

DEPTHS = range(1, 7)


def cells() -> list[Cell]:
    """Returns a cell a depth."""
    rule = within(absolute=1e-6)
    return [Cell(f"ring-qaoa/{p}", (2 * p + 1) / (2 * p + 2), rule, quick=True) for p in DEPTHS]


def run(cells: list[Cell]) -> Iterator[tuple[Cell, Outcome]]:
    """Yields the cut fractions."""
    for cell in cells:
        began = time.perf_counter()
        with jax.enable_x64(True):
            value = best_fraction(int(cell.key.rpartition("/")[2]))
        yield cell, Outcome(value, seconds=time.perf_counter() - began)


def best_fraction(p: int) -> float:
    """Returns the largest expected fraction of cut edges of QAOA with p layers.

    An edge sees p vertices to either side, so that every even ring of 2p + 2 and more is alike.
    """
    n = 2 * p + 2
    cut = maxcut([(v, (v + 1) % n) for v in range(n)])

    def uncut(angles: jax.Array) -> jax.Array:
        circuit = qaoa(qjax.Circuit(n), cut, angles[0], angles[1])
        engine = qjax.Statevector(jnp.complex128)
        return 1 - qjax.expectation(circuit, cut, engine=engine) / n

    # Near the best ones: slowly from the mixer to the cost.
    ramp = (np.arange(p) + 0.5) / p
    return 1 - minimum(uncut, np.stack([ramp, 1 - ramp]) * 0.75)[0]
