"""The command that compares two depths; its limits are for the sizes that it is meant for."""

import importlib.util
import json

import pytest

from benchmarks import depth


@pytest.mark.skipif(importlib.util.find_spec("qjax") is None, reason="qjax is not installed")
def test_depth_writes_both_depths_and_the_same_program(tmp_path):
    out = tmp_path / "depth.jsonl"
    sizes = ["--qubits", "3", "--batch", "2", "--layers", "32", "320"]
    depth.main([*sizes, "--starts", "1", "--repeats", "2", "--out", str(out)])
    header, few, many, verdict = map(json.loads, out.read_text().splitlines())
    assert header["kind"] == "machine"
    assert (few["workload"], many["workload"]) == ("deep-3-32-2", "deep-3-320-2")
    assert few["equations"] == many["equations"]
    assert verdict["ratios"]["equations"] == 1


def test_a_failing_library_is_said(tmp_path, capsys):
    out = tmp_path / "depth.jsonl"
    assert depth.main(["--library", "tests.benchmarks.adapters.raises", "--out", str(out)]) == 1
    assert "no room for deep-12-10-4" in capsys.readouterr().out.replace("\n", " ")
    assert not out.exists()
