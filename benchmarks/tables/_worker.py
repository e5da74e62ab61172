"""A process of its own for a share of a table: `python -m benchmarks.tables._worker MODULE`.

It reads the keys of the cells as a line of JSON, and writes one JSON object a line: what computes
them, then each cell with its outcome or the reason why there is none. It ends when its input does.
"""

import importlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import jax

from benchmarks._machine import machine, versions
from benchmarks.tables._frame import Cell, Outcome, Table

# Packages that decide numbers of some tables, and their modules.
_DECISIVE = {
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-learn": "sklearn",
    "networkx": "networkx",
    "pyscf": "pyscf",
    "tensorcircuit-ng": "tensorcircuit",
}


def main() -> None:
    """Serves one share on standard input and output."""
    # Libraries print: the channel is kept apart, and what they print goes to standard error.
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    table: Table = importlib.import_module(sys.argv[1]).TABLE
    keys = set(json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_the_runner, daemon=True).start()
    wanted = [cell for cell in table.cells() if cell.key in keys]
    told = False
    for cell, outcome, reason in computed(table.run, wanted):
        if not told:
            # Only now: a table may set JAX up before it starts the backend.
            channel.write(json.dumps({"made_with": _made_with()}) + "\n")
            told = True
        found = outcome._asdict() if outcome else {"reason": reason}
        channel.write(json.dumps({"cell": cell.key, **found}) + "\n")


def computed(
    run: Callable[[list[Cell]], Iterator[tuple[Cell, Outcome]]], cells: list[Cell]
) -> Iterator[tuple[Cell, Outcome | None, str]]:
    """Yields every cell with its outcome, or the reason why it has none.

    Where a run fails, each of the cells that are left is run by itself: one failure costs one cell.
    """
    left = {cell.key: cell for cell in cells}
    try:
        for cell, outcome in run(cells):
            value, error, seconds = outcome
            plain = Outcome(float(value), None if error is None else float(error), float(seconds))
            yield left.pop(cell.key), plain, ""
    except Exception as error:
        traceback.print_exc()
        if len(cells) == 1:
            for cell in left.values():
                words = str(error).strip().partition("\n")[0]
                yield cell, None, f"{type(error).__name__}: {words}"[:500]
            return
        for cell in left.values():
            yield from computed(run, [cell])
        return
    for cell in left.values():
        yield cell, None, "The table's run has no outcome for it."


def _made_with() -> dict[str, Any]:
    """The machine, and the versions of what the table has imported by now."""
    here = machine()
    imported = tuple(name for name, module in _DECISIVE.items() if module in sys.modules)
    return {
        "device": jax.devices()[0].device_kind,
        **{name: here[name] for name in ("cpu", "cores", "revision")},
        "packages": versions(imported),
    }


def _end_with_the_runner() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
