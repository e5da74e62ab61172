"""Environments of their own, for libraries whose versions clash with ours."""

import hashlib
import subprocess
import sys
from pathlib import Path

from benchmarks.adapters import Library

FOLDER = Path(__file__).parents[1] / ".venv-peers"


class Failed(Exception):
    """The environment could not be made."""


def python(library: Library, limit: float = 1800) -> str:
    """Returns the Python that runs a library, and makes its environment where there is none.

    Raises:
        Failed: If it cannot be made within the limit, in seconds.
    """
    if not library.needs:
        return sys.executable
    name = hashlib.sha256("\n".join(library.needs).encode()).hexdigest()[:12]
    folder = FOLDER / f"{library.module.strip('_')}-{name}"
    executable, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        install = [executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _call([sys.executable, "-m", "venv", "--clear", folder], limit)
        _call([*install, *library.needs], limit)
        ready.touch()
    return str(executable)


def _call(command: list[object], limit: float) -> None:
    try:
        run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        raise Failed(f"no environment: over {limit:g} s") from None
    if run.returncode:
        words = run.stderr.strip().splitlines() or ["no reason given"]
        raise Failed(f"no environment: {words[-1][:300]}")
