"""The README's numbers are those of the committed results."""

import json

from benchmarks import _engines, _readme, depth
from tests.benchmarks.test_report import HEADER, row


def test_the_section_is_what_the_report_writes():
    text = (_readme.ROOT / "README.md").read_text(encoding="utf-8")
    written = text.split(_readme.BEGIN)[1].split(_readme.END)[0]
    assert written.strip() == _readme.section()


def test_the_page_on_engines_is_what_the_report_writes():
    text = _engines.PAGE.read_text(encoding="utf-8")
    written = text.split(_readme.BEGIN)[1].split(_readme.END)[0]
    assert written.strip() == _engines.section()


def test_engines_that_do_not_run_say_so(tmp_path):
    rows = [
        row("qjax", 2.0),
        row("qjax-network", 2.0, value=0.6),
        row("qjax-cones", 0.0) | {"status": "failed"},
    ]
    (tmp_path / "large.jsonl").write_text("\n".join(map(json.dumps, [HEADER, *rows])))
    last = _engines.section(tmp_path).splitlines()[-1]
    assert "does not run" in last and "another value" in last


def test_rewriting_changes_the_section_only(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"before\n{_readme.BEGIN}\nold\n{_readme.END}\nafter\n")
    _readme.rewrite(path)
    assert path.read_text() == (
        f"before\n{_readme.BEGIN}\n\n{_readme.section()}\n\n{_readme.END}\nafter\n"
    )


def test_the_best_other_is_found_among_right_answers(tmp_path):
    rows = [
        row("qjax", 2.0),
        row("qjax-loop", 0.1),
        row("qulacs", 3.0),
        row("pennylane", 4.0, compile_s=1.0),
        row("lightning", 1.0, value=0.6),
    ]
    (tmp_path / "cpu-test.jsonl").write_text("\n".join(map(json.dumps, [HEADER, *rows])))
    assert "| qulacs | 1.5x | pennylane | 2x |" in _readme.section(tmp_path)


def test_a_cell_without_a_number_says_why(tmp_path):
    rows = [
        row("qjax", 2.0, dtype="complex64"),
        row("lightning", 1.0, value=0.6),
        row("qulacs", 0.0) | {"status": "timed out", "reason": "over 60 s"},
        row("pennylane", 0.0) | {"status": "failed", "reason": "E: RESOURCE_EXHAUSTED: Out of"},
        row("qujax-scan", 0.0) | {"status": "unsupported", "reason": "the adapter does not"},
        row("qjax", 2.0, workload="tfim-3-2", dtype="complex64"),
    ]
    for failed in rows[2:5]:
        del failed["value"]
    (tmp_path / "cpu-test.jsonl").write_text("\n".join(map(json.dumps, [HEADER, *rows])))
    section = _readme.section(tmp_path)
    compiled = "pennylane: out of memory; qujax-scan: not written for it"
    assert (
        f"| lightning: another answer; qulacs: over 60 s; {compiled} |  | {compiled} |" in section
    )
    assert "tfim-3-2 † | 1 |" in section and "none was tried |  | none was tried |" in section
    assert "lightning on `qml-3-2-4` (0.5x)" in section


def test_one_table_a_machine_in_the_order_of_the_families(tmp_path):
    exact = row("reference", dtype="complex128")
    files = {"a": "tfim-3-2", "b": "qml-10-2-4", "c": "qml-3-2-4"}
    for name, workload in files.items():
        lines = [HEADER | {"date": f"day {name}"}, exact | {"workload": workload}]
        lines += [row("qjax", 2.0, workload=workload), row("qulacs", 1.0, workload=workload)]
        (tmp_path / f"cpu-{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    section = _readme.section(tmp_path)
    found = [line.split(" | ")[:2] for line in section.splitlines() if "qulacs" in line][1:]
    assert found == [["| qml-3-2-4", "3"], ["| qml-10-2-4", "2"], ["| tfim-3-2", "1"]]
    assert section.count("a CPU, 2 cores") == 1 and "†" not in section
    assert "slower than the quickest other on `qml-3-2-4` (qulacs: 0.50 of qjax's step)" in section
    assert "with qulacs, 20 s with qjax" in section


def test_a_depth_beyond_its_limits_is_told_as_such(tmp_path):
    verdict = {
        "kind": "depth",
        "layers": [10, 5000],
        "starts": 1,
        "ratios": {"equations": 1.1, "compile_share_s": 1.6, "peak_rss_bytes": 1.0},
        "limits": depth.LIMITS,
    }
    lines = [HEADER | {"revision": "abc-dirty"}, verdict]
    (tmp_path / "depth.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert _readme.section(tmp_path).endswith(
        "(12 qubits, one process each): 1.60 times the first call less one step, 1.00 times the "
        "peak memory. That is beyond the limits of the first call less one step (1.5 times). "
        "Measured with uncommitted changes."
    )


def test_depth_start_and_drift_are_told(tmp_path):
    lines = {
        "depth": {
            "layers": [10, 1000],
            "starts": 3,
            "ratios": {"equations": 1.1, "compile_share_s": 1.02, "peak_rss_bytes": 1.01},
            "limits": depth.LIMITS,
        },
        "start": {
            "workload": "qml-3-2-4",
            "first": {"first_step_s": 4.0},
            "second": {"first_step_s": 1.5},
        },
        "drift": {"layers": 5000, "gradient_error": 2.2e-4},
    }
    for kind, line in lines.items():
        (tmp_path / f"{kind}.jsonl").write_text(json.dumps({"kind": kind} | line))
    section = _readme.section(tmp_path)
    assert "1,000 layers against 10 (12 qubits, the median of 3 processes each): 1.02" in section
    assert "beyond" not in section
    assert "`qml-3-2-4` 1.5 s after 4.0 s" in section
    assert "5,000: 2e-04" in section
