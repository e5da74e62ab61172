"""Checkpoints that are damaged, foreign or cannot be written: one clear error, nothing lost."""

import hashlib
import json
import re
import shutil
import time

import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from jax.sharding import NamedSharding, PartitionSpec

from qjax.sharding import mesh, place
from qjax.train import CheckpointError, RunFolderError, cross_entropy, fit
from qjax.train._checkpoint import CheckpointFolder
from tests.train.small import Classifier, plain, run, same


@pytest.fixture
def saved(data, tmp_path):
    """Returns a run folder with the checkpoints of epochs 2 and 3."""
    run(plain(), data, epochs=3, run_dir=tmp_path / "run", checkpoint_seconds=0)
    return tmp_path / "run"


def contents(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def numbers(saved, kind):
    return sorted(path.name for path in (saved / "checkpoints" / kind).iterdir())


def test_what_is_in_the_folder(saved):
    assert numbers(saved, "latest") == ["2", "3"]
    assert "3" in numbers(saved, "best")
    # Orbax alone can read it.
    path = saved.absolute() / "checkpoints" / "latest" / "3"
    with ocp.CheckpointManager(path.parent) as manager:
        items = ocp.args.Composite(arrays=ocp.args.StandardRestore(), notes=ocp.args.JsonRestore())
        restored = manager.restore(3, args=items)
    assert {"params.kernel", "best.params.bias", "opt.0.mu.kernel", "step", "key"} < set(
        restored["arrays"]
    )
    assert restored["arrays"]["step"] == 15
    assert len(restored["notes"]["records"]) == 3


def damage_bytes(path):
    for file in path.rglob("d/*"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)


def damage_by_truncation(path):
    for file in path.rglob("d/*"):
        file.write_bytes(file.read_bytes()[:-20])


def damage_by_loss(path):
    shutil.rmtree(path / "arrays")


def damage_notes(path):
    for file in (path / "notes").iterdir():
        file.write_text("{")


def damage_by_other_values(path):
    """Whole files, but of another checkpoint."""
    shutil.rmtree(path / "arrays")
    shutil.copytree(path.with_name("2") / "arrays", path / "arrays")


@pytest.mark.parametrize(
    "damage",
    [damage_bytes, damage_by_truncation, damage_by_loss, damage_notes, damage_by_other_values],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_damaged_checkpoint_is_named_and_the_older_one_serves(data, saved, tmp_path, damage):
    newest = saved / "checkpoints" / "latest" / "3"
    damage(newest)
    before = contents(saved)
    with pytest.raises(CheckpointError) as caught:
        run(plain(), data, epochs=6, run_dir=saved)
    time.sleep(0.2)  # For the complaints of the reads that Orbax had under way.
    message = str(caught.value)
    assert f"`{newest.absolute()}` is damaged and cannot be read" in message
    assert "Move that folder away to go on from checkpoint 2" in message
    assert "\n" not in message
    assert contents(saved) == before

    shutil.move(newest, tmp_path / "aside")
    model, whole = plain(), plain()
    run(model, data, epochs=6, run_dir=saved)
    run(whole, data, epochs=6)
    assert same(model, whole)


def test_a_foreign_model(data, saved):
    before = contents(saved)
    with pytest.raises(
        CheckpointError, match=r"belongs to another run: array `.* there and nothing here"
    ):
        run(Classifier(), data, run_dir=saved)
    wide = nnx.Linear(3, 4, rngs=nnx.Rngs(0))
    with pytest.raises(CheckpointError, match=re.escape("float32[3, 2] there and float32[3, 4]")):
        run(wide, data, run_dir=saved)
    assert contents(saved) == before


def test_a_foreign_optimizer(data, saved):
    options = {"epochs": 5, "batch_size": 8, "seed": 0, "progress": False, "run_dir": saved}
    with pytest.raises(CheckpointError, match=r"`opt\.0\.mu\.kernel` is .* and nothing here"):
        fit(plain(), optax.sgd(0.1), cross_entropy, data, **options)


def test_foreign_settings(data, tmp_path):
    run(plain(), data, epochs=1, run_dir=tmp_path, config={"model": {"depth": 2}, "rate": 0.1})
    before = contents(tmp_path)
    with pytest.raises(CheckpointError) as caught:
        run(plain(), data, seed=1, run_dir=tmp_path, config={"model": {"depth": 3}, "rate": 0.1})
    assert str(caught.value) == (
        f"Checkpoint `{tmp_path}/checkpoints/latest/1` belongs to another run: setting "
        "`model.depth` is 2 there and 3 here; setting `seed` is 0 there and 1 here. Use the "
        "settings it was made with, or another run folder."
    )
    assert contents(tmp_path) == before


def test_a_folder_that_cannot_be_made(data, tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(RunFolderError) as caught:
        run(plain(), data, run_dir=tmp_path / "file" / "run")
    message = str(caught.value)
    assert message.startswith("Argument `run_dir` must be a folder that can be written, but `")
    assert str(tmp_path / "file" / "run") in message and "Not a directory" in message
    assert (tmp_path / "file").read_text() == "precious"


def test_a_save_that_fails_loses_nothing(data, saved, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    before = contents(saved)
    with monkeypatch.context() as patch:
        patch.setattr(ocp.CheckpointManager, "save", full)
        with pytest.raises(RunFolderError, match=r"could not be saved .*No space left on device"):
            run(plain(), data, epochs=6, run_dir=saved)
    assert contents(saved) == before
    model, whole = plain(), plain()
    run(model, data, epochs=6, run_dir=saved)
    run(whole, data, epochs=6)
    assert same(model, whole)


def test_leftovers_of_a_kill_are_passed_over(data, saved):
    latest, best = (saved / "checkpoints" / kind for kind in ("latest", "best"))
    (latest / "4.orbax-checkpoint-tmp").mkdir()
    # As if killed between the two saves of epoch 4: the best one came first.
    shutil.copytree(best / "3", best / "4")
    model, whole = plain(), plain()
    run(model, data, epochs=6, run_dir=saved)
    run(whole, data, epochs=6)
    assert same(model, whole)
    assert numbers(saved, "best")[-1] == "6"


def test_a_damaged_best_checkpoint_stops_no_run(data, saved):
    damage_bytes(saved / "checkpoints" / "best" / "3")
    again = plain()
    result = run(again, data, epochs=3, run_dir=saved)
    nnx.update(again, result.best)
    _, metrics = cross_entropy(again, data.valid, None)
    np.testing.assert_allclose(metrics["accuracy"], result.history.valid["accuracy"][2])


def test_notes_are_json_that_people_can_read(saved):
    notes = json.loads(next((saved / "checkpoints/latest/3/notes").glob("*metadata*")).read_text())
    assert notes["identity"]["array `params.kernel`"] == "float32[3, 2]"
    assert notes["identity"]["setting `batch_size`"] == "8"
    assert np.isfinite(notes["best_value"])


def test_arrays_split_over_devices_are_saved_in_parts_and_read_whole(tmp_path):
    grid, line = mesh(rows=4, columns=2), mesh(rows=2)
    layouts = {
        np.float32: NamedSharding(grid, PartitionSpec("rows", "columns")),
        np.complex64: NamedSharding(grid, PartitionSpec("columns")),  # Four copies of each part.
        np.uint8: NamedSharding(line, PartitionSpec(None, "rows")),
    }
    values = {kind.__name__: np.arange(48).reshape(8, 6).astype(kind) for kind in layouts}
    with CheckpointFolder(tmp_path) as folder:
        for number in (1, 2):
            arrays = {
                kind.__name__: place(number * values[kind.__name__], where)
                for kind, where in layouts.items()
            }
            folder.save(number, {**arrays, "whole": np.arange(3)}, {"number": number})
        folder.wait()
        for number in (1, 2):
            found, notes = folder.restore(number)
            assert notes == {"number": number} and list(found.pop("whole")) == [0, 1, 2]
            for name, array in found.items():
                assert array.dtype == values[name].dtype
                np.testing.assert_array_equal(array, number * values[name])
    # Whole files, but of another checkpoint.
    shutil.rmtree(tmp_path / "2" / "arrays")
    shutil.copytree(tmp_path / "1" / "arrays", tmp_path / "2" / "arrays")
    with CheckpointFolder(tmp_path) as folder, pytest.raises(CheckpointError, match="checksum"):
        folder.restore(2)
