"""Some processes at a time, each with a share of the cells of a table."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.tables._frame import Cell

ROOT = Path(__file__).resolve().parents[2]


class Share(NamedTuple):
    """Cells that one process computes.

    Attributes:
        table: Name of the table.
        module: Its module.
        keys: The cells.
        log: Where to keep what the process prints.
    """

    table: str
    module: str
    keys: list[str]
    log: Path


def split(cells: list[Cell], count: int) -> list[list[str]]:
    """Returns the keys of the cells in at most `count` shares of about the same published time.

    Cells whose keys differ in the last part only stay together, if there are enough such groups.
    """
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.key.rpartition("/")[0], []).append(cell)
    units = list(groups.values()) if len(groups) >= count else [[cell] for cell in cells]
    weights = [sum(cell.seconds or 1.0 for cell in unit) for unit in units]
    shares: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for k in sorted(range(len(units)), key=lambda k: -weights[k]):
        lightest = loads.index(min(loads))
        shares[lightest] += [cell.key for cell in units[k]]
        loads[lightest] += weights[k]
    return [share for share in shares if share]


def work(shares: list[Share], jobs: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the name of a table and a message of one of its workers, as they come.

    `jobs` workers run at a time, each on its part of the cores. Closing the iterator ends them all.
    """
    messages: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue()
    waiting = iter(shares)
    lock, running, stopped = threading.Lock(), set(), threading.Event()

    def serve(slot: int) -> None:
        if jobs > 1 and hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            # Of this thread; a process that it starts inherits it.
            os.sched_setaffinity(0, cores[slot % len(cores) :: jobs])
        while True:
            with lock:
                share = None if stopped.is_set() else next(waiting, None)
                if share is None:
                    break
                share.log.parent.mkdir(parents=True, exist_ok=True)
                log = share.log.open("ab")
                process = _start(share, log)
                running.add(process)
            with process, log:
                for message in _listen(process, share):
                    messages.put((share.table, message))
            with lock:
                running.discard(process)
        messages.put(None)

    threads = [threading.Thread(target=serve, args=(k,), daemon=True) for k in range(jobs)]
    for thread in threads:
        thread.start()
    try:
        ended = 0
        while ended < jobs:
            message = messages.get()
            if message is None:
                ended += 1
            else:
                yield message
    finally:
        stopped.set()
        with lock:
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()


def _start(share: Share, log: Any) -> subprocess.Popen:
    paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.tables._worker", share.module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        text=True,
        # Ctrl-C is for the runner, which ends its workers.
        start_new_session=True,
    )


def _listen(process: subprocess.Popen, share: Share) -> Iterator[dict[str, Any]]:
    """Yields what a worker says; if it dies, its death for every cell that is left."""
    left = dict.fromkeys(share.keys)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(share.keys) + "\n")
        process.stdin.flush()
    for line in process.stdout:
        if not line.endswith("\n"):
            break  # cut off by its death
        message = json.loads(line)
        left.pop(message.get("cell"), None)
        yield message
    status = process.wait()
    if left:
        words = share.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        cause = f"killed by signal {-status}" if status < 0 else f"exit status {status}"
        reason = f"The worker ended, {cause}: {words[-1][:300] if words else 'no last words'}"
        yield from ({"cell": key, "reason": reason} for key in left)
