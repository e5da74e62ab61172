"""The README's section on performance, from the committed results."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.adapters import LIBRARIES

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
BEGIN = "<!-- benchmarks: `python -m benchmarks.report --readme` writes what follows -->"
END = "<!-- /benchmarks -->"
COLUMNS = (
    "workload",
    "qjax: first call, s",
    "step, ms",
    "of the machine's least",
    "quickest other step",
    "times qjax's",
    "quickest other first call in JAX",
    "times qjax's",
)
Row = dict[str, Any]


def rewrite(path: Path = ROOT / "README.md", write: Callable[[], str] | None = None) -> None:
    """Writes the section anew, between its two markers."""
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    body = (write or section)()
    path.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}", encoding="utf-8")


def section(folder: Path = RESULTS) -> str:
    """Returns the section: a table for each machine, then depth, start and drift where measured."""
    parts = []
    for path in sorted(folder.glob("[cg]pu-*.jsonl")):
        header, rows = report.load(path)
        lines = [COLUMNS, ["---"] + ["---:"] * 3 + ["---", "---:"] * 2, *_lines(header, rows)]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        parts.append(f"{report.describe(header)}\n\n{table}")
    for name, write in SENTENCES.items():
        if (path := folder / f"{name}.jsonl").exists():
            entries = [json.loads(line) for line in path.read_text().splitlines()]
            parts.append(write([entry for entry in entries if entry["kind"] == name]))
    return "\n\n".join(parts)


def _lines(header: Row, rows: list[Row]) -> list[list[str]]:
    verdicts = report.trusted(rows)
    good = [r for r in rows if r["status"] == "ok" and verdicts[r["workload"], r["library"]]]
    found = []
    for ours in (r for r in good if r["library"] == report.BASELINE):
        others = [
            r
            for r in good
            if r["workload"] == ours["workload"]
            and r["library"] in LIBRARIES
            and not r["library"].startswith(report.BASELINE)
        ]
        best = [_best(ours, others, "step_median_s")]
        best.append(_best(ours, [r for r in others if "compile_s" in r], "first_call_s"))
        numbers = [report.number(ours["first_call_s"])]
        numbers.append(report.number(ours.get("step_median_s"), 1e3))
        numbers.append(report.of_least(ours, header))
        found.append([ours["workload"], *numbers, *best[0], *best[1]])
    return found


def _best(ours: Row, others: list[Row], key: str) -> tuple[str, str]:
    ratios = {r["library"]: report.ratio(r, ours, key) for r in others}
    known = {library: factor for library, factor in ratios.items() if factor is not None}
    if not known:
        return "", ""
    library = min(known, key=lambda name: known[name])
    return library, report.times(known[library])


def _depth(lines: list[Row]) -> str:
    (line,) = lines
    few, many = line["layers"]
    first, memory = (line["ratios"][key] for key in ("compile_share_s", "peak_rss_bytes"))
    return (
        f"{many:,} layers against {few:,} (12 qubits): {first:.2f} times the first call less one "
        f"step, {memory:.2f} times the peak memory."
    )


def _start(lines: list[Row]) -> str:
    each = ", ".join(
        f"`{line['workload']}` {line['second']['first_step_s']:.1f} s after "
        f"{line['first']['first_step_s']:.1f} s"
        for line in lines
    )
    return (
        f"Time to the first step, imports included, of a second process after a first one: {each}."
    )


def _drift(lines: list[Row]) -> str:
    each = ", ".join(f"{line['layers']:,}: {line['gradient_error']:.0e}" for line in lines)
    return f"Relative error of the single-precision gradient against double, by layers: {each}."


SENTENCES = {"depth": _depth, "start": _start, "drift": _drift}
