"""A user's file of features."""

from __future__ import annotations

import csv
import io
import pathlib

import numpy as np

from qjax.cli._errors import UsageError


def features(path: pathlib.Path, width: int) -> np.ndarray:
    """Returns the rows of a .csv file (a first line of names is passed over) or a .npy file.

    Returns:
        Array float32 `[n, width]`.

    Raises:
        UsageError: If the file cannot be read, has another width, or a value is not finite.
    """
    try:
        rows = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _csv(path)
        rows = np.asarray(rows, np.float32)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise UsageError(f"File `{path}` cannot be read: {reason}.") from error
    rows = rows.reshape(len(rows), -1) if rows.ndim > 2 else np.atleast_2d(rows)
    if rows.shape[1] != width or not len(rows):
        raise UsageError(
            f"File `{path}` must have {width} features a row, but has shape {rows.shape}."
        )
    if (bad := ~np.isfinite(rows).all(1)).any():
        raise UsageError(
            f"File `{path}` has values that are not finite, first in row {int(bad.argmax()) + 1}."
        )
    return rows


def _csv(path: pathlib.Path) -> np.ndarray:
    lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if lines and not any(map(_number, next(csv.reader(lines)))):
        lines = lines[1:]
    if not lines:
        return np.empty((0, 0))
    return np.loadtxt(io.StringIO("\n".join(lines)), delimiter=",", ndmin=2)


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
