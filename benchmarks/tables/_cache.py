"""What is done of a table: `cells.jsonl`, a line a cell, which only ever grows.

A run that stops, however it stops, loses no cell that was done: each is a line of its own, written
and flushed at once. A last line that was cut off is dropped and that cell computed again.

A cell counts as done while what computes it is the same: the version of qjax, its own inputs, and
the table's own files. Of its Python files the syntax counts, not comments, docstrings and layout;
of its data every byte. Files named after `targets`, `notes` or `figure` do not count, for they only
judge or draw. What a table imports from elsewhere is not looked at: `--force` computes anew, and
`--stale` takes what another source of the table, or other inputs, have computed.
"""

import ast
import hashlib
import importlib.util
import json
from pathlib import Path
from typing import IO, Any, NamedTuple

from benchmarks.tables._frame import Cell, Outcome
from qjax import __version__

_NO_SOURCE = ("targets", "notes", "figure")


class Kept(NamedTuple):
    """An outcome, the run that computed it, and the inputs of the cell then."""

    outcome: Outcome
    run: str
    inputs: str


class Cache:
    """The cells of one table that are done.

    Attributes:
        cells: What is kept, by key.
        runs: What each run was made with, by its name.
        dropped: Lines that cannot be read.
    """

    def __init__(self, path: Path, source: str, *, stale: bool = False) -> None:
        """Reads the file, where there is one.

        Args:
            path: The file.
            source: Digest of what computes the cells now.
            stale: Whether cells count that another source has computed.
        """
        self.cells: dict[str, Kept] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.dropped = 0
        self._path = path
        self._same = {"source": source, "qjax": __version__}
        self._stale = stale
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for line in filter(None, text.split("\n")):
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError):
                self.dropped += 1

    def has(self, cell: Cell) -> bool:
        """Returns whether a cell is done."""
        kept = self.cells.get(cell.key)
        return kept is not None and (self._stale or kept.inputs == cell.inputs)

    def open(self) -> IO[str]:
        """Returns the file to append to, ready for a new line."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
        return self._path.open("a", encoding="utf-8")

    def begin(self, file: IO[str], run: str, made_with: dict[str, Any]) -> None:
        """Keeps what the cells of a run are made with."""
        self._put(file, {"run": run, **self._same, **made_with})

    def add(self, file: IO[str], run: str, cell: Cell, outcome: Outcome) -> None:
        """Keeps a cell."""
        inputs = {"inputs": cell.inputs} if cell.inputs else {}
        self._put(file, {"cell": cell.key, "run": run, **inputs, **outcome._asdict()})

    def _put(self, file: IO[str], line: dict[str, Any]) -> None:
        file.write(json.dumps(line) + "\n")
        file.flush()
        self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        if "cell" not in line:
            self.runs[line["run"]] = {k: v for k, v in line.items() if k != "run"}
            return
        made_with = self.runs[line["run"]]
        if self._stale or all(made_with[key] == value for key, value in self._same.items()):
            error = line["error"]
            outcome = Outcome(
                float(line["value"]), error if error is None else float(error), line["seconds"]
            )
            self.cells[line["cell"]] = Kept(outcome, line["run"], line.get("inputs", ""))


def source(module: str) -> str:
    """Returns a digest of the files of a table, by the name of its module."""
    origin = Path(importlib.util.find_spec(module).origin)
    if origin.name == "__init__.py":
        paths = [p for p in origin.parent.rglob("*") if p.is_file()]
    else:
        paths = [origin, *origin.parent.glob(f"{origin.stem}[._]*")]
        paths = [p for p in paths if p == origin or p.suffix != ".py"]
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        counts = not any(word in path.stem for word in _NO_SOURCE)
        if counts and path.suffix not in (".md", ".pyc"):
            digest.update(f"{path.relative_to(origin.parent)}\n".encode() + _content(path))
    return digest.hexdigest()[:12]


def _content(path: Path) -> bytes:
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A string that stands alone is a docstring, or might as well be one.
            node.body = [line for line in body if not _is_text(line)]
    return ast.unparse(tree).encode()


def _is_text(line: ast.stmt) -> bool:
    constant = isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
    return constant and isinstance(line.value.value, str)
