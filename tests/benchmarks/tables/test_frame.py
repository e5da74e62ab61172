"""The frame: rules, targets, cache, workers, results, and what a user can get wrong."""

import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.tables import _pool, _report, _run, _show, _worker
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
from qjax.cli import _tables, main
from qjax.cli._catalogue import load_table, table_names
from tests.benchmarks.tables import fake

ROOT = Path(__file__).resolve().parents[3]
FAKE = "tests.benchmarks.tables.fake"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def here(monkeypatch):
    """Runs workers' shares in this process: starting one takes a second."""

    def work(shares, jobs):
        for share in shares:
            table = load_table(share.module)
            cells = [cell for cell in table.cells() if cell.key in share.keys]
            yield share.table, {"made_with": {"device": "here"}}
            for cell, outcome, reason in _worker.computed(table.run, cells):
                found = outcome._asdict() if outcome else {"reason": reason}
                yield share.table, {"cell": cell.key, **found}

    monkeypatch.setattr(_pool, "work", work)


def computed(folder):
    """Returns the cells that were computed since the last call."""
    log = folder / "log"
    done = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return done


def results(folder):
    found = json.loads((folder / "tables" / FAKE / "results.json").read_text())
    return found, {cell["cell"]: cell for cell in found["cells"]}


def words_of(shown):
    """Returns the lines that are shown, a space between words."""
    return [" ".join(line.split()) for line in shown.splitlines()]


def error_of(capsys, *arguments):
    assert main(["tables", *arguments]) == 2
    return " ".join(capsys.readouterr().err.split())


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
    shown = words_of(screen.getvalue())
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


def test_a_run_computes_judges_and_keeps(folder, monkeypatch, capsys):
    """With two real workers, of which one dies."""
    monkeypatch.setenv("FAKE_DIES", "b/2")
    command = ["tables", "run", FAKE, "--full", "--jobs", "2", "--out", "kept"]
    assert main(command) == 1
    shown = capsys.readouterr().out
    assert f"{FAKE} 1 1 1 1 1 2 s 500 ms 2 h" in words_of(shown)
    assert f"{FAKE}: missed a/2: 2.0, published 2.5 (within 0.1)" in shown
    assert f"{FAKE}: error in b/2: The worker ended, exit status 7: what a library" in shown
    assert sorted(computed(folder)) == ["a/1", "a/2", "a/3", "b/1"]
    found, cells = results(folder)
    assert {key: cell["verdict"] for key, cell in cells.items()} == {
        "a/1": "matched",
        "a/2": "missed",
        "a/3": "explained",
        "b/1": "ours",
        "b/2": "error",
    }
    assert cells["a/1"]["published_seconds"] == 7200 and cells["a/1"]["seconds"] == 0.5
    (made_with,) = found["runs"].values()
    assert made_with["device"] and made_with["versions"]["jax"] and found["seeds"]
    assert json.loads((folder / "kept" / f"{FAKE}.json").read_text()) == found
    markdown = (folder / "tables" / FAKE / "results.md").read_text()
    for words in (
        "| a/2 | 2.5 | 2.0 | 0.1 | within 0.1 | missed |",
        "a/3: It is known why.",
        "c: it",
    ):
        assert words in markdown
    assert (folder / "tables" / FAKE / "figure.png").read_bytes().startswith(b"\x89PNG")

    # What is done is not done again; what failed is.
    monkeypatch.delenv("FAKE_DIES")
    assert main(command) == 0
    assert computed(folder) == ["b/2"]
    assert results(folder)[1]["b/2"]["verdict"] == "matched"


def test_a_crash_costs_one_cell(folder, monkeypatch, capsys):
    """Though it is the first of its process, and takes that down."""
    monkeypatch.setenv("FAKE_CRASHES", "a/1")
    assert main(["tables", "run", FAKE, "--full"]) == 1
    assert "error in a/1: The worker ended, killed by signal 9" in capsys.readouterr().out
    assert sorted(computed(folder)) == ["a/2", "a/3", "b/1", "b/2"]


