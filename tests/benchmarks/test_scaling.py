"""The scaling tables, on a computation that compiles at once."""

import json

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import PartitionSpec as P

from benchmarks import _scaling_worker, scaling
from benchmarks._scaling_cases import Case, Problem


def small(size, mesh, error=0.0):
    """A sum over samples, whose sines are kept; wrong by so much on more than one device."""
    wrong = error if mesh is not None and mesh.size > 1 else 0.0

    def step(xs):
        return jnp.sum(jnp.sin(xs) + 1) + wrong * size

    specs = (P("batch"),)
    devices = 1 if mesh is None else mesh.size
    return Problem(step, (jnp.ones(size),), specs, lambda: 8 * size // devices)


@pytest.fixture
def rows(monkeypatch):
    """The driver's rows, made in this process; a row of a wrong answer if asked for."""
    case = Case("batch", "sum over samples", small, "samples", 4096, lambda d: 1024 * d)
    cases = {"small": case}
    monkeypatch.setattr(scaling, "CASES", cases)
    monkeypatch.setattr(_scaling_worker, "CASES", cases)

    def in_process(name, pairs, limit):
        about = lambda d, s: {"case": name, "devices": d, "size": s}  # noqa: E731
        return {(d, s): about(d, s) | _scaling_worker._row(name, d, s) for d, s in pairs}

    monkeypatch.setattr(scaling, "_rows", in_process)
    _scaling_worker._alone.cache_clear()
    return cases


def run(out):
    status = scaling.main(
        ["--cases", "small", "--devices", "1", "4", "--samples", "0", "--out", str(out)]
    )
    return status, [json.loads(line) for line in out.read_text().splitlines()]


def test_rows_tell_answer_exchanges_and_memory(rows, tmp_path, capsys):
    status, (header, *found) = run(tmp_path / "scaling.jsonl")
    assert status == 0 and header["kind"] == "machine" and len(found) == 4
    weak = next(row for row in found if (row["scaling"], row["devices"]) == ("weak", 4))
    assert weak["size"] == 4096 and weak["within"] and weak["error"] < 1e-6
    (sum_,) = weak["collectives"]
    assert sum_ == {"kind": "all-reduce", "bytes": 4, "group": 4, "count": 1}
    assert weak["sent_bytes"] == 6
    assert "sum over samples" in capsys.readouterr().out


def test_a_wrong_answer_and_a_wrong_prediction_are_told(rows, tmp_path):
    case = rows["small"]
    off = lambda size, mesh: small(size, mesh, error=1e-3)  # noqa: E731
    rows["small"] = Case(case.axis, case.words, off, case.size, case.strong, case.weak)
    status, (_, *found) = run(tmp_path / "scaling.jsonl")
    assert status == 1
    assert [row["within"] for row in found] == [row["devices"] == 1 for row in found]
    row = found[0]
    assert not scaling._within(row | {"predicted_bytes": int(1.3 * row["peak_bytes"])})


def test_a_process_that_fails_says_why():
    (row,) = scaling._rows("nothing", [(1, 5)], limit=120).values()
    assert row["status"] == "failed" and "nothing" in row["reason"]
    assert not scaling._within(row)


def test_more_devices_than_there_are_are_skipped(monkeypatch, capsys):
    two = jax.devices()[:2]
    monkeypatch.setattr(jax, "devices", lambda: two)
    monkeypatch.setattr(jax.config, "update", lambda *_: None)
    _scaling_worker.main(["batch", "8:64"])
    row = json.loads(capsys.readouterr().out)
    assert row["status"] == "skipped" and row["reason"] == "there are 2 devices"
    assert scaling._within(row)
