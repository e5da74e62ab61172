"""The numbers on docs/scaling.md, from the committed results."""

import json
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks._readme import RESULTS, ROOT
from benchmarks._scaling_cases import CASES

PAGE = ROOT / "docs" / "scaling.md"
COLUMNS = ("exchanges", "sent by a device, bytes", "its peak, MiB", "predicted", "difference")
LARGE = {"large-chunked": "in chunks, `memory=2**28`", "large-whole": "all at once"}
Row = dict[str, Any]


def section(folder: Path = RESULTS) -> str:
    """Returns a table for each case, and that of the batch of many samples."""
    lines = [json.loads(line) for line in (folder / "scaling.jsonl").read_text().splitlines()]
    rows = [line for line in lines if line["kind"] == "scaling"]
    parts = [report.describe(lines[0])]
    for name, case in CASES.items():
        title = f"**{case.words[0].upper()}{case.words[1:]}** (axis `{case.axis}`)"
        head = ["scaling", "devices", case.size, *COLUMNS]
        parts.append(f"{title}\n\n{_table(head, [_line(r) for r in rows if r['case'] == name])}")
    head = ["65,536 samples", "the step's peak, MiB", "predicted", "the process's", "a step, s"]
    large = [[how, *_large(r)] for r in rows for n, how in LARGE.items() if r["case"] == n]
    title = "**A batch larger than memory**, 10 qubits, 3 layers, value and gradient"
    return "\n\n".join([*parts, f"{title}\n\n{_table(head, large)}"])


def _table(head: list[str], lines: list[list[str]]) -> str:
    rows = [head, ["---"] + ["---:"] * (len(head) - 1), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in rows)


def _line(row: Row) -> list[str]:
    about = [row["scaling"], str(row["devices"]), f"{row['size']:,}"]
    if row["status"] != "ok":
        return [*about, f"{row['status']}: {row['reason']}", "", "", "", ""]
    kinds: dict[str, int] = {}
    for each in row["collectives"]:
        if each["group"] > 1:
            kinds[each["kind"]] = kinds.get(each["kind"], 0) + each["count"]
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none"
    sizes = [_mib(row["peak_bytes"]), _mib(row["predicted_bytes"])]
    return [*about, told, f"{row['sent_bytes']:,}", *sizes, f"{row['error']:.0e}"]


def _large(row: Row) -> list[str]:
    if row["status"] != "ok":
        return [f"{row['status']}: {row['reason']}", "", "", ""]
    keys = ("peak_bytes", "predicted_bytes", "peak_rss_bytes")
    return [*(_mib(row[key]) for key in keys), f"{row['step_s']:.1f}"]


def _mib(count: int | None) -> str:
    return "" if count is None else f"{count / 2**20:,.2f}"
