"""Runs that are stopped, killed and resumed end with the bits of one that never was."""

import csv
import io
import signal
import subprocess
import sys

import jax
import numpy as np
import optax
import pytest
from rich.console import Console

from tests.train.small import Classifier, digest_of_a_run, plain, run, same


class Interrupting(io.StringIO):
    """A log that sends this process signals as soon as an epoch is written to it."""

    def __init__(self, epoch, *signals):
        super().__init__()
        self.text, self.signals = f"epoch {epoch}/", list(signals)

    def write(self, text):
        if self.text in text:
            while self.signals:
                signal.raise_signal(self.signals.pop(0))
        return super().write(text)


def interrupted(model, data, epoch, *signals, **options):
    log = Interrupting(epoch, *signals)
    return run(model, data, progress=Console(file=log), **options), log.getvalue()


@pytest.mark.parametrize(("number", "make"), [(signal.SIGINT, Classifier), (signal.SIGTERM, plain)])
def test_a_signal_stops_and_the_same_call_resumes(data, tmp_path, number, make):
    whole = make()
    expected = run(whole, data)
    before = signal.getsignal(number)

    part = make()
    first, log = interrupted(part, data, 3, number, run_dir=tmp_path)
    assert first.stopped_by == number
    assert len(first.history.seconds) == 3
    assert "stopped after epoch 3 of 8; the same call goes on from here" in log
    assert signal.getsignal(number) is before
    assert not same(part, whole)

    resumed = make(seed=9)  # Its own values must not matter.
    second = run(resumed, data, run_dir=tmp_path)
    assert second.stopped_by is None
    assert same(resumed, whole)
    for part in ("train", "valid"):
        old, new = getattr(expected.history, part), getattr(second.history, part)
        jax.tree.map(np.testing.assert_array_equal, old, new)
    assert second.best_epoch == expected.best_epoch
    best = zip(jax.tree.leaves(second.best), jax.tree.leaves(expected.best), strict=True)
    assert all(bool((a == b).all()) for a, b in best)
    assert second.timings.first_step_seconds == first.timings.first_step_seconds


def test_a_second_signal_stops_at_once(data, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interrupted(plain(), data, 3, signal.SIGINT, signal.SIGINT, run_dir=tmp_path)
    assert signal.getsignal(signal.SIGINT) is before
    # What was saved before is still good.
    assert len(run(plain(), data, run_dir=tmp_path).history.seconds) == 8


def test_a_signal_without_a_folder_keeps_the_model(data):
    model, other = plain(), plain()
    result, log = interrupted(model, data, 2, signal.SIGINT)
    assert result.stopped_by == signal.SIGINT
    assert "the same call" not in log
    run(other, data, epochs=2)
    assert same(model, other)


def test_a_finished_run_is_read_and_not_run(data, tmp_path):
    model, again = plain(), plain()
    first = run(model, data, run_dir=tmp_path)
    second = run(again, data, run_dir=tmp_path)
    assert same(model, again)
    np.testing.assert_array_equal(first.history.seconds, second.history.seconds)


def test_more_epochs_go_on(data, tmp_path):
    whole, model = plain(), plain()
    run(whole, data, epochs=8)
    run(model, data, epochs=5, run_dir=tmp_path)
    run(model, data, epochs=8, run_dir=tmp_path)
    assert same(model, whole)


SCRIPT = """
import sys
from tests.train.small import digest_of_a_run
print("DIGEST", *digest_of_a_run(sys.argv[1]))
"""


def process(run_dir, kill_at=None, number=None):
    """Runs the script, sends a signal when an epoch is logged; returns (exit code, lines)."""
    command = [sys.executable, "-u", "-c", SCRIPT, str(run_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        lines = []
        for line in child.stdout:
            lines.append(line)
            if kill_at and f"epoch {kill_at}/" in line:
                child.send_signal(number)
    return child.returncode, lines


def test_processes_stopped_and_killed_end_with_the_same_bits(tmp_path):
    code, stopped = process(tmp_path / "run", 6, signal.SIGINT)
    assert code == 0 and stopped[-1].startswith("DIGEST 2")  # It stopped by itself.
    code, _ = process(tmp_path / "run", 36, signal.SIGKILL)
    assert code == -signal.SIGKILL
    code, resumed = process(tmp_path / "run")
    assert code == 0
    assert "resuming after epoch" in resumed[0] and "after epoch 0" not in resumed[0]
    stopped_by, digest = digest_of_a_run(None)
    assert resumed[-1].split() == ["DIGEST", str(stopped_by), digest]


def test_patience_ends_a_run_and_a_resumption_stays_ended(data, tmp_path):
    calm = {"patience": 3, "epochs": 50, "run_dir": tmp_path}
    log = io.StringIO()
    # A rate of zero: nothing after the first epoch is better.
    model, options = plain(), {"optimizer": optax.sgd(0.0), **calm}
    first = run(model, data, progress=Console(file=log, width=200), **options)
    assert first.best_epoch == 1 and len(first.history.seconds) == 4
    assert first.stopped_by is None and "no better epoch than 1 in 3" in log.getvalue()
    again = run(plain(), data, **options)
    assert len(again.history.seconds) == 4
    rows = list(csv.DictReader((tmp_path / "history.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    saved = np.array([float(row["valid_loss"]) for row in rows])
    np.testing.assert_allclose(saved, first.history.valid["loss"], rtol=1e-6)
