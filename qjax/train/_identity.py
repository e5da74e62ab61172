"""What makes two runs the same run, so that no checkpoint goes into a foreign one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qjax.train._checkpoint import Arrays
from qjax.train._errors import CheckpointError

_MISSING = "nothing"


def identity(arrays: Arrays, settings: Mapping[str, Any]) -> dict[str, str]:
    """Returns a flat description of a run: every array's type and shape, every setting."""
    described = {
        f"array `{name}`": f"{value.dtype}{list(value.shape)}" for name, value in arrays.items()
    }
    return described | {f"setting `{name}`": repr(value) for name, value in _flat(settings).items()}


def check_identity(path: object, saved: Mapping[str, str], current: Mapping[str, str]) -> None:
    """Raises unless the checkpoint at `path` belongs to the run described by `current`.

    Raises:
        CheckpointError: Naming the differences, at most three.
    """
    differences = [
        f"{name} is {saved.get(name, _MISSING)} there and {current.get(name, _MISSING)} here"
        # Settings are what a user can change: they are told first.
        for name in sorted({*saved, *current}, key=lambda n: (n.startswith("array"), n))
        if saved.get(name) != current.get(name)
    ]
    if not differences:
        return
    more = f", and {len(differences) - 3} more differences" if len(differences) > 3 else ""
    raise CheckpointError(
        f"Checkpoint `{path}` belongs to another run: {'; '.join(differences[:3])}{more}. "
        "Use the settings it was made with, or another run folder."
    )


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
