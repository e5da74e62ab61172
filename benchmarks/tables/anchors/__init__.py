"""Exact anchors: closed forms, and 19 circuits whose properties were published.

Keys: `barren-plateau/QUBITS`, `ring-qaoa/DEPTH`, `tfim/lanczos/QUBITS` and `tfim/trained/QUBITS`;
`expressibility/L=LAYERS/CIRCUIT` and `entangling/L=LAYERS/CIRCUIT`, and for the latter
`replicated/L=1/CIRCUIT` and `exact/L=1/CIRCUIT`.
"""

from collections.abc import Iterator

from benchmarks.tables._frame import Cell, Outcome, Table
from benchmarks.tables.anchors import _barren_plateau, _expressibility, _ring, _tfim
from benchmarks.tables.anchors._figure import figure

_PARTS = {
    "barren-plateau": _barren_plateau,
    "ring-qaoa": _ring,
    "tfim": _tfim,
    "expressibility": _expressibility,
    "entangling": _expressibility,
    "replicated": _expressibility,
    "exact": _expressibility,
}


def cells() -> list[Cell]:
    """Returns the cells of all parts."""
    return [cell for part in dict.fromkeys(_PARTS.values()) for cell in part.cells()]


def run(cells: list[Cell]) -> Iterator[tuple[Cell, Outcome]]:
    """Yields the cells, part by part."""
    for part in dict.fromkeys(_PARTS.values()):
        yield from part.run([cell for cell in cells if _PARTS[cell.key.split("/")[0]] is part])


TABLE = Table(
    title="Exact anchors",
    source=(
        "Barren plateaus: McClean et al. 2018, arXiv 1803.11173, closed form for 2-designs. "
        "QAOA on a ring: Farhi et al. 2014, arXiv 1411.4028. "
        "Open critical Ising chain: Pfeuty 1970. "
        "The 19 circuits: Sim et al. 2019, arXiv 1905.10876, as transcribed in "
        "cirKITers/qml-essentials at c375f94, tests/test_expressiblity.py, test_entanglement.py; "
        "their entanglement also bagmk/Quantum_Machine_Learning_Express"
    ),
    cells=cells,
    run=run,
    figure=figure,
    seeds={
        "barren-plateau": _barren_plateau.SEED,
        "tfim": _tfim.SEED,
        "expressibility": _expressibility.SEED,
    },
)
