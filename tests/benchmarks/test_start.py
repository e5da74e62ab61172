"""The second process finds what the first one compiled; the drift is small where depth is."""

import json

from benchmarks import drift, start


def test_the_second_process_reads_the_first_ones_programs(tmp_path):
    out = tmp_path / "start.jsonl"
    assert start.main(["--workloads", "qml-2-1-2", "--out", str(out)]) == 0
    header, line = map(json.loads, out.read_text().splitlines())
    assert header["kind"] == "machine"
    assert line["entries"] > 0
    assert line["first"]["value"] == line["second"]["value"]
    assert line["ratio"] == line["second"]["first_step_s"] / line["first"]["first_step_s"]


def test_a_library_that_fails_is_said(tmp_path, capsys):
    out = tmp_path / "start.jsonl"
    library = "tests.benchmarks.adapters.raises"
    command = ["--workloads", "tfim-3-1", "--library", library, "--out", str(out)]
    assert start.main(command) == 1
    assert "no room for tfim-3-1" in " ".join(capsys.readouterr().out.split())
    assert not out.exists()


def test_drift_is_that_of_single_precision(tmp_path):
    out = tmp_path / "drift.jsonl"
    sizes = ["--qubits", "3", "--batch", "2", "--layers", "2", "20"]
    assert drift.main([*sizes, "--out", str(out)]) == 0
    _, few, many = map(json.loads, out.read_text().splitlines())
    assert (few["layers"], many["layers"]) == (2, 20)
    assert 0 < few["gradient_error"] < 1e-5 and 0 < many["gradient_error"] < 1e-4


def test_a_drift_over_the_limit_is_an_error(tmp_path):
    sizes = ["--qubits", "2", "--batch", "1", "--layers", "2", "--limit", "1e-12"]
    assert drift.main([*sizes, "--out", str(tmp_path / "drift.jsonl")]) == 1
