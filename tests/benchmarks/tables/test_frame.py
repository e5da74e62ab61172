"""The frame by itself: rules, targets, cache, shares of work, what is shown of results."""

import io
import json
import math
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.tables import _pool, _report, _show
from benchmarks.tables._cache import Cache, source
from benchmarks.tables._frame import (
    Cell,
    Known,
    Outcome,
    Row,
    all_used,
    at_least,
    equal,
    flag,
    judge,
    optional_float,
    standard_errors,
    targets,
    within,
)
from benchmarks.tables._numbers import sides
from tests.benchmarks.tables import fake


@pytest.mark.parametrize(
    ("rule", "target", "value", "verdict"),
    [
        (equal(), 0.5, 0.5, "matched"),
        (equal(), 0.5, 0.5 + 1e-15, "missed"),
        (equal(3), 0.983, 59 / 60, "matched"),
        (equal(1), 0.1, 0.15, "matched"),
        (equal(1), 0.1, 0.1501, "missed"),
        (within(0.02), 0.9, 0.88, "matched"),
        (within(0.02), 0.9, 0.87, "missed"),
        (within(relative=0.1), -2.0, -2.19, "matched"),
        (within(0.5, 0.1), 2.0, 2.4, "matched"),
        (standard_errors(3), 1.0, 1.29, "matched"),
        (standard_errors(3), 1.0, 1.31, "missed"),
        (at_least(), 0.81, 0.97, "matched"),
        (at_least(), 0.81, 0.80, "missed"),
        (at_least(0.02), 0.81, 0.80, "matched"),
        (at_least(errors=2), 1.0, 0.81, "matched"),
        (at_least(errors=2), 1.0, 0.79, "missed"),
        (within(9.0), 1.0, math.nan, "missed"),
        (at_least(), 1.0, math.nan, "missed"),
        (equal(), None, 1.0, "ours"),
    ],
)
def test_a_rule_decides(rule, target, value, verdict):
    assert judge(Cell("a", target, rule), Outcome(value, 0.1)) == verdict
    # What is known explains what it says, and nothing else.
    explained = {"missed": "explained"}.get(verdict, verdict)
    if math.isnan(value):
        explained = verdict
    known = Cell("a", target, rule, known=Known("why", value + 0.05, within(0.1)))
    assert judge(known, Outcome(value, 0.1)) == explained
    other = Cell("a", target, rule, known=Known("why", value + 0.2, within(0.1)))
    assert judge(other, Outcome(value, 0.1)) == verdict
    near = Cell("a", target, rule, known=Known("why", None, within(0.2)))
    close = target is not None and abs(value - target) <= 0.2 + 1e-9
    assert judge(near, Outcome(value, 0.1)) == (explained if close else verdict)


@pytest.mark.parametrize(
    ("rule", "target", "value", "shown"),
    [
        (equal(8), -1.11668439, -1.1166843912, ("-1.11668439", "-1.11668439")),
        (equal(8), -2.5, -2.50000001, ("-2.50000000", "-2.50000001")),
        (within(1e-6), 16.11879984, 16.118803, ("16.118800", "16.118803")),
        (within(0.02), 0.9666666666, 0.95, ("0.966667", "0.95")),
        (equal(), 0.1, 0.30000000000000004 - 0.2, ("0.1", "0.10000000000000003")),
        (within(1e-9), 0.0, 8.88178419e-16, ("0.000000000", "8.88178e-16")),
        (equal(), None, 1 / 3, ("", "0.333333")),
    ],
)
def test_digits_are_as_many_as_the_rule_needs(rule, target, value, shown):
    cell, outcome = Cell("a", target, rule), Outcome(value)
    assert sides(Row(cell, outcome, judge(cell, outcome))) == shown


def test_the_worst_stands_for_many_cells(tmp_path):
    """But in `results.json`, and not for a cell that is missed."""
    values = {k: 1.0 + k / 1000 for k in range(_report.MANY + 2)} | {7: 1.5}
    rows = []
    for k, value in values.items():
        cell = Cell(f"many/{k}", 1.0, within(0.2))
        rows.append(Row(cell, Outcome(value, seconds=0.5), judge(cell, Outcome(value))))
    cell = Cell("few/1", 2.0, equal())
    rows.append(Row(cell, Outcome(2.0), "matched"))
    table = fake.TABLE._replace(cells=lambda: [row.cell for row in rows], figure=None)
    cache = Cache(tmp_path / "cells.jsonl", "source")
    with cache.open() as file:
        cache.begin(file, "monday", {})
        for row in rows:
            cache.add(file, "monday", row.cell, row.outcome)
    _report.write("name", table, rows, cache, tmp_path, tmp_path / "kept")
    everything = json.loads((tmp_path / "results.json").read_text())
    assert [cell["cell"] for cell in everything["cells"]] == [row.cell.key for row in rows]
    kept = json.loads((tmp_path / "kept" / "name.json").read_text())
    assert kept.items() >= {k: v for k, v in everything.items() if k != "cells"}.items()
    worst, missed, few = kept["cells"]
    last = _report.MANY + 1
    assert (worst["cell"], worst["verdict"]) == (f"many/{last}", "matched")
    assert (worst["worst_of"], worst["seconds_of_all"]) == (last, last / 2)
    assert (missed["cell"], missed["verdict"], few["cell"]) == ("many/7", "missed", "few/1")
    assert f"| many/* ({last} cells) | 1 | 1.101 |" in (tmp_path / "results.md").read_text()


