"""Fixed-angle QAOA: cells that are really run, and the cut against plain NumPy."""

import itertools

import jax
import numpy as np
import pytest

from benchmarks.tables._frame import judge
from benchmarks.tables.fixed_angle_qaoa import TABLE, _circuit, _goemans_williamson, _run
from benchmarks.tables.fixed_angle_qaoa._published import (
    angles,
    ensemble,
    everyone,
    graphs,
    recovered,
)
from tests import oracle

SEED = next(iter(graphs()))


@pytest.fixture(scope="module")
def cells():
    return {cell.key: cell for cell in TABLE.cells()}


def test_every_published_number_is_a_cell(cells):
    assert len(graphs()) == 1275
    for seed, graph in graphs().items():
        assert cells[f"3-regular/max-cut/{seed}"].target == graph.max_cut
        assert {p: cells[f"3-regular/p={p}/{seed}"].target for p in range(1, 12)} == graph.cuts
    assert sum(key.startswith("floor/") for key in cells) == len(angles()) - 11
    assert len(set(everyone())) == 2550
    for p in range(1, 12):
        assert cells[f"ensemble/p={p}/mean"].target == ensemble()[f"p={p}"][0]
        assert cells[f"ensemble/p={p}/floor"].target <= cells[f"ensemble/p={p}/smallest"].target
    quick = [cell for cell in cells.values() if cell.quick]
    assert 900 < len(quick) < 1100


def test_cells_that_are_run(cells):
    keys = [f"3-regular/{what}/{SEED}" for what in ("p=2", "p=3", "max-cut", "goemans-williamson")]
    found = list(TABLE.run([cells[key] for key in keys]))
    assert [cell.key for cell, _ in found] == keys
    verdicts = {cell.key.split("/")[1]: judge(cell, outcome) for cell, outcome in found}
    assert verdicts.pop("p=3") == "explained" and set(verdicts.values()) == {"matched"}
    third = found[1]
    assert third[1].value == pytest.approx(third[0].target, rel=5e-5)


def test_ratios_over_all_graphs(cells, monkeypatch):
    """Four graphs whose cuts are known stand for all, so that what comes out is known."""
    monkeypatch.setattr(_run, "everyone", lambda: tuple(graphs())[:4])
    keys = [f"ensemble/p=2/{what}" for what in ("mean", "smallest", "floor")]
    keys += ["ensemble/goemans-williamson/mean"]
    found = {cell.key: outcome for cell, outcome in TABLE.run([cells[key] for key in keys])}
    some = list(graphs().values())[:4]
    ratios = [graph.cuts[2] / graph.max_cut for graph in some]
    for key, wanted in zip(keys, (np.mean(ratios), min(ratios), min(ratios)), strict=False):
        assert found[key].value == pytest.approx(wanted, abs=1e-7)
    rounded = np.mean([graph.goemans_williamson / graph.max_cut for graph in some])
    outcome = found[keys[-1]]
    assert abs(outcome.value - rounded) < 4 * outcome.error < 0.02


def test_recovered_angles_are_close_to_the_published_ones():
    for p, found in recovered().items():
        published = angles()[3, p]
        for one, other in zip(found[1:], published[1:], strict=True):
            np.testing.assert_allclose(one, other, atol=0.003)


def test_expected_and_largest_cut():
    """A wheel on six vertices, which is not regular."""
    edges = [(5, v) for v in range(5)] + [(v, (v + 1) % 5) for v in range(5)]
    adjacency = np.zeros((1, 6, 6))
    for a, b in edges:
        adjacency[0, [a, b], [b, a]] = 1
    sides = np.array(list(itertools.product([1, -1], repeat=6)))
    cut = sum((1 - sides[:, a] * sides[:, b]) / 2 for a, b in edges)
    gammas, betas = np.random.default_rng(0).uniform(-1, 1, (2, 3))
    program = [("h", (), (v,)) for v in range(6)]
    for gamma, beta in zip(gammas, betas, strict=True):
        program.append(("diagonal", (-gamma * cut,), tuple(range(6))))
        program += [("rx", (2 * beta,), (v,)) for v in range(6)]
    wanted = np.abs(oracle.statevector(6, program)) ** 2 @ cut
    with jax.enable_x64(True):
        found = _circuit.expected_cuts(adjacency, gammas, betas)
        np.testing.assert_allclose(found, [wanted], atol=1e-10)
        assert _circuit.max_cuts(adjacency).tolist() == [cut.max()]


def test_the_relaxation_of_an_odd_ring():
    """Neighbours on a ring of five are 4 pi / 5 apart: 4 of 5 edges are cut on average."""
    ring = np.roll(np.eye(5), 1, axis=0) + np.roll(np.eye(5), -1, axis=0)
    with jax.enable_x64(True):
        found = _goemans_williamson.expected_roundings(ring[None], jax.random.key(0))
        np.testing.assert_allclose(found, [[4.0, 0.0]], atol=1e-9)
