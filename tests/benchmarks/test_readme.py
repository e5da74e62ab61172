"""The README's numbers are those of the committed results."""

import json

from benchmarks import _engines, _readme
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


def test_depth_start_and_drift_are_told(tmp_path):
    lines = {
        "depth": {
            "layers": [10, 1000],
            "ratios": {"compile_share_s": 1.02, "peak_rss_bytes": 1.01},
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
    assert "1,000 layers against 10 (12 qubits): 1.02 times" in section
    assert "`qml-3-2-4` 1.5 s after 4.0 s" in section
    assert "5,000: 2e-04" in section
