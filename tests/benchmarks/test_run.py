"""The runner: rows, failures, time limits. No clock is read here."""

import json

import pytest

from benchmarks import _environment, _measure, _roofline, adapters, report, run
from benchmarks._measure import Settings, measure
from benchmarks._process import Worker

FAKE = "tests.benchmarks.adapters."
ANSWER = {"value", "gradient_norm", "gradient_probe"}


def one_row(library, **settings):
    (row,) = measure("tfim-3-1", [FAKE + library], Settings(repeats=4, rounds=2, **settings))
    return row


@pytest.fixture
def unmeasured(monkeypatch):
    """Leaves out the machine's rates, which take seconds."""
    monkeypatch.setattr(_roofline, "measure", dict)


def test_run_writes_a_header_and_a_row_for_every_pair(tmp_path):
    out = tmp_path / "new" / "results.jsonl"
    names = [FAKE + "right", FAKE + "raises"]
    workloads = ["tfim-3-1", "qml-2-1-2"]
    command = ["--workloads", *workloads, "--libraries", *names, "--repeats", "3", "--rounds", "2"]
    assert run.main([*command, "--out", str(out)]) == 0
    header, *rows = map(json.loads, out.read_text().splitlines())
    assert header["kind"] == "machine"
    assert header["cores"] > 0 and header["memory_bytes"] > 0 and header["python"]
    assert header["rates"]["copy_bytes_per_s"] > 0
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


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path, monkeypatch, unmeasured):
    out = tmp_path / "results.jsonl"
    command = ["--libraries", FAKE + "right", "--repeats", "2", "--rounds", "1", "--out", str(out)]
    command += ["--workloads", "tfim-3-1", "qml-2-1-2"]
    done = []

    def stop_at_the_second(workload, *args, **kwargs):
        if done:
            raise KeyboardInterrupt
        done.append(workload)
        return measure(workload, *args, **kwargs)

    monkeypatch.setattr(run, "measure", stop_at_the_second)
    assert run.main(command) == 130
    assert not out.exists()
    partial = (tmp_path / "results.jsonl.part").read_text()
    assert len(partial.splitlines()) == 3

    def only_the_second(workload, *args, **kwargs):
        assert workload == "qml-2-1-2"
        return measure(workload, *args, **kwargs)

    monkeypatch.setattr(run, "measure", only_the_second)
    assert run.main(command) == 0
    assert out.read_text().startswith(partial)
    assert len(out.read_text().splitlines()) == 5


def test_a_run_of_other_settings_starts_anew(tmp_path, unmeasured):
    part = tmp_path / "results.jsonl.part"
    part.write_text('{"kind": "machine", "cpu": "another"}\n')
    command = ["--workloads", "tfim-3-1", "--libraries", FAKE + "right", "--repeats", "1"]
    assert run.main([*command, "--out", str(tmp_path / "results.jsonl")]) == 0
    assert "another" not in (tmp_path / "results.jsonl").read_text()


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


def test_an_environment_that_cannot_be_made_is_a_row_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(_environment, "FOLDER", tmp_path)
    lacking = adapters.Library("horqrux_", needs=("--no-index", "no-such-distribution==0"))
    monkeypatch.setitem(adapters.LIBRARIES, "lacking", lacking)
    (row,) = measure("tfim-3-1", ["lacking"], Settings())
    assert row["status"] == "failed"
    assert row["reason"].startswith("no environment: ")
    assert "no-such-distribution" in row["reason"]


def test_one_library_neither_stops_another_nor_computes_beside_it(monkeypatch):
    running, beside = set(), []

    class Watched(Worker):
        def __init__(self, library, *args, **kwargs):
            self.library = library.removeprefix(FAKE)
            running.add(self.library)
            super().__init__(library, *args, **kwargs)

        def ask(self, **order):
            beside.append((self.library, running - {self.library}))
            return super().ask(**order)

        def close(self):
            running.discard(self.library)
            super().close()

    monkeypatch.setattr(_measure, "Worker", Watched)
    names = [FAKE + name for name in ("dies", "hangs", "right")]
    rows = measure("tfim-3-1", names, Settings(repeats=4, rounds=2, time_limit=3))
    assert [row["status"] for row in rows] == ["failed", "timed out", "ok"]
    assert rows[2]["steps"] == 4
    # What is over its limit is gone when the next library is timed.
    assert beside == [("hangs", {"right"}), ("right", set()), ("right", set())]


@pytest.mark.parametrize("option", ["--workloads", "--libraries"])
def test_an_unknown_name_is_refused(option, capsys):
    with pytest.raises(SystemExit):
        run.main([option, "nothing"])
    assert "'nothing'" in capsys.readouterr().err


def test_an_unwritable_path_is_refused_before_anything_runs(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run.main(["--out", str(tmp_path / "file" / "results.jsonl")]) == 2
    assert "Argument `--out` must be" in capsys.readouterr().out
