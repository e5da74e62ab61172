"""What depth costs: `python -m benchmarks.depth`.

The same classifier at two depths, each in a process of its own. With the layers in `repeat` the
program must not grow: the jaxpr keeps its size, the first call (one run's time taken off) stays
within 1.5 times, the peak memory within 1.1 times.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import _machine, adapters, workloads
from benchmarks._measure import Settings, measure

# A loop of more than 16 rounds runs in chunks: one loop more, whatever its length.
LIMITS = {"equations": 1.2, "compile_share_s": 1.5, "peak_rss_bytes": 1.1}


def main(argv: list[str] | None = None) -> int:
    """Measures, prints and writes; returns 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser("python -m benchmarks.depth", description=__doc__)
    parser.add_argument("--qubits", type=int, default=12)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--layers", type=int, nargs=2, default=[10, 1000], metavar=("FEW", "MANY"))
    parser.add_argument("--library", default="qjax", help=f"of {', '.join(adapters.LIBRARIES)}")
    parser.add_argument("--repeats", type=int, default=10, help="timed steps (default 10)")
    parser.add_argument("--starts", type=int, default=3, help="processes a depth, the median (3)")
    parser.add_argument("--time-limit", type=float, default=600, help="seconds a depth (600)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/depth.jsonl"))
    args = parser.parse_args(argv)
    console = Console()
    settings = Settings(args.repeats, rounds=1, burst_s=30, time_limit=args.time_limit)
    few, many = [], []
    for _ in range(args.starts):
        # In turns, so that a slow spell of the machine does not fall on one depth alone.
        for layers, rows in zip(args.layers, (few, many), strict=True):
            workload = workloads.parse(f"deep-{args.qubits}-{layers}-{args.batch}").name
            with console.status(f"{workload}, {args.library}"):
                row = measure(workload, [args.library], settings)[0]
            if row["status"] != "ok":
                words = f"{workload}, {args.library} {row['status']}: {row['reason']}"
                console.print(words, markup=False)
                return 1
            if "equations" not in row:
                console.print(f"Argument `--library` must be a JAX library, but is {args.library}.")
                return 2
            rows.append(row | {"compile_share_s": row["first_call_s"] - row["step_median_s"]})
    few_median, many_median = _median_row(few), _median_row(many)
    ratios = {key: many_median[key] / few_median[key] for key in LIMITS}
    verdict = {
        "kind": "depth",
        "layers": args.layers,
        "starts": args.starts,
        "ratios": ratios,
        "limits": LIMITS,
        "within": all(ratios[key] <= limit for key, limit in LIMITS.items()),
    }
    header = {"kind": "machine", **_machine.machine(), "date": _machine.now()}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    lines = [header | {"load": _machine.load()}, few_median, many_median, verdict]
    args.out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    console.print(_table(few_median, many_median, ratios))
    console.print(f"Written to {args.out}", soft_wrap=True)
    return 0 if verdict["within"] else 1


def _median_row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the row whose compile share is the median: a whole row, so that its parts add up."""
    return sorted(rows, key=lambda row: row["compile_share_s"])[len(rows) // 2]


def _table(few: dict[str, Any], many: dict[str, Any], ratios: dict[str, float]) -> Table:
    rows = (
        ("jaxpr, equations", "equations", 1, ",.0f"),
        ("trace, s", "trace_s", 1, ".2f"),
        ("lower, s", "lower_s", 1, ".2f"),
        ("compile, s", "compile_s", 1, ".2f"),
        ("first call less one step, s", "compile_share_s", 1, ".2f"),
        ("step, ms", "step_median_s", 1e3, ",.1f"),
        ("peak memory, MB", "peak_rss_bytes", 1e-6, ",.0f"),
        ("before the first call, MB", "rss_before_bytes", 1e-6, ",.0f"),
        ("the program's own, MB", "temp_bytes", 1e-6, ",.2f"),
    )
    table = Table("", few["workload"], many["workload"], "ratio", "limit")
    for label, key, scale, form in rows:
        limit = f"{LIMITS[key]:g}" if key in LIMITS else ""
        ratio = f"{many[key] / few[key]:.2f}" if few[key] else ""
        table.add_row(
            label, f"{few[key] * scale:{form}}", f"{many[key] * scale:{form}}", ratio, limit
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
