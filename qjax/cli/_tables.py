"""`qjax tables`: the published tables of `benchmarks/tables`, and their run."""

from __future__ import annotations

import dataclasses
import fnmatch
import importlib
import importlib.util
import pathlib
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from qjax.cli import _catalogue
from qjax.cli._errors import UsageError
from qjax.cli._train import versions

Flag = tyro.conf.FlagCreatePairsOff[bool]


@dataclasses.dataclass(frozen=True)
class List:
    """Lists the tables with source, cells and published time."""

    def __call__(self, console: Console) -> int:
        """Prints the list."""
        beside = importlib.import_module("benchmarks.tables._numbers").beside
        for name in _catalogue.table_names():
            table = _catalogue.load_table(name)
            cells = table.cells()
            published = sum(cell.seconds or 0.0 for cell in cells)
            quick = sum(cell.quick for cell in cells)
            needs = f", needs .[{table.extra}]" if table.extra else ""
            size = f"  {len(cells):,} cells, {quick:,} quick{beside(published)}{needs}"
            console.print(Text.assemble((name, "bold"), size))
            console.print(Padding(Text(table.title), (0, 0, 0, 2)))
            console.print(Padding(Text(table.source, style="dim"), (0, 0, 1, 2)))
        return 0


@dataclasses.dataclass(frozen=True)
class Run:
    """Computes tables again and prints theirs, ours and the verdict side by side.

    Ctrl-C loses no cell that is done; the same command goes on from there. Exit code 1: a cell
    ended in an error.
    """

    names: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NAME...")] = ()
    """Tables, as `qjax tables list` names them, or `all`."""
    quick: Flag = False
    """The quick cells only; so it is unless --full or --cells is given."""
    full: Flag = False
    """All cells."""
    cells: Annotated[tuple[str, ...], tyro.conf.arg(metavar="GLOB...")] = ()
    """Cells by name, such as `circle/*/1/4`."""
    jobs: int = 1
    """Processes at a time."""
    force: Flag = False
    """Compute again what is done."""
    stale: Flag = False
    """Take what was computed before the table's files were last changed."""
    out: pathlib.Path | None = None
    """Folder for the results as NAME.json besides tables/NAME/results.json."""

    def __call__(self, console: Console) -> int:
        """Runs, writes the results to `tables/` and prints the summary."""
        if self.quick and self.full:
            raise UsageError("Arguments `--quick` and `--full` exclude each other.")
        if self.jobs < 1:
            raise UsageError(f"Argument `--jobs` must be at least 1, but is {self.jobs}.")
        everything = self.names == ("all",)
        names = tuple(_catalogue.table_names()) if everything else dict.fromkeys(self.names)
        if not names:
            known = ", ".join(_catalogue.table_names())
            raise UsageError(f"Argument `NAME` must be a table: all, or some of {known}.")
        runner = importlib.import_module("benchmarks.tables._run")
        asked: dict[str, Any] = {}
        for name in names:
            table = _catalogue.load_table(name)
            if needs := _missing(name, table):
                if not everything:
                    raise UsageError(needs)
                console.print(f"Left out: {needs}", highlight=False, markup=False, soft_wrap=True)
                continue
            cells = self._select(name, table.cells(), strict=not everything)
            asked[name] = runner.Asked(table, _catalogue.table_module(name), cells)
        if not any(one.cells for one in asked.values()):
            raise UsageError("No cell is selected; see `qjax tables list` and `--full`.")
        options = runner.Options(
            self.jobs, self.force, self.stale, out=self.out, versions=versions()
        )
        try:
            return int(runner.run(asked, options, console) > 0)
        except KeyboardInterrupt:
            console.print("Stopped; the same command goes on.")
            return 130

    def _select(self, name: str, cells: list[Any], *, strict: bool) -> list[Any]:
        keys = [cell.key for cell in cells]
        wanted = set() if self.cells else set(keys)
        for glob in self.cells:
            found = fnmatch.filter(keys, glob)
            if strict and not found:
                near = _catalogue.nearest(glob, keys)
                raise UsageError(f"Table {name} has no cell {glob!r}.{near}")
            wanted.update(found)
        quick = self.quick or not (self.full or self.cells)
        return [c for c in cells if c.key in wanted and (c.quick or not quick)]


@dataclasses.dataclass(frozen=True)
class Tables:
    """Computes published tables again. `qjax tables list`, `qjax tables run NAME`."""

    do: tyro.conf.OmitSubcommandPrefixes[tyro.conf.OmitArgPrefixes[List | Run]]
    """What to do."""

    def __call__(self, console: Console) -> int:
        """Does it."""
        return self.do(console)


def _missing(name: str, table: Any) -> str:
    """Returns what must be installed for a table, and how; empty if nothing."""
    missing = [module for module in table.modules if importlib.util.find_spec(module) is None]
    if not missing:
        return ""
    what = f".[{table.extra}]" if table.extra else " ".join(missing)
    option = "-e " if table.extra else ""
    return f"Table {name} needs {', '.join(missing)}: `pip install {option}{what}`."
