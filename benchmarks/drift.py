"""What depth costs in digits: `python -m benchmarks.drift`.

The gradient of the classifier at growing depths, in the library's precision against NumPy's in
double (`adapters/reference.py`): the length of the difference over the length of the gradient.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import _machine, adapters, workloads
from benchmarks.adapters import reference

DEPTHS = (10, 30, 100, 300, 1000, 3000, 5000)


def main(argv: list[str] | None = None) -> int:
    """Computes, prints and writes; returns 1 if an error exceeds the limit."""
    parser = argparse.ArgumentParser("python -m benchmarks.drift", description=__doc__)
    parser.add_argument("--qubits", type=int, default=12)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--layers", type=int, nargs="+", default=DEPTHS)
    parser.add_argument("--library", default="qjax", help=f"of {', '.join(adapters.LIBRARIES)}")
    parser.add_argument("--limit", type=float, default=1e-3, help="largest relative error (1e-3)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/drift.jsonl"))
    args = parser.parse_args(argv)
    console = Console()
    adapter, form = adapters.load(args.library)
    lines: list[dict[str, Any]] = [
        {"kind": "machine", **_machine.machine(), "date": _machine.now(), "library": args.library}
        | {"versions": _machine.versions(adapter.PACKAGES), "limit": args.limit}
    ]
    table = Table("layers", "gradient's length", "relative error", "of the value")
    for layers in args.layers:
        workload = workloads.parse(f"deep-{args.qubits}-{layers}-{args.batch}")
        with console.status(workload.name):
            value, gradient = _answer(adapter.build(workload, form))
            exact_value, exact = _answer(reference.build(workload))
        length = float(np.linalg.norm(exact))
        line = {
            "kind": "drift",
            "workload": workload.name,
            "layers": layers,
            "gradient_norm": length,
            "gradient_error": float(np.linalg.norm(gradient - exact)) / length,
            "value_error": abs(value - exact_value) / abs(exact_value),
        }
        lines.append(line)
        errors = (f"{line[key]:.1e}" for key in ("gradient_error", "value_error"))
        table.add_row(f"{layers:,}", f"{length:.3g}", *errors)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    console.print(table)
    console.print(f"Written to {args.out}", soft_wrap=True)
    # Written so that an error that is not a number is one.
    return int(not all(line["gradient_error"] <= args.limit for line in lines[1:]))


def _answer(program) -> tuple[float, np.ndarray]:
    value, gradient = program.wait(program.call(*program.args))
    return float(np.asarray(value)), np.asarray(gradient, np.float64).ravel()


if __name__ == "__main__":
    sys.exit(main())
