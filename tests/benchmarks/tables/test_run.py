"""Runs of a table: workers, interrupts, resumption, and what a user can get wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.tables import _pool, _run, _worker
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
