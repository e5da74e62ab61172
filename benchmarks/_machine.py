"""What the numbers were measured on."""

import datetime
import hashlib
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Returns the description of this machine that heads a results file."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "os": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "revision": _revision(),
        "source": _source(),
    }


def load() -> float:
    """Returns how many processes wanted a core over the last minute: 0 on a quiet machine."""
    return round(os.getloadavg()[0], 2)


def now() -> str:
    """Returns the time in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Returns the installed versions; a package that runs from its source has none."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "source"
    return found


def memory(kind: str) -> int | None:
    """Returns this process's resident memory in bytes: now ("VmRSS") or at its peak ("VmHWM").

    Not `getrusage`: after fork and exec its peak starts from the parent's.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith(kind + ":"):
            return int(line.split()[1]) * 1024
    return None


def _revision() -> str | None:
    """Returns the commit that was measured, "-dirty" where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        run = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    except OSError:
        return None
    return run.stdout.strip() or None


def _source() -> str:
    """Returns a digest of what is measured and what measures, for "-dirty" says little."""
    root = Path(__file__).parents[1]
    paths = sorted(
        path for folder in ("qjax", "benchmarks") for path in (root / folder).rglob("*.py")
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