def test_the_summary_is_one_table_of_80_columns():
    row = Row(Cell("a", 1.0, equal()), Outcome(1.0, seconds=3.0), "matched")
    slow = Row(Cell("b", 1.0, equal(), seconds=35_712_000.0), Outcome(1.0, seconds=2.0), "matched")
    screen = io.StringIO()
    known = Row(row.cell, row.outcome, "explained")
    minutes = row._replace(outcome=Outcome(1.0, seconds=499.8))
    tables = {"fixed_angle_qaoa": [row] * 12345, "b": [slow], "c": [known] * 150 + [minutes]}
    _show.summary(tables, 9.0, Path("tables"), Console(file=screen, width=80))
    assert max(map(len, screen.getvalue().splitlines())) <= 80
    shown = [" ".join(line.split()) for line in screen.getvalue().splitlines()]
    assert shown[0] == "table matched explained missed ours our time compared theirs"
    for words in (
        "fixed_angle_qaoa 12,345 10.3 h",
        "b 1 2 s 2 s 9,920 h",
        "c 1 150 15.8 min",
        "all 12,347 150 10.6 h 2 s 9,920 h",
    ):
        assert words in shown


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "n,x\n1,0.5\n2,half\n", "line 3, field `x` must be a number, but is 'half'"),
        ("t.csv", "n,x\nhalf,0.5\n", "line 2, field `n` must be an integer, but is 'half'"),
        ("t.csv", "n,x\n1,0.5\n2\n", "line 3 must have other fields: see x"),
        ("t.csv", 'n,x\n1,0.5\n2,"0.5\n', "after line 2: not CSV, unexpected end of data"),
        ("t.csv", b"n,x\n1,\xff\n", "is not UTF-8"),
        ("t.csv", "n,x\n1,0.5,7\n", "line 2 must have other fields: see None"),
        ("t.csv", "n,y\n1,0.5\n", "line 2 must have other fields: see x, y"),
        ("t.json", '[{"n": 1, "x": 0.5}, {"n": 1.5}]', "row 2 must have other fields: see x"),
        ("t.json", '[{"n": 1, "x": []}]', "row 1, field `x` must be a number"),
        ("t.json", "[1]", "row 1 must be an object, but is 1"),
        ("t.json", "{}", "must be a list of objects"),
        ("t.json", '[{"n": 1', "is not JSON"),
    ],
)
def test_a_malformed_row_of_targets_is_named(tmp_path, name, text, message):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=f"{name}`.*{message.replace('[', '.')}"):
        targets(tmp_path / name, {"n": int, "x": float})


def test_what_reads_a_field_is_named(tmp_path):
    path = tmp_path / "t.csv"
    for text, read, message in (
        ("", optional_float, None),
        ("x", optional_float, "a number or nothing"),
        ("2", flag, "0 or 1"),
    ):
        path.write_text(f"n,x\n1,{text}\n")
        if message is None:
            assert targets(path, {"n": str, "x": read}) == [{"n": "1", "x": None}]
        else:
            with pytest.raises(ValueError, match=f"field `x` must be {message}, but is"):
                targets(path, {"n": str, "x": read})
    with pytest.raises(ValueError, match="t.csv` has cells that are not in the table: a, b"):
        all_used(path, {"a": 1, "b": 2})


def test_targets_are_read(tmp_path):
    (tmp_path / "t.csv").write_text("n,x\n1,0.5\n")
    (tmp_path / "t.json").write_text('[{"x": 0.5, "n": 1}]')
    for name in ("t.csv", "t.json"):
        assert targets(tmp_path / name, {"n": int, "x": float}) == [{"n": 1, "x": 0.5}]


def test_a_cell_is_done_for_one_source_of_its_table(tmp_path, monkeypatch):
    module = tmp_path / "some_table.py"
    monkeypatch.syspath_prepend(str(tmp_path))

    def digest(text):
        module.write_text(text)
        return source("some_table")

    first = digest("def run():\n    return 1\n")
    assert digest('"""Said."""\n\n\ndef run():\n    "Why."\n    return  1  # so\n') == first
    second = digest("def run():\n    return 2\n")
    assert second != first
    (tmp_path / "some_table_targets.csv").write_text("x")
    (tmp_path / "some_table_figure.csv").write_text("x")
    assert source("some_table") == second
    (tmp_path / "some_table_inputs.csv").write_text("x")
    assert source("some_table") != second

    path = tmp_path / "cells.jsonl"
    old = Cache(path, "old")
    with old.open() as file:
        old.begin(file, "monday", {})
        cell = Cell("a", None, equal(), inputs="layers=3")
        old.add(file, "monday", cell, Outcome(1.0, None, 2.0))
    assert not Cache(path, "new").cells
    assert Cache(path, "new", stale=True).cells == old.cells
    assert Cache(path, "old").cells["a"].outcome == Outcome(1.0, None, 2.0)
    # Nor is it done for other inputs.
    other = cell._replace(inputs="layers=4")
    assert [Cache(path, "old").has(each) for each in (cell, other)] == [True, False]
    assert Cache(path, "old", stale=True).has(other)


def test_shares_are_even_and_keep_groups_together():
    seconds = {"x": 9, "y": 4, "z": 5}
    keys = [f"{group}/{k}" for group in seconds for k in (1, 2)]
    cells = [Cell(key, None, equal(), seconds=seconds[key[0]]) for key in keys]
    group = fake.TABLE.group
    assert _pool.split(cells, 1, group) == [["x/1", "x/2", "z/1", "z/2", "y/1", "y/2"]]
    assert _pool.split(cells, 2, group) == [["x/1", "x/2"], ["z/1", "z/2", "y/1", "y/2"]]
    assert _pool.split(cells, 9, group) == [["x/1", "x/2"], ["z/1", "z/2"], ["y/1", "y/2"]]
    assert _pool.split(cells, 9, lambda _: "") == [keys]
