"""The runner's end of a worker process: its messages, its time limit, its death."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# JAX's own limits keep out what compiles quickly.
CACHE_EVERYTHING = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}


class Stopped(Exception):
    """A worker gives no more answers. `status` is the row's status, the text its reason."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Worker:
    """One library on one workload. Only the time that the runner waits for it counts."""

    def __init__(
        self,
        library: str,
        workload: str,
        time_limit: float,
        python: str = sys.executable,
        cache: Path | None = None,
    ) -> None:
        """Starts the process.

        Args:
            library: Name of the library.
            workload: Name of the workload.
            time_limit: Seconds that the runner waits for it in all.
            python: The Python that has the library.
            cache: Folder for JAX's compiled programs, which then outlive the process.
        """
        self._left = self._limit = time_limit
        self._log = tempfile.TemporaryFile()
        # A compiled program kept from an earlier run would make the first call look free.
        env = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
        if cache is not None:
            env |= CACHE_EVERYTHING | {"JAX_COMPILATION_CACHE_DIR": str(cache)}
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks._worker", library, workload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=ROOT,
            env=env,
            text=True,
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, **order: Any) -> dict[str, Any]:
        """Sends an order and returns the answer to it."""
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died: `listen` says of what
        return self.listen()

    def listen(self) -> dict[str, Any]:
        """Returns the next message, or raises Stopped when none can come."""
        start = time.monotonic()
        try:
            line = self._lines.get(timeout=max(self._left, 0.001))
        except queue.Empty:
            raise Stopped("timed out", f"over {self._limit:g} s") from None
        finally:
            self._left -= time.monotonic() - start
        if line is None:
            raise Stopped("failed", self._last_words())
        message = json.loads(line)
        if "error" in message:
            raise Stopped("failed", message["error"])
        if "unsupported" in message:
            raise Stopped("unsupported", "the adapter does not have this workload")
        return message

    def close(self) -> None:
        """Ends the process and all that it has started, whatever they are doing."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        self._process.stdin.close()
        self._process.stdout.close()
        self._log.close()

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _last_words(self) -> str:
        status = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        cause = f"killed by signal {-status}" if status < 0 else f"exit status {status}"
        return f"{cause}: {lines[-1][:500]}" if lines else cause
