"""The command that compares a sweep with its runs one after the other, at a tiny size."""

import json

from benchmarks import sweep


def test_sweep_writes_both_and_their_answers_agree(tmp_path, capsys):
    out = tmp_path / "sweep.jsonl"
    sizes = ["--variant", "tiny", "--epochs", "3", "--seeds", "3", "--rates", "2"]
    sweep.main([*sizes, "--measured", "2", "--out", str(out)])
    header, sequential, at_once, verdict = map(json.loads, out.read_text().splitlines())
    assert header["kind"] == "machine" and header["config"]["dataset"] == "iris"
    assert (sequential["runs"], at_once["runs"], at_once["failed"]) == (2, 6, 0)
    assert 0 < verdict["largest_loss_difference"] < 1e-3
    assert sequential["seconds_of_all"] > sequential["seconds"] > 0 < at_once["seconds"]
    assert "6 at once" in capsys.readouterr().out.replace("\n", " ")
