"""The numbers on docs/engines.md, from the committed results."""

import json
from pathlib import Path
from typing import Any

from benchmarks import chains, report
from benchmarks._readme import RESULTS, ROOT

PAGE = ROOT / "docs" / "engines.md"
COLUMNS = {
    "qjax-cones": "statevectors of light cones",
    "qjax-network": "TensorNetwork",
    "qjax-mps": "MPS, bond 64 at most",
    "qjax": "what qjax chooses",
    "tensorcircuit-plain": "tensorcircuit",
    "quimb": "quimb",
}
STATUS = {"failed": "does not run", "timed out": "stopped", "unsupported": "not tried"}
Row = dict[str, Any]


def section(folder: Path = RESULTS) -> str:
    """Returns the tables: each engine on each workload, then what the states of chains took."""
    parts = []
    if (path := folder / "large.jsonl").exists():
        header, rows = report.load(path)
        limit = header.get("time_limit_s", 0)
        told = f"A library that takes more than {limit:g} s is stopped."
        parts.append(f"{report.describe(header)} {told}\n\n{_table(rows)}")
    if (path := folder / "mps.jsonl").exists():
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        parts.append(_states([line for line in lines if line["kind"] == "mps"]))
    return "\n\n".join(parts)


def _table(rows: list[Row]) -> str:
    verdicts = report.trusted(rows)
    lines = [["workload", *COLUMNS.values()], ["---"] + ["---:"] * len(COLUMNS)]
    for name in dict.fromkeys(row["workload"] for row in rows):
        known = {row["library"]: row for row in rows if row["workload"] == name}
        told = [_cell(known.get(library), verdicts.get((name, library))) for library in COLUMNS]
        lines.append([f"`{name}`", *told])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(row: Row | None, right: bool | None) -> str:
    if row is None:
        return ""
    if row["status"] != "ok":
        return STATUS.get(row["status"], row["status"])
    first = report.number(row["first_call_s"])
    step = report.number(row["step_median_s"], 1e3)
    return f"{first} s, {step} ms" + ("" if right else " (truncated: another value)")


def _states(lines: list[Row]) -> str:
    return "\n".join(f"- {chains.told(line)}" for line in lines)
