"""Every command from end to end on one small run, and what a user can get wrong."""

import csv
import dataclasses
import io
import json
import pathlib

import numpy as np
import pytest
from sklearn.datasets import load_digits

from models.mps_classifier import Config
from qjax.cli import main
from qjax.cli._catalogue import INTERFACE, ROOT, load, names

SMALL = ["train", "mps_classifier", "--variant", "tiny", "--set", "epochs=1", "batch_size=256"]
JOINED = ["--process-id", "2", "--num-processes"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "mps"
    assert main([*SMALL, "--run-dir", str(folder)]) == 0
    return folder


def results(folder):
    return json.loads((folder / "results.json").read_text())


def error_of(arguments, capsys):
    """Returns what a refused command prints: one line, whatever the terminal's width."""
    with pytest.raises(SystemExit) as caught:
        raise SystemExit(main(list(map(str, arguments))))
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return " ".join(error.replace("│", " ").split())


def test_a_run_leaves_results_figures_and_history(trained):
    found = results(trained)
    assert found["config"] == dataclasses.asdict(Config(**found["config"]))
    assert found["config"]["epochs"] == 1 and found["config"]["bond"] == 4
    assert found["results"]["parameters"] == 64 * 2 * 4**2 + 10 * 4**2
    assert {"python", "jax", "flax", "qjax"} <= set(found["versions"])
    for name in ("mps.png", "confusion.png"):
        assert (trained / name).read_bytes().startswith(b"\x89PNG")
    header, row = csv.reader((trained / "mps" / "history.csv").read_text().splitlines())
    assert header[:3] == ["epoch", "seconds", "train_loss"] and "valid_accuracy" in header
    assert row[0] == "1" and float(row[2]) > 0


def test_a_finished_run_is_told_and_not_run_again(trained, capsys):
    before = sorted((path, path.stat().st_mtime_ns) for path in trained.rglob("*"))
    assert main([*SMALL, "--run-dir", str(trained)]) == 0
    assert "is finished; --force begins anew" in capsys.readouterr().out
    assert sorted((path, path.stat().st_mtime_ns) for path in trained.rglob("*")) == before


def test_evaluate_gives_the_same_numbers(trained, capsys):
    assert main(["evaluate", str(trained), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == results(trained)["results"]
    assert main(["evaluate", str(trained)]) == 0
    assert "test_accuracy" in capsys.readouterr().out


def test_predict_reads_csv_and_npy(trained, tmp_path, capsys):
    images, labels = load_digits(return_X_y=True)
    np.save(tmp_path / "images.npy", images)
    header = ",".join(f"pixel{i}" for i in range(64))
    np.savetxt(tmp_path / "images.csv", images[:5], delimiter=",", header=header, comments="")
    assert main(["predict", str(trained), str(tmp_path / "images.npy")]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(labels)
    # Far from chance, as the test accuracy is.
    right = np.mean([int(row["label"]) == label for row, label in zip(rows, labels, strict=True)])
    assert abs(right - results(trained)["results"]["test_accuracy"]) < 0.1
    out = tmp_path / "labels.csv"
    command = ["predict", str(trained), str(tmp_path / "images.csv"), "--out", str(out)]
    assert main(command) == 0
    few = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["label"] for row in few] == [row["label"] for row in rows[:5]]
    assert "exists: --force writes over it" in error_of(command, capsys)
    assert main([*command, "--force"]) == 0


def test_force_moves_the_old_run_aside(trained, tmp_path, capsys):
    old = tmp_path / "run"
    old.mkdir()
    (old / "run.json").write_text("{")
    (old / "kernel.npz").touch()
    (tmp_path / "run.1").mkdir()
    assert "run.json` is damaged" in error_of([*SMALL, "--run-dir", old], capsys)
    assert main([*SMALL, "--run-dir", str(old), "--force"]) == 0
    assert (tmp_path / "run.2" / "run.json").read_text() == "{"
    assert results(old)["results"] == results(trained)["results"]


def test_models_lists_every_model_with_its_number(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["models"]) == 0
    shown = capsys.readouterr().out
    for name in names():
        assert name in shown


def test_explain_draws_and_counts(capsys):
    assert main(["explain", "hybrid_digits", "--variant", "tiny", "--set", "layers=2"]) == 0
    shown = capsys.readouterr().out
    assert "re-uploading" in shown and "Ry" in shown or "RY" in shown
    assert "fuse" in shown


def test_help_shows_each_field_and_the_variants_own_defaults(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    for arguments in (["--help"], ["train", "mps_classifier", "--variant", "tiny", "--help"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for field in dataclasses.fields(Config):
        assert f"--{field.name.replace('_', '-')}" in shown
    assert "Bond dimension of the chain. (default: 4)" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "bond=0"], "Argument `bond` must be at least 1, but is 0"),
        (["--set", "bond=many"], "Argument `bond` must have type int, but is 'many'"),
        (["--set", "bnod=3"], "Unknown field 'bnod' in `--set`. Did you mean bond"),
        (["--set", "bond"], "Argument `--set` must be field=value, but is 'bond'"),
        (["--bond", "0"], "Argument `bond` must be at least 1, but is 0"),
        (["--learning-rate", "nan"], "Argument `learning_rate` must be above 0"),
        (["--variant", "huge"], "Unknown variant 'huge'. There are tiny, default, paper"),
        (["--bnod", "4"], "--bnod"),
        (["--mesh", "batch"], "must give devices to some of batch, ensemble, terms, state"),
        (["--mesh", "batch=16"], "at most the 8 cpu devices that there are, but batch=16 needs 16"),
        (["--coordinator", "h:1", "--process-id", "0"], "but `--num-processes` is not there"),
        ([*JOINED, "2", "--coordinator", "h"], "must be HOST:PORT, such as 10.0.0.1:1234"),
        ([*JOINED, "2", "--coordinator", "h:1"], "`--process-id` must be from 0 to 1, but is 2"),
        ([*JOINED, "0", "--coordinator", "h:1"], "`--num-processes` must be at least 1"),
        (["--peer-timeout", "0"], "Argument `--peer-timeout` must be at least 1, but is 0"),
    ],
)
def test_bad_settings(arguments, message, capsys):
    assert message in error_of(["train", "mps_classifier", *arguments], capsys)


def test_a_batch_that_devices_cannot_share(tmp_path, capsys):
    error = error_of([*SMALL, "--mesh", "batch=3", "--run-dir", tmp_path], capsys)
    assert "`batch_size` must be a multiple of the 3 devices of mesh axis `batch`" in error


def test_unknown_models_and_commands(capsys):
    error = error_of(["train", "mps_clasifier"], capsys)
    assert "Unknown model 'mps_clasifier'. Did you mean mps_classifier" in error
    assert "Unknown model 'x'" in error_of(["explain", "x"], capsys)
    assert "trian" in error_of(["trian"], capsys)
    assert "Model boltzmann has no circuits" in error_of(["explain", "boltzmann"], capsys)


def test_runs_that_cannot_be_used(trained, tmp_path, capsys):
    assert "is not the folder of a run" in error_of(["evaluate", tmp_path], capsys)
    error = error_of([*SMALL, "--run-dir", trained, "--seed", "3"], capsys)
    assert "belongs to another run: setting `seed` is 0 there and 3 here" in error
    (tmp_path / "file").touch()
    error = error_of([*SMALL, "--run-dir", tmp_path / "file"], capsys)
    assert "Argument `run_dir` must be a folder that can be written" in error
    config = results(trained)["config"]
    note = {"model": "mps_classifier", "config": config}
    (tmp_path / "run.json").write_text(json.dumps(note))
    assert "is not finished" in error_of(["evaluate", tmp_path], capsys)
    (tmp_path / "run.json").write_text(json.dumps({**note, "config": {**config, "depth": 3}}))
    assert "another version of the model: fields that differ: depth" in error_of(
        ["evaluate", tmp_path], capsys
    )
    (tmp_path / "run.json").write_text(json.dumps({**note, "model": "gone"}))
    assert "Unknown model 'gone'" in error_of(["evaluate", tmp_path], capsys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n", "must have 64 features a row, but has shape (1, 3)"),
        ("", "must have 64 features a row"),
        (",".join(["nan"] * 64), "values that are not finite, first in row 1"),
        ("1,2\n1,2,3\n", "cannot be read"),
    ],
)
def test_features_that_cannot_be_used(text, message, trained, tmp_path, capsys):
    (tmp_path / "rows.csv").write_text(text)
    assert message in error_of(["predict", trained, tmp_path / "rows.csv"], capsys)


@pytest.mark.parametrize("name", names())
def test_every_model_folder_has_the_same_parts(name):
    module = load(name)
    assert all(hasattr(module, part) for part in INTERFACE), name
    assert hasattr(module, "predict") == hasattr(module, "features")
    assert {"tiny", "default", "paper"} <= set(module.VARIANTS)
    assert module.VARIANTS["default"] == module.Config()
    assert module.Config().seed == 0
    for file in ("config.py", "model.py", "task.py", "README.md"):
        assert (ROOT / "models" / name / file).is_file(), file
    assert f"qjax train {name}" in (ROOT / "models" / name / "README.md").read_text()
    if hasattr(module, "circuits"):
        for circuit, _ in module.circuits(module.VARIANTS["tiny"]).values():
            assert len(circuit)


def test_models_leave_no_other_command_lines():
    assert not list(pathlib.Path(ROOT, "models").glob("*/__main__.py"))


def test_words_in_any_order_and_runs_that_are_not_finished(trained, tmp_path, capsys):
    assert main(["train", "--run-dir", str(trained), "mps_classifier", *SMALL[2:]]) == 0
    assert "is finished" in capsys.readouterr().out
    half = tmp_path / "half"
    half.mkdir()
    (half / "run.json").write_text((trained / "run.json").read_text())
    assert "is not finished: the same `qjax train` goes on" in error_of(["evaluate", half], capsys)


def test_a_row_with_a_gap_is_no_line_of_names(trained, tmp_path, capsys):
    path = tmp_path / "rows.csv"
    row = ",".join(["1"] * 64)
    path.write_text(f",{row[2:]}\n{row}\n")
    assert "cannot be read" in error_of(["predict", trained, path], capsys)
    path.write_text(f"\ufeff{row}\n{row}\n")
    assert main(["predict", str(trained), str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
