"""What more devices do: `python -m benchmarks.scaling`.

Strong scaling: devices share one problem. Weak scaling: each has as much to do as one had. Every
case is a process of its own with virtual CPU devices, or with the GPUs that there are, and a mesh
of the first ones. The answer is checked against one device, and the memory of a device against its
prediction, where there is one. What a device sends is read from the compiled program. Times are
indicative only where the devices are virtual: they share the cores of one machine.

A batch of many samples is run once with the memory that it is given, and once all at once.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import _machine
from benchmarks._process import ROOT
from benchmarks._scaling_cases import CASES
from benchmarks._scaling_worker import LARGE, LARGE_MEMORY

TOLERANCE = 1e-5
MEMORY_TOLERANCE = 0.2


def main(argv: list[str] | None = None) -> int:
    """Measures, prints and writes; returns 1 if an answer or a memory is off, or a row fails."""
    parser = argparse.ArgumentParser("python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES, metavar="CASE")
    parser.add_argument("--devices", nargs="+", type=int, default=[1, 2, 4, 8], metavar="N")
    parser.add_argument(
        "--samples", type=int, default=65_536, help="of the large batch; 0 for none"
    )
    parser.add_argument("--shrink", type=int, default=1, help="divides the sizes, to try it out")
    parser.add_argument("--time-limit", type=float, default=1800, help="seconds a case (1800)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/scaling.jsonl"))
    args = parser.parse_args(argv)
    console = Console()
    rows = []
    for name in args.cases:
        case = CASES[name]
        sizes = {
            (kind, devices): size if case.size == "qubits" else max(size // args.shrink, devices)
            for devices in args.devices
            for kind, size in (("strong", case.strong), ("weak", case.weak(devices)))
        }
        pairs = dict.fromkeys((devices, size) for (_, devices), size in sizes.items())
        with console.status(f"{name}, {', '.join(map(str, args.devices))} devices"):
            found = _rows(name, list(pairs), args.time_limit)
        for (kind, devices), size in sorted(sizes.items()):
            rows.append({"scaling": kind} | found[devices, size])
    for name in LARGE if args.samples else ():
        with console.status(f"{name}, {args.samples:,} samples"):
            rows += _rows(name, [(1, args.samples)], args.time_limit).values()
    for row in rows:
        row["within"] = _within(row)
    large = [row for row in rows if row["case"] in LARGE and row["status"] == "ok"]
    if len(large) == 2:
        a, b = (row["gradient_norm"] for row in large)
        same = {"kind": "large", "difference": abs(a - b) / abs(b)}
        same["within"] = same["difference"] <= TOLERANCE and large[0]["peak_bytes"] <= LARGE_MEMORY
        rows.append(same)
    header = {"kind": "machine", **_machine.machine(), "date": _machine.now()}
    lines = [header | {"load": _machine.load()}, *({"kind": "scaling"} | row for row in rows)]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name in args.cases:
        console.print(_table(name, [row for row in rows if row.get("case") == name]))
    if large:
        console.print(_large_table(large))
    console.print(f"Written to {args.out}", soft_wrap=True)
    return 0 if all(row["within"] for row in rows) else 1


def _rows(
    name: str, pairs: list[tuple[int, int]], limit: float
) -> dict[tuple[int, int], dict[str, Any]]:
    """Returns what a process of its own tells, by number of devices and size."""
    asked = [f"{devices}:{size}" for devices, size in pairs]
    env = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    found = {}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "-m", "benchmarks._scaling_worker", name, *asked]
        try:
            run = subprocess.run(
                command, cwd=ROOT, env=env, stdout=out, stderr=log, timeout=limit, check=False
            )
            log.seek(0)
            words = log.read().strip().splitlines() or [f"exit status {run.returncode}"]
            why = {"status": "failed", "reason": words[-1][:500]}
        except subprocess.TimeoutExpired:
            why = {"status": "timed out", "reason": f"over {limit:g} s"}
        out.seek(0)
        told = [json.loads(line) for line in out if line.startswith("{")]
    for row in told:
        found[row["devices"], row["size"]] = row
    for devices, size in pairs:
        found.setdefault((devices, size), {"case": name, "devices": devices, "size": size} | why)
    return found


def _within(row: dict[str, Any]) -> bool:
    """Whether the answer is that of one device, and the memory what was predicted."""
    if row["status"] != "ok":
        return row["status"] == "skipped"
    predicted = row["predicted_bytes"]
    near = predicted is None or abs(predicted / row["peak_bytes"] - 1) <= MEMORY_TOLERANCE
    return near and row.get("error", 0.0) <= TOLERANCE


def _table(name: str, rows: list[dict[str, Any]]) -> Table:
    case = CASES[name]
    columns = [
        "scaling",
        "devices",
        case.size,
        "difference",
        "exchanges",
        "sent by a device, bytes",
    ]
    table = Table(*columns, "peak of a device, MiB", "predicted", "step, ms", "one device, ms")
    for row in rows:
        about = [row["scaling"], str(row["devices"]), f"{row['size']:,}"]
        if row["status"] != "ok":
            table.add_row(*about, f"{row['status']}: {row['reason']}")
            continue
        each = ", ".join(f"{c['count']} {c['kind']}" for c in row["collectives"])
        sizes = (_mib(row[key]) for key in ("peak_bytes", "predicted_bytes"))
        times = (f"{1e3 * row[key]:,.1f}" for key in ("step_s", "one_device_step_s"))
        sent = f"{row['sent_bytes']:,}"
        table.add_row(*about, f"{row['error']:.0e}", each or "none", sent, *sizes, *times)
    table.title = case.words
    return table


def _large_table(rows: list[dict[str, Any]]) -> Table:
    columns = ["samples", "", "step's peak, MiB", "predicted", "process at its peak", "step, s"]
    table = Table(*columns)
    for row in rows:
        keys = ("peak_bytes", "predicted_bytes", "peak_rss_bytes")
        sizes = (_mib(row[key]) for key in keys)
        how = "in chunks" if row["case"] == "large-chunked" else "all at once"
        table.add_row(f"{row['size']:,}", how, *sizes, f"{row['step_s']:.1f}")
    return table


def _mib(count: int | None) -> str:
    return "" if count is None else f"{count / 2**20:,.2f}"


if __name__ == "__main__":
    sys.exit(main())
