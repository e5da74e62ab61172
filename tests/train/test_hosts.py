"""Runs of 2 and 4 real processes: equal to one, stopped, killed and resumed."""

import contextlib
import csv
import json
import signal
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest

from qjax.cli import _catalogue, main
from tests.train.process import command, small_models, state, sweep

# Seconds that no process may outlive. They take a few, on a machine that does nothing else.
LIMIT = 300


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@contextlib.contextmanager
def processes(count, folder):
    """Yields the processes of a run; none is left behind."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    module, port = [sys.executable, "-u", "-m", "tests.train.process"], free_port()
    begun = [
        subprocess.Popen([*module, *map(str, (count, number, port, folder))], **pipes)
        for number in range(count)
    ]
    clock = threading.Timer(LIMIT, lambda: [one.kill() for one in begun])
    clock.start()
    try:
        yield begun
    finally:
        clock.cancel()
        for one in begun:
            one.kill()
            one.communicate()


def until(process, start):
    """Returns the first line that a process writes with that beginning."""
    for line in process.stdout:
        if line.startswith(start):
            return line
    raise AssertionError(process.stderr.read())


def history(folder):
    return list(csv.DictReader((folder / "net" / "history.csv").read_text().splitlines()))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Makes the small model known, and returns what one process on one device has of it."""
    modules, names = small_models()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_catalogue, "names", names)
        for name, module in modules.items():
            patch.setitem(sys.modules, name, module)
        folder = tmp_path_factory.mktemp("alone") / "run"
        assert main(command(folder)) == 0
        yield {"history": history(folder), "state": state()}


# The last process is killed, or all stop by a signal to it.
@pytest.mark.parametrize(("count", "number"), [(2, signal.SIGKILL), (4, signal.SIGTERM)])
def test_processes_are_as_one(small, tmp_path, capsys, count, number):
    with processes(count, tmp_path) as begun:
        facts = [json.loads(until(one, "FACTS").partition(" ")[2]) for one in begun]
        # By then the checkpoint of the second epoch is whole: the third has waited for it.
        until(begun[0], "net: epoch 4/")
        begun[-1].send_signal(number)
        said = [one.stderr.read() for one in begun]
        codes = [one.wait() for one in begun]
    for process, found in enumerate(facts):
        assert found["told"] == [{"process": p, "text": "é" * p} for p in range(count)]
        assert "setting `depth` is 0 in process 0 and 1 in process 1" in found["differ"]
        assert found["failed"] == ("" if process == 1 else "Process 1: ") + "the disk is full"
        np.testing.assert_allclose(found["state"], small["state"], atol=1e-6)
    if number == signal.SIGKILL:
        assert codes[0] in (134, -signal.SIGABRT)
        assert "error: process 0 of 2" in said[0] and "another one died" in said[0]
        assert "error: process 1 of 2 was killed" in said[1]
        # Each process wrote the runs that it had; one alone reads them all.
        path = next((tmp_path / "sweep").rglob("checkpoints/1/notes"))
        assert "sums" in json.loads(next(path.glob("*metadata*")).read_text())
        np.testing.assert_allclose(sweep(tmp_path / "sweep"), facts[0]["sweep"], rtol=1e-6)
    else:
        assert codes == [128 + signal.SIGTERM] * count
    assert not (tmp_path / "model" / "results.json").exists()

    done = history(tmp_path / "model")
    assert 3 <= len(done) < len(small["history"])
    if number == signal.SIGKILL:
        # One process alone goes on, on one device.
        capsys.readouterr()
        assert main(command(tmp_path / "model")) == 0
        assert "net: resuming after epoch" in capsys.readouterr().out
        done = history(tmp_path / "model")
        assert len(done) == len(small["history"])
    # All losses are those of a run of one process in one piece.
    for found, whole in zip(done, small["history"], strict=False):
        for column in set(whole) - {"seconds"}:
            np.testing.assert_allclose(float(found[column]), float(whole[column]), atol=1e-5)
