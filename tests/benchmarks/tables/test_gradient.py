"""tensorcircuit's gradient table: what its cells are, and what becomes of measured rows."""

import dataclasses

import pytest

from benchmarks.tables import gradient
from benchmarks.tables._frame import judge

ANSWER = {"value": 1.0, "gradient_norm": 2.0, "gradient_probe": 0.5}


def row(library, step, first, **changed):
    rounds = [step, 2 * step, 3 * step]
    return {
        "library": library,
        "status": "ok",
        "step_median_s": 2 * step,
        "step_rounds_s": rounds,
        "first_call_s": first,
        **ANSWER,
        **changed,
    }


@pytest.fixture
def outcomes(monkeypatch):
    """Returns the outcomes by key, as the rows have it that are given."""

    def run(*rows):
        asked = []

        def measure(workload, libraries, settings):
            asked.append(workload)
            return list(rows)

        monkeypatch.setattr(gradient, "measure", measure)
        cells = [cell for cell in gradient.cells() if cell.key.startswith("hessian")]
        found = {cell.key: outcome for cell, outcome in gradient.run(cells)}
        # All cells of a quantity come from one measurement.
        assert asked == ["hessian-6-3"] and len(found) == len(cells)
        return found

    return run


def test_ratios_are_to_the_faster_form_and_answers_to_double_precision(outcomes):
    found = outcomes(
        row("reference", 0, 0),
        row("qjax", 0.001, 2.0, value=1.25),
        row("tensorcircuit-plain", 0.004, 20.0),
        row("tensorcircuit-scan", 0.003, 30.0),
    )
    assert found["hessian/running/ratio"][:2] == pytest.approx((3, 0))
    assert found["hessian/staging/ratio"].value == pytest.approx(10)
    assert found["hessian/difference/qjax"].value == pytest.approx(0.25)
    assert found["hessian/difference/tensorcircuit-plain"].value == 0
    assert found["hessian/running/qjax"][::2] == (0.002, 0.002)
    assert found["hessian/staging/tensorcircuit-scan"][::2] == (30.0, 0.0)


def test_real_answers_are_those_of_double_precision(monkeypatch):
    """qjax and one form of tensorcircuit, timed for a moment."""
    brief = dataclasses.replace(gradient.SETTINGS, repeats=1, rounds=2, burst_s=0.01)
    monkeypatch.setattr(gradient, "SETTINGS", brief)
    monkeypatch.setattr(gradient, "THEIRS", ("tensorcircuit-scan",))
    cells = [cell for cell in gradient.cells() if cell.key.startswith("gradient/")]
    found = {cell.key: (judge(cell, outcome), outcome) for cell, outcome in gradient.run(cells)}
    for library in ("qjax", "tensorcircuit-scan"):
        verdict, outcome = found[f"gradient/difference/{library}"]
        assert verdict == "matched" and 0 <= outcome.value < 1e-5
        assert found[f"gradient/running/{library}"][1].value > 0


def test_a_library_without_an_answer_is_an_error(outcomes):
    with pytest.raises(RuntimeError, match="tensorcircuit-plain: failed: out of memory"):
        outcomes(
            row("reference", 0, 0),
            row("qjax", 0.001, 2.0),
            row("tensorcircuit-plain", 1, 1, status="failed", reason="out of memory"),
            row("tensorcircuit-scan", 1, 1),
        )


def test_the_published_time_stands_beside_ours():
    cells = {cell.key: cell for cell in gradient.cells()}
    assert cells["hessian/staging/qjax"].seconds == 23.6
    assert cells["gradient/running/qjax"].seconds == 0.105e-3
    assert cells["fisher/running/ratio"].target == 1 and len(cells) == 3 * (3 + 2 * 4)
