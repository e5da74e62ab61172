"""Cells of the table of molecules, on stored integrals and, where there is PySCF, on its own."""

import fnmatch
from types import SimpleNamespace

import pytest

from benchmarks.tables._frame import judge
from benchmarks.tables.chemistry import TABLE, _compute
from tests import fermions


def verdicts(*patterns):
    chosen = [c for c in TABLE.cells() if any(fnmatch.fnmatch(c.key, p) for p in patterns)]
    assert chosen
    return {cell.key: judge(cell, outcome) for cell, outcome in TABLE.run(chosen)}


@pytest.fixture
def stored(monkeypatch):
    """Four hydrogen atoms from a file; nothing is kept from or for other tests."""
    molecule = SimpleNamespace(integrals=fermions.h4())
    monkeypatch.setitem(_compute.MOLECULES, "H4-0.8", molecule)
    kept = [f for f in vars(_compute).values() if hasattr(f, "cache_clear")]
    for function in kept:
        function.cache_clear()
    yield
    for function in kept:
        function.cache_clear()


def test_cells_are_unique():
    cells = TABLE.cells()
    assert len({cell.key for cell in cells}) == len(cells) > 80
    assert {cell.key.split("/")[0] for cell in cells} == {"references", "uccsd", "adapt", "states"}
    assert all(cell.key.split("/")[1] in _compute.MOLECULES for cell in cells)


def test_h4_is_as_published(stored):
    found = verdicts("references/H4-0.8/[HF]*", "uccsd/H4-0.8/*", "adapt/H4-0.8/[pnem]*")
    assert len(found) == 2 + 3 + 21
    assert set(found.values()) == {"matched"}


def test_references_of_small_molecules():
    pytest.importorskip("pyscf")
    found = verdicts("references/H2-*/*", "references/LiH-1.45/*", "adapt/H4-0.8/MP2*")
    assert len(found) == 9
    assert set(found.values()) == {"matched"}
