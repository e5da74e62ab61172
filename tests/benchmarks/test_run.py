"""The runner: rows, failures, time limits. No clock is read here."""

import json

import pytest

from benchmarks import report, run
from benchmarks._measure import Settings, measure

FAKE = "tests.benchmarks.adapters."
ANSWER = {"value", "gradient_norm", "gradient_probe"}


def one_row(library, **settings):
    (row,) = measure("tfim-3-1", [FAKE + library], Settings(repeats=4, rounds=2, **settings))
    return row


def test_run_writes_a_header_and_a_row_for_every_pair(tmp_path):
    out = tmp_path / "new" / "results.jsonl"
    names = [FAKE + "right", FAKE + "raises"]
    workloads = ["tfim-3-1", "qml-2-1-2"]
    command = ["--workloads", *workloads, "--libraries", *names, "--repeats", "3", "--rounds", "2"]
    assert run.main([*command, "--out", str(out)]) == 0
    header, *rows = map(json.loads, out.read_text().splitlines())
    assert header["kind"] == "machine"
    assert header["cores"] > 0 and header["memory_bytes"] > 0 and header["python"]
    assert [(r["workload"], r["library"]) for r in rows] == [
        (w, library) for w in workloads for library in ("reference", *names)
    ]
    reference, right, raises = rows[:3]
    assert {key: right[key] for key in ANSWER} == {key: reference[key] for key in ANSWER}
    assert right["status"] == "ok" and right["steps"] == 4
    assert {
        "device",
        "dtype",
        "versions",
        "date",
        "first_call_s",
        "step_min_s",
        "step_cpu_s",
    } <= set(right)
    assert raises["status"] == "failed"
    assert list(out.parent.iterdir()) == [out]


def test_a_wrong_sign_is_found_by_the_report():
    names = ["reference", FAKE + "right", FAKE + "wrong"]
    rows = measure("tfim-3-1", names, Settings(rounds=0))
    assert list(report.trusted(rows).values()) == [True, True, False]


def test_an_exception_is_a_row_that_says_so():
    row = one_row("raises")
    assert (row["status"], row["reason"]) == ("failed", "RuntimeError: no room for tfim-3-1")


def test_a_death_is_a_row_that_says_so():
    row = one_row("dies")
    assert (row["status"], row["reason"]) == ("failed", "killed by signal 9: so much memory")


def test_a_missing_workload_is_a_row_that_says_so():
    assert one_row("lacks")["status"] == "unsupported"


def test_a_time_out_is_a_row_with_what_was_measured_before():
    row = one_row("hangs", time_limit=3)
    assert (row["status"], row["reason"]) == ("timed out", "over 3 s")
    assert set(row) >= ANSWER | {"first_call_s"}
    assert "step_median_s" not in row


def test_one_library_does_not_stop_another():
    names = [FAKE + name for name in ("dies", "right", "hangs")]
    rows = measure("tfim-3-1", names, Settings(repeats=4, rounds=2, time_limit=3))
    assert [row["status"] for row in rows] == ["failed", "ok", "timed out"]
    assert rows[1]["steps"] == 4


@pytest.mark.parametrize("option", ["--workloads", "--libraries"])
def test_an_unknown_name_is_refused(option, capsys):
    with pytest.raises(SystemExit):
        run.main([option, "nothing"])
    assert "'nothing'" in capsys.readouterr().err


def test_an_unwritable_path_is_refused_before_anything_runs(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run.main(["--out", str(tmp_path / "file" / "results.jsonl")]) == 2
    assert "Argument `--out` must be" in capsys.readouterr().out
