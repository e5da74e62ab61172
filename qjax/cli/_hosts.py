"""Several processes that train one run: how they join, and what is said when one ends."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import jax
import tyro
from jax.errors import JaxRuntimeError
from jax.sharding import Mesh

from qjax.cli._errors import ProcessLost, UsageError
from qjax.sharding import Axes, mesh as make_mesh

_JOIN_SECONDS = 300
_AXES = tuple(field.name for field in dataclasses.fields(Axes))
_LEAVE_SECONDS = 5
_GO_ON = "What was saved is whole: the same command, with any number of processes, goes on from it."
# How the messages of exchanges between processes begin that failed, on a CPU as a ValueError.
_STATUS = re.compile("(ABORTED|CANCELLED|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|UNKNOWN): ")
# Waits at a pipe that only the watched process can write to, and that closes with it.
_WATCH = "import sys; sys.stdin.read() or sys.stderr.write(sys.argv[1])"


@dataclasses.dataclass(frozen=True)
class Hosts:
    """Several processes for one run: the same command in each, but for its number.

    The run's folder must be one that all of them see. Losses do not depend on their number.
    """

    coordinator: Annotated[str | None, tyro.conf.arg(metavar="HOST:PORT")] = None
    """Address of process 0, with a port that is free there."""
    num_processes: int | None = None
    """How many processes there are."""
    process_id: int | None = None
    """Number of this process, from 0."""
    cluster: tyro.conf.FlagCreatePairsOff[bool] = False
    """Take the three above from the cluster: SLURM, Open MPI, Kubernetes, Cloud TPU."""
    peer_timeout: int = 30
    """Seconds after which a process that is not heard of counts as dead, and the others stop."""

    def check(self) -> bool:
        """Whether there are several processes to join.

        Raises:
            UsageError: If the arguments do not say which, and which this one is.
        """
        given = {
            "--coordinator": self.coordinator,
            "--num-processes": self.num_processes,
            "--process-id": self.process_id,
        }
        if self.peer_timeout < 1:
            raise UsageError(
                f"Argument `--peer-timeout` must be at least 1, but is {self.peer_timeout}."
            )
        missing = [name for name, value in given.items() if value is None]
        if self.cluster or len(missing) == len(given):
            return self.cluster
        if missing:
            raise UsageError(
                f"Arguments `--coordinator`, `--num-processes` and `--process-id` go together, but "
                f"`{missing[0]}` is not there. In a cluster that JAX knows, --cluster finds them."
            )
        host, _, port = str(self.coordinator).rpartition(":")
        if not host or not port.isdigit():
            raise UsageError(
                "Argument `--coordinator` must be HOST:PORT, such as 10.0.0.1:1234, but is "
                f"{self.coordinator!r}."
            )
        if (self.num_processes or 0) < 1:
            raise UsageError(
                f"Argument `--num-processes` must be at least 1, but is {self.num_processes}."
            )
        if not 0 <= (self.process_id or 0) < (self.num_processes or 0):
            raise UsageError(
                f"Argument `--process-id` must be from 0 to {(self.num_processes or 0) - 1}, "
                f"but is {self.process_id}."
            )
        return True


@contextlib.contextmanager
def joined(hosts: Hosts) -> Iterator[None]:
    """Joins the processes of a run, if there are several, before anything touches a device.

    Raises:
        UsageError: If the arguments do not say which, or they have unequal numbers of devices.
        ProcessLost: If one of them dies meanwhile.
    """
    if hosts.check() and not jax.distributed.is_initialized():
        _initialize(hosts)
    if not jax.distributed.is_initialized():
        yield
        return
    shares = collections.Counter(device.process_index for device in jax.devices())
    if len(set(shares.values())) > 1:
        counts = ", ".join(str(shares[process]) for process in sorted(shares))
        raise UsageError(
            f"Every process must have the same number of devices, but they have {counts}."
        )
    this = f"process {jax.process_index()} of {jax.process_count()}"
    unsaid = (
        f"error: {this} was killed, or stopped because another one died or was not heard of for "
        f"{hosts.peer_timeout} seconds. {_GO_ON}\n"
    )
    with _last_words(unsaid):
        try:
            yield
        except Exception as error:
            if (reason := _failed_collective(error)) is None:
                raise
            raise ProcessLost(
                f"{this} stopped because another one died ({reason}). {_GO_ON}"
            ) from error


def leave(code: int) -> int:
    """Returns the exit code; ends the process with it where others would not let it go.

    JAX lets the processes of a run end together only, which they do if all have the same error. If
    the others go on, this one goes alone, so that they see that it is gone.
    """
    if code and jax.distributed.is_initialized():
        farewell = threading.Thread(target=jax.distributed.shutdown, daemon=True)
        farewell.start()
        farewell.join(_LEAVE_SECONDS)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def mesh_of(text: str | None) -> Mesh | None:
    """Returns the mesh of `--mesh`, such as ``batch=4,ensemble=2``.

    Without it all devices of several processes are on the batch axis, and a process of its own
    has its default device.

    Raises:
        UsageError: If the text names no axes, or others than there are.
        ValueError: If there are fewer devices.
    """
    if text is None:
        return make_mesh(batch=len(jax.devices())) if jax.process_count() > 1 else None
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name in _AXES and size.isdigit() for name, _, size in pairs):
        raise UsageError(
            f"Argument `--mesh` must give devices to some of {', '.join(_AXES)}, such as "
            f"batch=4,ensemble=2, but is {text!r}."
        )
    return make_mesh(**{name: int(size) for name, _, size in pairs})


def _initialize(hosts: Hosts) -> None:
    host = (hosts.coordinator or "").rpartition(":")[0]
    options: dict[str, Any] = {}
    if host in ("localhost", "127.0.0.1", "[::1]"):
        # JAX would listen at every address of the machine.
        options["coordinator_bind_address"] = hosts.coordinator
    apart = (
        "The processes of the run did not come together. Start all of them within "
        f"{_JOIN_SECONDS} seconds, with the same --coordinator and --num-processes, each with its "
        "own --process-id."
    )
    with _last_words(f"error: {apart}\n"):
        try:
            jax.distributed.initialize(
                hosts.coordinator,
                hosts.num_processes,
                hosts.process_id,
                initialization_timeout=_JOIN_SECONDS,
                heartbeat_timeout_seconds=hosts.peer_timeout,
                shutdown_timeout_seconds=hosts.peer_timeout,
                **options,
            )
        except (RuntimeError, ValueError) as error:
            raise UsageError(f"{apart} ({str(error).splitlines()[0]})") from error


def _failed_collective(error: BaseException | None) -> str | None:
    """Returns what a runtime says of a failed exchange, where that is the cause of the error."""
    while error is not None:
        if isinstance(error, JaxRuntimeError | ValueError) and _STATUS.match(str(error)):
            return str(error).splitlines()[0]
        error = error.__cause__
    return None


@contextlib.contextmanager
def _last_words(text: str) -> Iterator[None]:
    """Has `text` printed on stderr if the process ends within, by whatever cause."""
    command = [sys.executable, "-I", "-S", "-c", _WATCH, text]
    # In a session of its own, where the terminal's Ctrl-C does not reach it.
    watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        watcher.communicate(b".")
