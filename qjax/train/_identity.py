"""What makes two runs the same run, so that no checkpoint goes into a foreign one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qjax.train._checkpoint import Arrays
from qjax.train._errors import CheckpointError, ProcessError
from qjax.train._hosts import everyones

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
    if found := _differences(saved, current, "there", "here"):
        raise CheckpointError(
            f"Checkpoint `{path}` belongs to another run: {found}. "
            "Use the settings it was made with, or another run folder."
        )


def check_same(settings: Mapping[str, Any]) -> None:
    """Raises unless all processes of a run have the same settings. All of them call it.

    Args:
        settings: Whatever must agree: the model's config, versions. A mapping of mappings.

    Raises:
        ProcessError: In every process, naming the differences, at most three.

    Example:
        >>> from qjax.train import check_same
        >>> check_same({"seed": 0, "versions": {"qjax": "0.1.0"}})
    """
    first, *others = everyones(identity({}, settings))
    for number, other in enumerate(others, 1):
        if found := _differences(first, other, "in process 0", f"in process {number}"):
            raise ProcessError(
                f"The processes of a run must all do the same, but {found}. Start all of them by "
                "the same command, with the same version."
            )


def _differences(one: Mapping[str, str], other: Mapping[str, str], where: str, there: str) -> str:
    """Returns what differs between two runs, at most three things; nothing if they are the same."""
    found = [
        f"{name} is {one.get(name, _MISSING)} {where} and {other.get(name, _MISSING)} {there}"
        # Settings are what a user can change: they are told first.
        for name in sorted({*one, *other}, key=lambda n: (n.startswith("array"), n))
        if one.get(name) != other.get(name)
    ]
    more = f", and {len(found) - 3} more differences" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
