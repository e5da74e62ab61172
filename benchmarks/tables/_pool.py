"""Some processes at a time, each with a share of the cells of a table."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.tables._frame import Cell

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[["Share"], contextlib.AbstractContextManager[subprocess.Popen | None]]


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


def split(cells: list[Cell], count: int, group: Callable[[str], str]) -> list[list[str]]:
    """Returns the keys of the cells in at most `count` shares of about the same published time.

    Cells of one group, by their keys, stay together.
    """
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(group(cell.key), []).append(cell)
    shares: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    weighed = [(sum(cell.seconds or 1.0 for cell in some), some) for some in groups.values()]
    for weight, some in sorted(weighed, key=lambda unit: -unit[0]):
        lightest = loads.index(min(loads))
        shares[lightest] += [cell.key for cell in some]
        loads[lightest] += weight
    return [share for share in shares if share]


def work(shares: list[Share], jobs: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the name of a table and a message of one of its workers, as they come.

    `jobs` workers run at a time, each on its part of the cores. Closing the iterator ends them all.
    """
    messages: queue.Queue[tuple[str, dict[str, Any]] | Exception | None] = queue.Queue()
    waiting = iter(shares)
    lock, running, stopped = threading.Lock(), set(), threading.Event()

    def serve(slot: int) -> None:
        if jobs > 1 and hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            # Of this thread; a process that it starts inherits it.
            os.sched_setaffinity(0, cores[slot % len(cores) :: jobs])
        try:
            while share := take():
                for message in _computed(share, start):
                    messages.put((share.table, message))
        except Exception as error:
            messages.put(error)
        finally:
            messages.put(None)

    def take() -> Share | None:
        with lock:
            return None if stopped.is_set() else next(waiting, None)

    @contextlib.contextmanager
    def start(share: Share) -> Iterator[subprocess.Popen | None]:
        with lock:
            process = None if stopped.is_set() else _start(share)
            if process is not None:
                running.add(process)
        with process or contextlib.nullcontext():
            yield process
        with lock:
            running.discard(process)

    threads = [threading.Thread(target=serve, args=(k,), daemon=True) for k in range(jobs)]
    for thread in threads:
        thread.start()
    try:
        ended = 0
        while ended < jobs:
            message = messages.get()
            if isinstance(message, Exception):
                raise message
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


def _start(share: Share) -> subprocess.Popen:
    paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    share.log.parent.mkdir(parents=True, exist_ok=True)
    with share.log.open("ab") as log:
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


def _computed(share: Share, start: Start) -> Iterator[dict[str, Any]]:
    """Yields what a worker says of a share.

    If it crashes, those of the cells that are left are halved until one alone is to blame, so that
    a cell that takes its process down costs no other.
    """
    left = dict.fromkeys(share.keys)
    with start(share) as process:
        if process is None:
            return
        for message in _listen(process, share.keys):
            left.pop(message.get("cell"), None)
            yield message
        status = process.wait()
    if not left:
        return
    keys = list(left)
    if status < 0 and len(share.keys) > 1:
        middle = (len(keys) + 1) // 2
        for part in filter(None, (keys[:middle], keys[middle:])):
            yield from _computed(share._replace(keys=part), start)
        return
    words = share.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    cause = f"killed by signal {-status}" if status < 0 else f"exit status {status}"
    reason = f"The worker ended, {cause}: {words[-1][:300] if words else 'no last words'}"
    yield from ({"cell": key, "reason": reason} for key in keys)


def _listen(process: subprocess.Popen, keys: list[str]) -> Iterator[dict[str, Any]]:
    """Yields what a worker says of the cells."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(keys) + "\n")
        process.stdin.flush()
    for line in process.stdout:
        if not line.endswith("\n"):
            break  # cut off by its death
        yield json.loads(line)
