"""The report: ratios, and the refusal to compare different answers."""

import json

import pytest
from rich.console import Console

from benchmarks import _figure, report

HEADER = {
    "kind": "machine",
    "cpu": "a CPU",
    "cores": 2,
    "memory_bytes": 2**34,
    "os": "Linux 6.1",
    "python": "3.11",
    "date": "today",
    "load": 0.1,
}


def row(library, step=1.0, workload="qml-3-2-4", **changes):
    return {
        "kind": "row",
        "workload": workload,
        "library": library,
        "status": "ok",
        "first_call_s": 10 * step,
        "step_median_s": step,
        "step_min_s": step,
        "value": 0.5,
        "gradient_norm": 2.0,
        "gradient_probe": 0.1,
    } | changes


def ratios(*rows):
    return {line[1]: line[-2:] for line in report.cells(list(rows))}


def test_ratios_are_over_qjax():
    assert ratios(row("qjax", 2.0), row("other", 5.0)) == {
        "qjax": ["1x", "1x"],
        "other": ["2.5x", "2.5x"],
    }


def test_step_ratio_pairs_the_rounds():
    # The machine was twice as fast in the last round; the ratio was 3 all along.
    qjax = row("qjax", step_rounds_s=[1.0, 1.1, 0.5], step_median_s=1.0)
    other = row("other", step_rounds_s=[3.0, 3.3, 1.5], step_median_s=1.5)
    assert ratios(qjax, other)["other"][1] == "3x"


@pytest.mark.parametrize("key", ["value", "gradient_norm", "gradient_probe"])
@pytest.mark.parametrize("change", [1.0001, -1.0])
def test_different_answers_are_not_compared(key, change):
    other = row("other")
    # A small change of the probe is within the tolerance, whose scale is the gradient's length.
    other[key] += 1e-4 * 2.0 if change > 0 else -2 * other[key]
    assert ratios(row("qjax"), other)["other"] == ["answers differ"] * 2


def test_answers_within_the_tolerance_are_compared():
    assert ratios(row("qjax"), row("other", value=0.5 * (1 + 9e-6)))["other"] == ["1x", "1x"]
    assert ratios(row("qjax"), row("other", value=0.5 * (1 + 2e-5)))["other"][0] == "answers differ"


def test_an_answer_that_is_not_finite_is_not_compared():
    assert ratios(row("qjax"), row("other", gradient_norm=None))["other"][0] == "answers differ"


def test_nothing_is_compared_with_a_wrong_baseline():
    found = ratios(row("reference"), row("qjax", value=0.6), row("other"))
    assert found == {"qjax": ["answers differ"] * 2, "other": ["no baseline"] * 2}


def test_without_numpy_a_library_in_double_precision_decides():
    exact = row("qulacs", value=0.6, dtype="complex128")
    found = ratios(row("qjax"), exact, row("other", value=0.6))
    assert found["qjax"][0] == "answers differ" and found["other"][0] == "no baseline"


def test_the_share_of_the_least_time_is_told():
    rates = {"copy_bytes_per_s": 1e9, "operations_per_s": 1e6, "cache_bytes": 1e6}
    (line,) = report.cells([row("qjax", 0.1)], HEADER | {"rates": rates})
    assert line[report.COLUMNS.index("of least")] == "8%"  # 8,448 operations


def test_the_longest_row_of_workloads_is_drawn():
    names = ("qml-3-2-4", "qml-3-2-8", "qml-4-2-4", "qml-5-2-4", "tfim-3-2")
    rows = [row("qjax", workload=name) for name in names]
    sizes = {"qml-3-2-4": 3, "qml-4-2-4": 4, "qml-5-2-4": 5}
    assert _figure.series(rows, 0) == ("qml-*-2-4", sizes)
    assert _figure.series(rows, 2) == ("qml-3-2-*", {"qml-3-2-4": 4, "qml-3-2-8": 8})


def test_a_failed_reference_gives_way_to_qjax():
    broken = {"kind": "row", "workload": "qml-3-2-4", "library": "reference", "status": "failed"}
    assert ratios(broken, row("qjax"), row("other"))["other"] == ["1x", "1x"]


def test_a_failure_shows_its_reason():
    failed = {"status": "timed out", "reason": "over 3 s"}
    line = {"kind": "row", "workload": "qml-3-2-4", "library": "other"} | failed
    assert ratios(row("qjax"), line)["other"][0] == "timed out: over 3 s"


def test_a_reason_is_not_taken_for_markup():
    failed = {"status": "failed", "reason": "[/a/path.hpp] no device"}
    table = report.terminal_table([row("qjax"), row("other") | failed])
    console = Console(width=200, record=True)
    console.print(table)
    assert "[/a/path.hpp] no device" in console.export_text()


def test_rows_of_other_workloads_are_not_a_baseline():
    assert ratios(row("qjax", workload="tfim-3-2"), row("other"))["other"][0] == "answers differ"


def test_command_renders_a_table_and_a_figure(tmp_path, capsys):
    results, figure = tmp_path / "results.jsonl", tmp_path / "figure.png"
    lines = [HEADER, row("qjax"), row("other", 3.0)]
    results.write_text("\n".join(map(json.dumps, lines)))
    assert report.main([str(results), "--plot", str(figure)]) == 0
    printed = capsys.readouterr().out
    assert "a CPU, 2 cores, 16 GiB" in printed
    assert "| qml-3-2-4 | other |" in printed
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("text", ["", "not json", '{"kind": "row"}', "[1]"])
def test_a_foreign_file_is_refused(text, tmp_path, capsys):
    path = tmp_path / "foreign.jsonl"
    path.write_text(text)
    assert report.main([str(path)]) == 2
    assert "Argument `FILE` must be the results of a run" in capsys.readouterr().err


def test_beyond_a_statevector_there_is_no_least_time():
    header = HEADER | {"rates": {"cache_bytes": 0, "copy_bytes_per_s": 1, "operations_per_s": 1}}
    for name in ("chain-1000-1", "gridamplitude-3-1"):
        assert report.of_least(row("qjax", 2.0) | {"workload": name}, header) == ""