def test_ctrl_c_ends_the_workers_and_keeps_what_is_done(folder, monkeypatch):
    """Of a real run in a process of its own."""
    monkeypatch.setenv("FAKE_SLEEPS", "0.5")
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    run = subprocess.Popen(
        [sys.executable, "-m", "qjax.cli", "tables", "run", FAKE, "--full"],
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    kept = folder / "tables" / FAKE / "cells.jsonl"
    while run.poll() is None and not (kept.exists() and '"cell"' in kept.read_text()):
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    shown, _ = run.communicate()
    assert run.returncode == 130 and "the same command goes on" in shown
    done = computed(folder)
    # The workers are gone: nothing more is computed.
    time.sleep(1.0)
    assert not computed(folder) and 0 < len(done) < 5
    found, cells = results(folder)
    assert set(cells) <= set(done) and found["summary"]["matched"] >= 1


def test_one_failure_costs_one_cell(folder, here, monkeypatch, capsys):
    monkeypatch.setenv("FAKE_RAISES", "a/2")
    assert main(["tables", "run", FAKE, "--full"]) == 1
    assert sorted(computed(folder)) == ["a/1", "a/3", "b/1", "b/2"]
    assert "error in a/2: ArithmeticError: this one cannot be computed" in capsys.readouterr().out


def test_cells_are_chosen_by_speed_or_name(folder, here):
    assert main(["tables", "run", FAKE]) == 0
    assert computed(folder) == ["a/1", "a/2"]
    assert main(["tables", "run", FAKE, "--cells", "b/*", "a/1"]) == 0
    assert computed(folder) == ["b/1", "b/2"]
    # The files have everything that was ever done.
    assert set(results(folder)[1]) == {"a/1", "a/2", "b/1", "b/2"}
    own = [folder / "tables" / FAKE / part / "own.txt" for part in "ab"]
    for path in own:
        path.parent.mkdir()
        path.write_text("what the table itself keeps")
    assert main(["tables", "run", FAKE, "--quick", "--force"]) == 0
    assert computed(folder) == ["a/1", "a/2"]
    assert [path.exists() for path in own] == [False, True]


def test_an_interrupt_loses_nothing(folder, here, monkeypatch, capsys):
    work = _pool.work

    def interrupted(shares, jobs):
        for number, message in enumerate(work(shares, jobs)):
            if number == 3:
                raise KeyboardInterrupt
            yield message

    monkeypatch.setattr(_pool, "work", interrupted)
    assert main(["tables", "run", FAKE, "--full"]) == 130
    assert "the same command goes on" in capsys.readouterr().out
    computed(folder)
    # The third line was cut off by the machine going down.
    cells = folder / "tables" / FAKE / "cells.jsonl"
    lines = cells.read_text().splitlines(keepends=True)
    assert len(lines) == 3
    cells.write_bytes("".join([*lines[:2], "\0\n", lines[2][:-9]]).encode() + b"\xff")
    monkeypatch.setattr(_pool, "work", work)
    assert main(["tables", "run", FAKE, "--full"]) == 0
    assert computed(folder) == ["a/2", "a/3", "b/1", "b/2"]
    assert "Dropped 2 lines of" in capsys.readouterr().out
    assert all(json.loads(line) for line in cells.read_text().splitlines() if line != "\0")
    assert main(["tables", "run", FAKE, "--full"]) == 0
    assert not computed(folder)


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


def test_bad_arguments_are_named(folder, here, capsys, monkeypatch):
    assert "Did you mean gradient?" in error_of(capsys, "run", "gradent")
    assert "Did you mean a/1" in error_of(capsys, "run", FAKE, "--cells", "a/11")
    assert "exclude each other" in error_of(capsys, "run", FAKE, "--quick", "--full")
    assert "must be at least 1, but is 0" in error_of(capsys, "run", FAKE, "--jobs", "0")
    assert "must be a table: all, or some of" in error_of(capsys, "run")
    nothing = ("run", FAKE, "--quick", "--cells", "b/*")
    assert "No cell is selected" in error_of(capsys, *nothing)
    assert "cannot be loaded" in error_of(capsys, "run", "tests.benchmarks.tables.none")
    needs = fake.TABLE._replace(extra="chem", modules=("json", "no_such_module"))
    monkeypatch.setattr(fake, "TABLE", needs)
    words = error_of(capsys, "run", FAKE)
    assert f"Table {FAKE} needs no_such_module: `pip install -e .[chem]`." in words
    assert not computed(folder)


def test_all_leaves_out_what_cannot_run(folder, here, capsys, monkeypatch):
    other = fake.TABLE._replace(extra="chem", modules=("no_such_module",))
    tables = {FAKE: fake.TABLE, "other": other}
    monkeypatch.setattr(_tables._catalogue, "table_names", lambda: list(tables))
    monkeypatch.setattr(_tables._catalogue, "load_table", tables.get)
    monkeypatch.setattr(_run._pool, "work", lambda *_: (m for m in ()))
    assert main(["tables", "run", "all", "--quick"]) == 0
    assert "Left out: Table other needs no_such_module" in capsys.readouterr().out
    assert "No cell is selected" in error_of(capsys, "run", "all", "--cells", "typo*")


def test_every_table_lists_cells_with_names_of_their_own(folder, capsys, monkeypatch):
    for name in table_names():
        table = load_table(name)
        cells = table.cells()
        assert len({cell.key for cell in cells}) == len(cells) > 0
        assert any(cell.quick for cell in cells) and table.source
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["tables", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    for name in table_names():
        cells = load_table(name).cells()
        assert any(line.startswith(f"{name}  {len(cells):,} cells, ") for line in lines)
