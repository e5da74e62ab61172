"""`--set field=value` over a model's config dataclass."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import typing
from collections.abc import Iterable
from typing import Annotated, Any

import tyro

from qjax.cli._catalogue import field_of
from qjax.cli._errors import UsageError


def with_settings(config: Any, pairs: Iterable[str]) -> Any:
    """Returns `config` with fields replaced as `field=value` says; tuples are `a,b`.

    Raises:
        UsageError: If a field is unknown, or a value has a wrong type.
        ValueError: If a value is out of range.
    """
    hints = typing.get_type_hints(type(config))
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(f"Argument `--set` must be field=value, but is {pair!r}.")
        field = field_of(config, name)
        values[field.name] = _parse(field.name, hints[field.name], text)
    return dataclasses.replace(config, **values)


def _parse(name: str, kind: Any, text: str) -> Any:
    words = text.split(",") if typing.get_origin(kind) is tuple else [text]
    try:
        # tyro explains at length; one line is wanted here.
        with contextlib.redirect_stderr(io.StringIO()):
            return tyro.cli(
                Annotated[kind, tyro.conf.Positional], args=words, console_outputs=False
            )
    except SystemExit:
        described = getattr(kind, "__name__", str(kind)) if isinstance(kind, type) else str(kind)
        described = described.removeprefix("typing.")
        raise UsageError(
            f"Argument `{name}` must have type {described}, but is {text!r}."
        ) from None
