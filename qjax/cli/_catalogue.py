"""The models of `models/`: their names, their modules, their committed results."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import json
import pathlib
import sys
from types import ModuleType
from typing import Any

from qjax.cli._errors import UsageError
from qjax.train import CheckpointError

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What every model's folder offers. Besides, where they make sense: `predict` with `features`, and
# `circuits`.
INTERFACE = ("VARIANTS", "Config", "METRIC", "PAPER", "train", "evaluate")


def from_checkout(package: str) -> None:
    """Makes sure that a folder beside qjax can be imported.

    Raises:
        UsageError: If there is none: they are not in the wheel.
    """
    if not (ROOT / package / "__init__.py").exists():
        raise UsageError(
            f"There is no {package}/ beside the installed qjax: it is part of the repository. "
            "Clone it and install with `pip install -e .`."
        )
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))


def names() -> list[str]:
    """Returns the names of all models."""
    from_checkout("models")
    return sorted(path.parent.name for path in (ROOT / "models").glob("*/config.py"))


def load(name: str) -> ModuleType:
    """Returns a model's module.

    Raises:
        UsageError: If there is none of that name; the nearest are named.
    """
    known = names()
    if name not in known:
        raise UsageError(f"Unknown model {name!r}.{nearest(name, known)}")
    return importlib.import_module(f"models.{name}")


def table_names() -> list[str]:
    """Returns the names of all published tables."""
    from_checkout("benchmarks")
    paths = (ROOT / "benchmarks" / "tables").glob("[!_]*")
    return sorted(p.stem for p in paths if p.suffix == ".py" or (p / "__init__.py").exists())


def table_module(name: str) -> str:
    """Returns the module of a table; a dotted name is one itself, of anyone's table."""
    return name if "." in name else f"benchmarks.tables.{name}"


def load_table(name: str) -> Any:
    """Returns a published table.

    Raises:
        UsageError: If there is none of that name; the nearest are named.
    """
    known = table_names()
    if name not in known and "." not in name:
        raise UsageError(f"Unknown table {name!r}.{nearest(name, known)}")
    try:
        return importlib.import_module(table_module(name)).TABLE
    except (ImportError, AttributeError) as error:
        raise UsageError(f"Table {name} cannot be loaded: {error}.") from error


def variant(module: ModuleType, name: str) -> Any:
    """Returns the config of a model's variant.

    Raises:
        UsageError: If there is none of that name.
    """
    if name not in module.VARIANTS:
        raise UsageError(f"Unknown variant {name!r}.{nearest(name, list(module.VARIANTS))}")
    return module.VARIANTS[name]


def summary(module: ModuleType) -> str:
    """Returns the line that says what a model is."""
    return (module.__doc__ or "").strip().splitlines()[0]


def committed(name: str) -> dict[str, Any] | None:
    """Returns the results that the repository keeps of a model's default variant."""
    path = ROOT / "models" / name / "results.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def field_of(config: Any, name: str) -> dataclasses.Field[Any]:
    """Returns a field of a config by name, dashes taken for underscores.

    Raises:
        UsageError: If there is none; the nearest are named.
    """
    fields = {field.name: field for field in dataclasses.fields(config)}
    name = name.replace("-", "_")
    if name not in fields:
        raise UsageError(f"Unknown field {name!r} in `--set`.{nearest(name, list(fields))}")
    return fields[name]


def config_from(module: ModuleType, values: dict[str, Any], where: object) -> Any:
    """Returns the config that a run's folder has saved.

    Raises:
        CheckpointError: If it was made by a version of the model with other settings.
    """
    expected = {field.name for field in dataclasses.fields(module.Config)}
    if set(values) != expected:
        differ = ", ".join(sorted(set(values) ^ expected))
        raise CheckpointError(
            f"`{where}` was made by another version of the model: fields that differ: {differ}."
        )
    try:
        return module.Config(**{name: _tuples(value) for name, value in values.items()})
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"`{where}` has settings that cannot be used: {error}") from error


def nearest(name: str, known: list[str]) -> str:
    """Returns what to say of a name that is not known."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f" Did you mean {' or '.join(near)}?"
    return f" There are {', '.join(known[:20])}{', ...' if len(known) > 20 else ''}."


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
